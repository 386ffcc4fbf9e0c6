"""Feature vectors of arrays, data sets and folders, with labels and predictions, against kfx.extract and predict."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import kfx
from kfx.values.embedding.collect import collect, collect_stored
from kfx.values.examples.find import stored_values

rng = np.random.default_rng(1)
X = rng.normal(size=(70, 8, 8, 2)).astype("float32")
Y = rng.integers(0, 3, 70)


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(4)
    i = keras.Input((8, 8, 2), name="image")
    x = layers.Conv2D(5, 3, name="conv")(i)
    model = keras.Model(i, layers.Dense(3, "softmax", name="out")(layers.Flatten(name="flat")(x)), name="net")
    model.compile(loss="sparse_categorical_crossentropy")
    return model


def stream():
    return ((X[i : i + 16], Y[i : i + 16]) for i in range(0, 70, 16))


@pytest.mark.parametrize(
    "data", [lambda: (X, Y), lambda: (tf.data.Dataset.from_tensor_slices((X, Y)).batch(20), None), lambda: (stream(), None)]
)
def test_features_labels_and_predictions_come_in_one_pass(model, data):
    given, labels = data()
    found = collect(model, given, "conv", labels=labels)
    assert np.allclose(found.features, kfx.extract(model, X, "conv")["conv"].mean((1, 2)), atol=1e-6)
    assert np.array_equal(found.labels, Y)
    assert np.array_equal(found.predicted, model.predict(X, verbose=0).argmax(-1))
    assert found.pooled == "mean over 6×6 places"
    assert np.array_equal(found.inputs(33)["image"], X[33])
    found.inputs.let_go()
    assert found.inputs(33) is None


def test_pools(model):
    values = kfx.extract(model, X, "conv")["conv"]
    assert np.allclose(collect(model, X, "conv", pool="max").features, values.max((1, 2)))
    assert np.allclose(collect(model, X, "conv", pool="flat").features, values.reshape(70, -1))
    assert np.allclose(collect(model, X, "out").features, model.predict(X, verbose=0), atol=1e-6)
    with pytest.raises(ValueError, match="`pool` is 'avg'; expected one of 'mean', 'max', 'flat'"):
        collect(model, X, "conv", pool="avg")


def test_a_folder_of_values_gives_the_same(model, tmp_path):
    kfx.extract(model, X, "conv", to=tmp_path / "f", progress=False, batch_size=16)
    for given in (None, model):
        found = collect_stored(given, stored_values(tmp_path / "f"), "conv", labels=Y)
        assert np.allclose(found.features, collect(model, X, "conv").features, atol=1e-6)
        assert np.array_equal(found.labels, Y)
        assert found.inputs(0) is None
    with pytest.raises(ValueError, match="70 examples came with 9 labels"):
        collect_stored(None, stored_values(tmp_path / "f"), "conv", labels=Y[:9])


def test_inputs_of_a_long_stream_are_held_within_a_bound(model, monkeypatch):
    monkeypatch.setattr("kfx.values.embedding.collect.HELD_BYTES", X[0].nbytes * 20)
    found = collect(model, stream(), "conv")
    assert found.held == 20
    assert found.inputs(19) is not None
    assert found.inputs(20) is None
    assert len(found.features) == 70


def test_numbers_are_compared_as_numbers():
    i = keras.Input((2,))
    model = keras.Model(i, layers.Dense(1, name="out")(i))
    model.compile(loss="mse")
    x = rng.normal(size=(30, 2))
    found = collect(model, x, "out", labels=x[:, 0])
    assert found.task.kind == "values"
    assert np.allclose(found.labels, x[:, 0])
    assert np.allclose(found.predicted, model.predict(x, verbose=0)[:, 0])


@pytest.mark.parametrize(
    ("data", "layer", "labels", "sentence"),
    [
        (X[:0], "conv", None, "The data hold no examples"),
        (X, "cov", None, "No layer 'cov'.*'conv'"),
        (X, ["conv", "flat"], None, "`layer` means 2 arrays"),
        (X, "conv", Y[:9], "70 examples came with 9 labels"),
    ],
)
def test_bad_input_gets_one_sentence(model, data, layer, labels, sentence):
    with pytest.raises(ValueError, match=sentence):
        collect(model, data, layer, labels=labels)
