"""Evaluations of every kind of model and data: metrics equal to Keras's, counts to NumPy's, the model as Keras leaves it."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from kfx.values.evaluation.run import run_evaluate

rng = np.random.default_rng(7)
X = rng.normal(size=(203, 6)).astype("float32")
Y = rng.integers(0, 4, 203)
W = rng.uniform(0.5, 2, 203).astype("float32")
W[::5] = 0


def dense(units, activation, loss, **how):
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [keras.Input((6,)), layers.Dense(8, "relu"), layers.Dense(units, activation, name="out")], name="net"
    )
    model.compile(loss=loss, metrics=["accuracy"], weighted_metrics=["accuracy"], **how)
    return model


def matrix(true, predicted, classes):
    found = np.zeros((classes, classes), "int64")
    np.add.at(found, (true, predicted), 1)
    return found


@pytest.fixture
def model():
    return dense(4, "softmax", "sparse_categorical_crossentropy")


@pytest.mark.parametrize("how", [{}, {"run_eagerly": True}, {"steps_per_execution": 3}, {"jit_compile": True}])
@pytest.mark.parametrize("weights", [None, W])
def test_metrics_are_keras_own_and_counts_those_of_predict(how, weights):
    model = dense(4, "softmax", "sparse_categorical_crossentropy", **how)
    expected = model.evaluate(X, Y, sample_weight=weights, verbose=0, return_dict=True)
    metrics, found = run_evaluate(model, {"x": X, "y": Y, "sample_weight": weights, "verbose": 0})
    assert metrics == expected
    counted = np.ones(203, "bool") if weights is None else weights != 0
    best = model.predict(X, verbose=0).argmax(-1)
    part = found.outputs[""]
    assert np.array_equal(part.confusion.matrix(), matrix(Y[counted], best[counted], 4))
    assert part.left_out == ({} if weights is None else {"masked or of weight 0": int((~counted).sum())})


def test_the_worst_are_those_with_the_largest_cross_entropy(model):
    chances = model.predict(X, verbose=0)
    loss, wrong = -np.log(chances[np.arange(203), Y]), chances.argmax(-1) != Y
    part = run_evaluate(model, {"x": X, "y": Y, "verbose": 0})[1].outputs[""]
    order = [n for n in np.argsort(-loss, kind="stable").tolist() if wrong[n]][:24]
    kept = part.kept.listed("worst")
    assert [one.number for one in kept] == order
    assert np.allclose([one.loss for one in kept], loss[order], atol=1e-5)
    assert all(np.array_equal(next(iter(one.inputs.values())), X[one.number]) for one in kept)
    sure = [n for n in np.argsort(-chances.max(-1), kind="stable").tolist() if wrong[n]][:24]
    assert [one.number for one in part.kept.listed("sure")] == sure
    cell = np.flatnonzero((Y == 1) & (chances.argmax(-1) == 2))
    assert [one.number for one in part.kept.listed((1, 2))] == cell[np.argsort(-loss[cell], kind="stable")][:12].tolist()


def as_dataset():
    return tf.data.Dataset.from_tensor_slices((X, Y)).batch(32)


def as_generator():
    return ((X[i : i + 32], Y[i : i + 32]) for i in range(0, 203, 32))


class Pages(keras.utils.PyDataset):
    def __len__(self):
        return 7

    def __getitem__(self, i):
        return X[32 * i : 32 * i + 32], Y[32 * i : 32 * i + 32]


@pytest.mark.parametrize("data", [as_dataset, as_generator, Pages])
@pytest.mark.filterwarnings("ignore:Your input ran out of data", "ignore:Your `PyDataset`")
def test_streams_are_gone_through_once(model, data):
    expected = model.evaluate(data(), verbose=0, return_dict=True)
    metrics, found = run_evaluate(model, {"x": data(), "verbose": 0})
    assert metrics == expected
    assert found.count == 203
    assert np.array_equal(found.outputs[""].confusion.matrix(), matrix(Y, model.predict(X, verbose=0).argmax(-1), 4))


def test_steps_end_the_pass(model):
    metrics, found = run_evaluate(model, {"x": as_dataset(), "steps": 2, "verbose": 0})
    assert found.count == 64
    assert metrics == model.evaluate(as_dataset(), steps=2, verbose=0, return_dict=True)


def test_the_model_is_left_as_keras_leaves_it(model):
    twin = dense(4, "softmax", "sparse_categorical_crossentropy")
    twin.evaluate(X, Y, verbose=0)
    model.evaluate(X, Y, verbose=0)
    function = model.test_function
    run_evaluate(model, {"x": X, "y": Y, "verbose": 0})
    assert model.test_function is function
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), twin.get_weights(), strict=True))
    states = [[v.numpy().tolist() for m in one.metrics for v in m.variables] for one in (model, twin)]
    assert states[0] == states[1]
    assert vars(model).keys() == vars(twin).keys()


def test_the_test_function_is_put_back_after_an_error(model):
    with pytest.raises(ValueError, match="incompatible"):
        run_evaluate(model, {"x": X[:, :3], "y": Y, "verbose": 0})
    assert model.test_function is None


@pytest.mark.parametrize("logits", [False, True])
def test_one_number_is_the_chance_of_the_second_class(logits):
    model = dense(1, None if logits else "sigmoid", keras.losses.BinaryCrossentropy(from_logits=logits))
    y = (Y > 1).astype("int64")
    metrics, found = run_evaluate(model, {"x": X, "y": y, "verbose": 0})
    assert metrics == model.evaluate(X, y, verbose=0, return_dict=True)
    scores = model.predict(X, verbose=0)[:, 0]
    predicted = (scores > (0 if logits else 0.5)).astype("int64")
    assert np.array_equal(found.outputs[""].confusion.matrix(), matrix(y, predicted, 2))


def test_logits_of_classes_become_probabilities():
    model = dense(4, None, keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    part = run_evaluate(model, {"x": X, "y": Y, "verbose": 0})[1].outputs[""]
    scores = model.predict(X, verbose=0).astype("float64")
    chances = np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)
    worst = part.kept.listed("worst")[0]
    assert worst.sure == pytest.approx(chances[worst.number].max(), abs=1e-5)
    assert worst.loss == pytest.approx(-np.log(chances[worst.number, Y[worst.number]]), abs=1e-4)


def test_labels_that_hold_or_not():
    model = dense(3, "sigmoid", "binary_crossentropy")
    y = rng.integers(0, 2, (203, 3))
    metrics, found = run_evaluate(model, {"x": X, "y": y, "verbose": 0})
    assert metrics == model.evaluate(X, y, verbose=0, return_dict=True)
    claimed, true = model.predict(X, verbose=0) > 0.5, y == 1
    counts = [(true & claimed).sum(0), (~true & claimed).sum(0), (true & ~claimed).sum(0), (~true & ~claimed).sum(0)]
    assert np.array_equal(found.outputs[""].counts, np.stack(counts, 1))


def test_several_outputs_by_name():
    i = keras.Input((6,), name="x")
    h = layers.Dense(8, "relu")(i)
    heads = {"kind": layers.Dense(4, "softmax", name="kind")(h), "size": layers.Dense(1, name="size")(h)}
    for outputs in (heads, list(heads.values())):
        model = keras.Model(i, outputs)
        model.compile(loss={"kind": "sparse_categorical_crossentropy", "size": "mse"})
        y = {"kind": Y, "size": X[:, :1]}
        metrics, found = run_evaluate(model, {"x": X, "y": y, "verbose": 0})
        assert metrics == model.evaluate(X, y, verbose=0, return_dict=True)
        predicted = model.predict(X, verbose=0)
        kind, size = predicted.values() if isinstance(predicted, dict) else predicted
        assert np.array_equal(found.outputs["kind"].confusion.matrix(), matrix(Y, kind.argmax(-1), 4))
        off = size.astype("float64") - X[:, :1]
        assert found.outputs["size"].figures[0]["mae"] == pytest.approx(np.abs(off).mean(), rel=1e-5)


def test_padding_of_sequences_is_not_counted():
    words = rng.integers(1, 20, (40, 7))
    words[:, 5:] = 0
    tags = words % 3
    i = keras.Input((7,), dtype="int32")
    x = layers.Dense(3, "softmax")(layers.LSTM(4, return_sequences=True)(layers.Embedding(20, 4, mask_zero=True)(i)))
    model = keras.Model(i, x)
    model.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    metrics, found = run_evaluate(model, {"x": words, "y": tags, "verbose": 0})
    assert metrics == model.evaluate(words, tags, verbose=0, return_dict=True)
    part = found.outputs[""]
    best = model.predict(words, verbose=0).argmax(-1)
    assert np.array_equal(part.confusion.matrix(), matrix(tags[:, :5].ravel(), best[:, :5].ravel(), 3))
    assert part.left_out == {"masked or of weight 0": 80}
    assert metrics["accuracy"] == pytest.approx(part.confusion.right.sum() / 200, abs=1e-6)


def test_pictures_are_counted_by_place_and_their_overlap_is_that_of_the_classes():
    x = rng.normal(size=(30, 8, 8, 1)).astype("float32")
    y = (x[..., 0] > 0.3).astype("int64") + (x[..., 0] > 1)
    model = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(3, 1, activation="softmax")])
    model.compile(loss="sparse_categorical_crossentropy", metrics=[keras.metrics.MeanIoU(3, sparse_y_pred=False)])
    metrics, found = run_evaluate(model, {"x": x, "y": y, "verbose": 0})
    part = found.outputs[""]
    best = model.predict(x, verbose=0).argmax(-1)
    assert np.array_equal(part.confusion.matrix(), matrix(y.ravel(), best.ravel(), 3))
    overlap = part.confusion.overlap()
    assert next(v for k, v in metrics.items() if "io_u" in k) == pytest.approx(np.nanmean(overlap), abs=1e-6)
    cell = ((y == 2) & (best == 0)).sum((1, 2))
    most = [n for n in np.argsort(-cell, kind="stable").tolist() if cell[n]][:12]
    assert [one.number for one in part.kept.listed((2, 0))] == most


def test_a_step_of_the_users_own_is_the_one_that_runs():
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.out = layers.Dense(4, "softmax")
            self.steps = 0

        def call(self, x):
            return self.out(x)

        def test_step(self, data):
            self.steps += 1
            x, y = data
            return {"share": tf.reduce_mean(tf.cast(tf.argmax(self(x), -1) == y, "float32"))}

    model = Own()
    model.compile(loss="sparse_categorical_crossentropy")
    metrics, found = run_evaluate(model, {"x": X[:32], "y": Y[:32], "verbose": 0})
    assert model.steps
    assert metrics["share"] == pytest.approx(found.outputs[""].confusion.right.sum() / 32)


def test_a_step_that_never_calls_the_model_gives_metrics_and_a_sentence():
    class Parts(keras.Model):
        def __init__(self):
            super().__init__()
            self.out = layers.Dense(1)

        def test_step(self, data):
            return {"mean": tf.reduce_mean(self.out(data[0]))}

    model = Parts()
    model.out.build((None, 6))
    model.built = True
    model.compile()
    metrics, found = run_evaluate(model, {"x": X, "y": Y, "verbose": 0})
    assert metrics.keys() == {"mean"}
    assert found.outputs == {}
    assert "does not call the model" in found.notes[0]


def test_no_labels_are_said():
    i = keras.Input((6,))
    model = keras.Model(i, layers.Dense(2, activity_regularizer="l2")(i))
    model.compile()
    found = run_evaluate(model, {"x": X, "verbose": 0})[1]
    assert found.notes == ["The output has no labels to compare with."]


def test_labels_that_cannot_be_compared_are_said_and_metrics_stay():
    model = dense(4, "softmax", lambda y, p: tf.reduce_mean(p, -1) + 0 * tf.reduce_sum(y, -1))
    model.compile(loss=model.loss, metrics=[])
    metrics, found = run_evaluate(model, {"x": X, "y": np.zeros((203, 9)), "verbose": 0})
    assert metrics.keys() == {"loss"}
    assert "cannot be compared with its labels" in found.notes[0]


def test_outputs_that_are_not_finite_are_left_out_and_counted(model):
    weights = model.get_layer("out").get_weights()
    model.get_layer("out").set_weights([weights[0], np.array([np.nan, 0, 0, 0])])
    part = run_evaluate(model, {"x": X, "y": Y, "verbose": 0})[1].outputs[""]
    assert part.left_out == {"not finite": 203}
    assert part.confusion.total == 0


def test_labels_outside_the_classes_are_left_out_and_counted():
    model = dense(4, "softmax", keras.losses.SparseCategoricalCrossentropy(ignore_class=-1))
    model.compile(loss=model.loss)
    y = np.where(np.arange(203) % 4 == 0, -1, Y)
    part = run_evaluate(model, {"x": X, "y": y, "verbose": 0})[1].outputs[""]
    assert part.left_out == {"with a label that is no class": 51}
    assert part.confusion.total == 152


@pytest.mark.parametrize(
    ("x", "y", "sentence"),
    [
        (X, Y[:50], "`x` has 203 and `y` has 50 examples; expected the same number in each"),
        (X[:0], Y[:0], "The data hold no examples"),
        ((one for one in []), None, "The data hold no examples"),
    ],
)
def test_data_that_do_not_fit_get_one_sentence(model, x, y, sentence):
    with pytest.raises(ValueError, match=sentence):
        run_evaluate(model, {"x": x, "y": y, "verbose": 0})


def test_a_model_that_is_not_compiled_is_told_to_be():
    model = keras.Sequential([keras.Input((6,)), layers.Dense(4)], name="net")
    with pytest.raises(ValueError, match="'net' is not compiled, so it has no loss"):
        run_evaluate(model, {"x": X, "y": Y})


def test_what_is_no_model_and_an_unknown_kind_are_refused(model):
    with pytest.raises(TypeError, match="a Keras model was expected"):
        run_evaluate("net", {"x": X})
    with pytest.raises(TypeError, match=r"takes a keras\.Model"):
        run_evaluate(layers.Dense(2), {"x": X})
    with pytest.raises(ValueError, match="`kind` is 'class'; expected one of"):
        run_evaluate(model, {"x": X, "y": Y}, "class")
