"""Statistics of the train step, against NumPy and a gradient tape; test_keras_features holds that it changes no bit."""

import numpy as np
import pytest

from kfx.training.callbacks import Monitoring
from kfx.training.journal.facts import STATISTICS, Layer
from kfx.training.monitor.diagnose import verdict
from kfx.training.monitor.train_step import StepStatistics


@pytest.fixture
def monitored(make, data):
    """``monitored(every=2, **settings)``: the model, its journal and its History after two epochs."""

    def run(every=4, gradients=None, model=None, **settings):
        model = model or make(**settings)
        monitor = Monitoring(every=every, gradients=gradients)
        history = model.fit(*data, batch_size=16, epochs=2, verbose=0, shuffle=False, callbacks=[monitor])
        return model, monitor.journal, history

    return run


def by_hand(keras, model, x, y):
    """Gradients of one batch by a tape, weights before and after the optimizer's step, activations."""
    import tensorflow as tf

    layer = {one.name: one for one in model.layers}
    with tf.GradientTape() as tape:
        first = layer["first"](x)
        dropped = layer["drop"](first, training=True)
        norm = layer["norm"](dropped, training=True)
        scores = layer["scores"](norm)
        loss = model.loss(y, scores)
    gradients = tape.gradient(loss, model.trainable_variables)
    before = [v.numpy().copy() for v in model.trainable_variables]
    model.optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
    after = [v.numpy().copy() for v in model.trainable_variables]
    activations = {"first": first, "drop": dropped, "norm": norm, "scores": scores}
    return [g.numpy() for g in gradients], before, after, {k: v.numpy() for k, v in activations.items()}


def norm(arrays):
    return float(np.sqrt(sum((np.asarray(a, np.float64) ** 2).sum() for a in arrays)))


def test_every_statistic_equals_the_one_of_a_tape_and_numpy(keras, make, data):
    x, y = data[0][:16], data[1][:16]
    gradients, before, after, activations = by_hand(keras, make(), x, y)
    model = make()
    statistics = StepStatistics(model, 1)
    model.train_function = statistics.train_function()
    model.fit(x, y, batch_size=16, epochs=1, verbose=0, shuffle=False)
    look = statistics.read()
    rows = {
        layer.key: dict(zip(STATISTICS, row.tolist(), strict=True))
        for layer, row in zip(statistics.layers, look.values, strict=True)
    }
    fitted = [v.numpy() for v in model.trainable_variables]  # Adam makes much of the last bit of a tiny gradient of the tape's
    variables = {"first": slice(0, 2), "norm": slice(2, 4), "scores": slice(4, 6)}
    for name, part in variables.items():
        moved = norm([a - b for a, b in zip(fitted[part], before[part], strict=True)])
        assert rows[name]["gradient"] == pytest.approx(norm(gradients[part]), rel=1e-6)
        assert rows[name]["weight"] == pytest.approx(norm(after[part]), rel=1e-6)
        assert rows[name]["update"] == pytest.approx(moved / norm(before[part]), rel=2e-6)
    for name, value in activations.items():
        assert rows[name]["mean"] == pytest.approx(float(value.mean()), rel=1e-5, abs=1e-7)
        assert rows[name]["std"] == pytest.approx(float(value.std()), rel=1e-5)
        assert rows[name]["zeros"] == pytest.approx(float((value == 0).mean()), abs=1e-6)
        assert rows[name]["dead"] == pytest.approx(float((value == 0).all(axis=0).mean()), abs=1e-6)
    assert not look.flags.any()


@pytest.mark.parametrize(("every", "steps"), [(1, range(1, 21)), (4, [1, 5, 9, 13, 17, 20]), (100, [1, 20])])
def test_a_monitor_looks_at_the_first_step_then_every_so_many_and_at_the_last(monitored, every, steps):
    _, journal, _ = monitored(every=every)
    assert sorted(set(journal.frame("layers")["step"])) == list(steps)


def test_a_monitor_looks_only_where_accumulated_gradients_move_weights(keras, monitored):
    _, journal, _ = monitored(every=3, optimizer=keras.optimizers.SGD(0.1, gradient_accumulation_steps=2))
    steps = sorted(set(journal.frame("layers")["step"]))
    assert journal.every == 4
    assert steps == [2, 6, 10, 14, 18, 20]
    assert (journal.frame("layers").query("layer == 'first'")["update"] > 0).all()


def test_layers_come_in_the_order_of_their_calls_with_their_addresses(keras, monitored, data):
    inner = keras.Sequential([keras.Input((6,)), keras.layers.Dense(4, name="deep")], name="encoder")
    shared = keras.layers.Dense(4, name="shared")
    x = keras.Input((6,), name="pixels")
    both = keras.layers.concatenate([shared(inner(x)), shared(keras.layers.Dense(4, name="side")(x))], name="both")
    model = keras.Model(x, keras.layers.Dense(3, name="scores")(both))
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    _, journal, _ = monitored(model=model)
    keys = [layer.key for layer in journal.layers if layer.weights]
    assert sorted(keys) == sorted(["encoder/deep", "shared@1", "side", "scores"])
    assert keys[-1] == "scores"
    from kfx.model.read.model import read_graph

    assert set(keys) <= {call.key for call in read_graph(model).calls}, "the plot's own addresses"


def test_a_recurrent_layer_is_one_row_with_all_its_weights(keras, monitored, data):
    model = keras.Sequential([keras.Input((6, 1)), keras.layers.LSTM(5, name="memory"), keras.layers.Dense(3, name="scores")])
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model, journal, _ = monitored(model=model)
    weight = norm([v.numpy() for v in model.get_layer("memory").trainable_variables])
    assert journal.now("weight")[[layer.key for layer in journal.layers].index("memory")] == pytest.approx(weight, rel=0.05)


def test_an_embedding_s_sparse_gradient_is_added_up(keras, monitored):
    import tensorflow as tf

    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input((4,), dtype="int32"), keras.layers.Embedding(9, 3, name="words"), keras.layers.Flatten()]
    )
    model.compile(keras.optimizers.SGD(0.1), "mse")
    x, y = np.array([[1, 1, 1, 2], [3, 1, 2, 2]]), np.ones((2, 12), "float32")
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((model(x) - y) ** 2)
    expected = norm([tf.convert_to_tensor(tape.gradient(loss, model.trainable_variables)[0]).numpy()])
    monitor = Monitoring(every=1)
    model.fit(x, y, verbose=0, callbacks=[monitor])
    at = [layer.key for layer in monitor.journal.layers].index("words")
    assert monitor.journal.now("gradient")[at] == pytest.approx(expected, rel=1e-6)


def test_nothing_stays_on_the_model_or_its_optimizer(keras, make, data, monitored):
    operation, bare = keras.Operation.__call__, make()
    bare.fit(*data, batch_size=16, verbose=0)
    model, _, _ = monitored()
    assert keras.Operation.__call__ is operation
    assert set(vars(model)) == set(vars(bare))
    assert set(vars(model.optimizer)) == set(vars(bare.optimizer))
    assert model.train_function.__qualname__ == bare.train_function.__qualname__


def test_gradients_are_read_under_xla_where_asked_for(make, data):
    monitor = Monitoring(gradients=True)
    make(jit_compile=True).fit(*data, batch_size=160, verbose=0, callbacks=[monitor])
    assert np.isfinite(monitor.journal.now("gradient")).sum() == 3


def test_frozen_layers_have_no_gradient(make, data):
    model = make()
    model.get_layer("first").trainable = False
    model.compile("sgd", model.loss)
    monitor = Monitoring(every=1)
    model.fit(*data, verbose=0, callbacks=[monitor])
    row = next(layer for layer in monitor.journal.layers if layer.key == "first")
    assert not row.weights


@pytest.mark.parametrize("every", [0, -1, 2.5, "10", True])
def test_a_senseless_interval_is_refused(every):
    with pytest.raises(ValueError, match=r"`every` is .*; expected a whole number of steps"):
        Monitoring(every=every)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({}, ""),
        ({"update": 6e-5}, "hardly moves"),
        ({"update": 0.0}, "does not move"),
        ({"update": 0.5}, "jumps"),
        ({"dead": 0.64}, "64 % dead"),
        ({"gradient": np.inf}, "not finite"),
        ({"weight": np.nan}, "not finite"),
    ],
)
def test_a_layer_with_a_problem_gets_a_remark(changes, word):
    healthy = {"gradient": 0.1, "weight": 1.0, "update": 1e-3, "mean": 0.1, "std": 1.0, "zeros": 0.4, "dead": 0.0}
    assert verdict({**healthy, **changes}) == word


def test_a_row_holds_its_layers_family(monitored):
    _, journal, _ = monitored()
    assert Layer("first", "Dense", True, "dense") in journal.layers
    assert Layer("drop", "Dropout", False, "norm") in journal.layers
