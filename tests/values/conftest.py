"""Models of every kind, each with the values of its layers worked out by hand with NumPy."""

import sys

import numpy as np
import pytest

from kfx.keras_access.importing import import_keras


@pytest.fixture(autouse=True)
def counted_from_one():
    """Automatic names (``add``, ``add_1``) begin anew; collecting garbage at every test would take longer than the tests."""
    if "keras" in sys.modules:  # a test may ask for its model by name, so its fixtures do not say whether it uses Keras
        import_keras().utils.clear_session(free_memory=False)


@pytest.fixture
def x():
    return np.random.default_rng(7).normal(size=(6, 4)).astype("float32")


@pytest.fixture
def model(keras):
    """Two layers: their values are written to folders."""
    keras.utils.set_random_seed(5)
    i = keras.Input((6,), name="i")
    return keras.Model(i, keras.layers.Dense(3, name="o")(keras.layers.Dense(5, name="h")(i)), name="streamed")


@pytest.fixture
def data():
    return np.random.default_rng(6).uniform(size=(100, 6)).astype("float32")


def dense(x, layer):
    kernel, bias = layer.get_weights()
    return x @ kernel + bias


def relu(x):
    return np.maximum(x, 0)


@pytest.fixture
def nested(keras, x):
    """An encoder in a model, twice nested and called twice, with a shared layer inside and outside."""
    layers = keras.layers
    keras.utils.set_random_seed(1)
    i = keras.Input((4,), name="deep_in")
    d = layers.Dense(4, name="d")
    deep = keras.Model(i, d(d(i)), name="deep")
    j = keras.Input((4,), name="mid_in")
    e = layers.Dense(4, activation="relu", name="e")
    mid = keras.Model(j, e(deep(j)), name="mid")
    top = keras.Input((4,), name="top_in")
    s = layers.Dense(4, name="s")
    out = layers.Dense(2, name="out")
    model = keras.Model(top, out(s(mid(s(mid(top)))) + 1.0), name="nested")
    v = {"top_in": x}
    h = x
    for n in (1, 2):
        v[f"mid@{n}/mid_in"] = v[f"mid@{n}/deep/deep_in"] = h
        v[f"mid@{n}/deep/d@1"] = dense(h, d)
        v[f"mid@{n}/deep/d@2"] = v[f"mid@{n}/deep"] = dense(dense(h, d), d)
        v[f"mid@{n}/e"] = v[f"mid@{n}"] = relu(dense(v[f"mid@{n}/deep"], e))
        h = v[f"s@{n}"] = dense(v[f"mid@{n}"], s)
    v["add"] = v["s@2"] + 1.0
    v["out"] = dense(v["add"], out)
    return model, v


@pytest.fixture
def subclassed(keras, x):
    """A residual model written as a class, with a Functional inside and a layer called in a loop."""
    layers = keras.layers
    keras.utils.set_random_seed(2)
    i = keras.Input((4,), name="enc_in")
    c = layers.Dense(4, activation="relu", name="c")
    encoder = keras.Model(i, c(i), name="encoder")

    class Residual(keras.Model):
        def __init__(self):
            super().__init__(name="residual")
            self.encoder = encoder
            self.h = layers.Dense(4, name="h")
            self.last = layers.Dense(3, name="last")

        def call(self, x):
            x = self.encoder(x)
            for _ in range(2):
                x = x + self.h(x)
            return self.last(x)

    model = Residual()
    model(x)
    v = {"x": x, "encoder/enc_in": x}
    a = v["encoder"] = v["encoder/c"] = relu(dense(x, c))
    v["h@1"] = dense(a, model.h)
    b = a + v["h@1"]
    v["h@2"] = dense(b, model.h)
    v["last"] = dense(b + v["h@2"], model.last)
    return model, v


@pytest.fixture
def flat(keras):
    """A small CNN with everything that behaves differently in training."""
    layers = keras.layers
    keras.utils.set_random_seed(3)
    return keras.Sequential(
        [
            keras.Input((12, 12, 1), name="image"),
            layers.Conv2D(4, 3, activation="relu", name="conv"),
            layers.BatchNormalization(name="norm"),
            layers.MaxPooling2D(name="pool"),
            layers.Dropout(0.5, name="drop"),
            layers.Flatten(name="flatten"),
            layers.Dense(5, activation="softmax", name="scores"),
        ],
        name="flat",
    )


@pytest.fixture
def images():
    return np.random.default_rng(8).uniform(size=(10, 12, 12, 1)).astype("float32")


def state_of(model):
    """All that must be as before: weights, graph, flags, what is compiled, what Keras notes on layers."""
    keras = import_keras()
    layers = list(model._flatten_layers())
    return {
        "weights": [np.asarray(w.value).tobytes() for w in model.weights],
        "nodes": [len(layer._inbound_nodes) + len(layer._outbound_nodes) for layer in layers],
        "flags": [(layer.name, layer.built, layer._called, layer.trainable, len(layer._losses)) for layer in layers],
        "compiled": [
            getattr(model, name, None) for name in ("predict_function", "test_function", "train_function", "optimizer")
        ],
        "names": sorted(k for layer in layers for k in vars(layer)),
        "door": keras.Operation.__call__,
    }


@pytest.fixture
def state():
    return state_of
