"""One step is recorded and nothing is changed by it: weights, optimizers, seeds, metrics, attributes, the next training."""

import random

import keras
import numpy as np
import pytest
import tensorflow as tf

from kfx.errors import TraceError
from kfx.keras_access.untouched import untouched
from kfx.model.read.model import read_graph
from kfx.model.read.step import PartCall, Slope, run_step

NAMES = ("vae", "gan", "penalty", "cycle", "distiller", "compiled", "keeps", "evaluates")


def recorded(model, data):
    with untouched(model):
        return run_step(model, data)


def plain(value):
    """Contents of a container, else the value."""
    return dict(value) if isinstance(value, dict) else list(value) if isinstance(value, list | tuple | set) else value


def state_of(model):
    """Everything that a step may change."""
    held = [model, *model._flatten_layers(include_self=False)]
    optimizers = [x for x in vars(model).values() if isinstance(x, keras.Optimizer)]
    optimizers += list(getattr(model, "held", {}).values())
    helpers = [*optimizers, *[x for x in vars(model).values() if isinstance(x, keras.Metric | keras.Loss)]]
    helpers += [model.pool] if hasattr(model, "pool") else []
    return (
        [np.array(v) for x in (model, *optimizers) for v in x.variables],
        [{k: plain(v) for k, v in vars(x).items()} for x in (*held, *helpers)],
        [{k: set(v) for k, v in x._tracker.stored_ids.items()} for x in held],
        [x.built for x in helpers if hasattr(x, "built")],
        random.getstate(),
        np.random.get_state()[1].tolist(),
    )


def same(before, after):
    if isinstance(before, np.ndarray):
        return np.array_equal(before, after)
    if isinstance(before, list | tuple):
        return len(before) == len(after) and all(map(same, before, after))
    if isinstance(before, dict):
        return before.keys() == after.keys() and all(same(before[k], after[k]) for k in before)
    return before is after or bool(before == after)


@pytest.mark.parametrize("name", NAMES)
def test_reading_a_step_changes_nothing(made, name):
    model, data = made(name)
    before = state_of(model)
    read_graph(model, inputs=data)
    assert same(before, state_of(model))


def trained(model, data, name):
    keras.utils.set_random_seed(2)
    if name == "evaluates":
        return [model.evaluate(tf.data.Dataset.from_tensors(data), verbose=0)]
    batches = tf.data.Dataset.from_tensor_slices(data).batch(8)
    return list(model.fit(batches, epochs=2, verbose=0).history.values())


@pytest.mark.parametrize("name", NAMES)
def test_training_afterwards_is_that_of_a_twin_to_the_bit(made, name):
    results = []
    for read in (True, False):
        model, data = made(name)
        for _ in range(2):  # before the first fit, and between two
            if read:
                read_graph(model, inputs=data)
            results.append(trained(model, data, name))
        results.append([np.array(v) for v in model.variables])
    assert same(results[:3], results[3:])


def test_what_a_tf_function_of_the_user_compiles_does_not_hold_the_reading():
    class Helped(keras.Model):
        def __init__(self):
            super().__init__()
            self.net = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, use_bias=False)])

        @tf.function
        def update(self, x):
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(self.net(x))
            weights = self.net.trainable_variables
            self.optimizer.apply(tape.gradient(loss, weights), weights)
            return loss

        def train_step(self, x):
            return {"loss": self.update(x)}

    model, x = Helped(), np.ones((4, 2), "float32")
    model.compile(keras.optimizers.SGD(0.5))
    before = np.array(model.net.weights[0])
    recorded(model, x)
    model.fit(x, batch_size=4, verbose=0)
    np.testing.assert_allclose(model.net.weights[0], before - 0.5, rtol=1e-6)  # the slope of x·w by each weight is 1


def test_tensorflows_classes_are_as_before():
    optimizer, tape = vars(keras.optimizers.Optimizer.__mro__[2]).get("apply"), tf.GradientTape.gradient
    function = type(tf.function(lambda: None))
    call = vars(function)["__call__"]

    class Fails(keras.Model):
        def train_step(self, data):
            raise OSError("no disk")

    with pytest.raises(TraceError, match="OSError: no disk"):
        recorded(Fails(), np.ones((2, 2)))
    assert vars(keras.optimizers.Optimizer.__mro__[2]).get("apply") is optimizer
    assert tf.GradientTape.gradient is tape
    assert vars(function)["__call__"] is call


def test_optimizers_of_other_threads_go_on_while_a_step_is_recorded(made):
    import threading

    model, data = made("gan")
    variable, optimizer = keras.Variable([1.0]), keras.optimizers.SGD(1.0)
    original = model.generator.call

    def step_elsewhere():
        optimizer.apply([keras.ops.ones(1)], [variable])

    def call(*args, **kwargs):
        thread = threading.Thread(target=step_elsewhere)
        thread.start()
        thread.join()
        return original(*args, **kwargs)

    model.generator.call = call
    recorded(model, data)
    assert float(variable[0]) < 1.0


def test_the_events_of_a_step_are_in_their_order(made):
    run = recorded(*made("gan"))
    assert [e.op.name if isinstance(e, PartCall) else "loss" for e in run.events] == [
        "generator", "discriminator", "loss", "generator", "discriminator", "loss",
    ]  # fmt: skip


def test_an_inner_gradient_is_told_from_a_loss(made):
    run = recorded(*made("penalty"))
    assert [bool(e.by) for e in run.events if isinstance(e, Slope)] == [True, False, True, False, False]


def test_a_step_that_asks_for_values_is_run_on_the_data(made):
    run = recorded(*made("keeps"))
    assert "asks for values" in run.note
    assert [e.op.name for e in run.events] == ["net", "net"]


def test_a_model_that_is_not_compiled_is_read_where_its_step_needs_only_an_optimizer(made):
    model, data = made("cycle")
    model.optimizer = None
    assert len(recorded(model, data).events) == 6
    assert model.optimizer is None
