"""Reading a model leaves no trace on it: attributes, Keras's registers, weights, seeds and names stay as they were."""

import random

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops

import kfx
from kfx.keras_access import internals
from kfx.model.read.model import read_graph


class Block(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.parts = [layers.Dense(8, name="a"), layers.BatchNormalization(name="n")]
        self.named = {"drop": layers.Dropout(0.5, seed=3)}
        self.table = self.add_weight(shape=(8, 8), name="table")
        self.count, self.seen = 0, []

    def call(self, x, training=None):
        self.count += 1
        self.seen.append(x.shape)
        for part in self.parts:
            x = part(x)
        self.add_loss(ops.mean(x))
        noise = keras.random.normal(ops.shape(x), seed=self.named["drop"].seed_generator)
        return self.named["drop"](x @ self.table, training=training) + noise


class Lazy(layers.Layer):
    """Makes what it holds when it is called first."""

    def __init__(self):
        super().__init__(name="lazy")
        self.inner = None

    def build(self, shape):
        self.inner = layers.Dense(8)
        self.inner.build(shape)

    def call(self, x):
        self.last = x
        return self.inner(x)


class Model(keras.Model):
    def __init__(self, block=Block):
        super().__init__(name="m")
        self.block, self.head = block(name="b") if block is Block else block(), keras.Sequential([layers.Dense(2)])
        self.steps = tf.Variable(0)

    def call(self, x):
        self.steps.assign_add(1)
        return self.head(self.block(x))


class AsksForValues(Model):
    def call(self, x):
        return super().call(x) if float(ops.sum(x)) > -1e9 else x


def functional():
    x = keras.Input((4, 8))
    return keras.Model(x, layers.Dense(3)(Block(name="b")(x)))


def nested():
    x = keras.Input((4, 8))
    return keras.Sequential([keras.Input((4, 8)), keras.Model(x, Block(name="b")(x)), Model()])


def called(model):
    model(DATA)
    return model


def trained():
    model = functional()
    model.compile("adam", "mse")
    model.fit(DATA, np.zeros((3, 4, 3)), verbose=0)
    return model


DATA = np.random.default_rng(0).normal(size=(3, 4, 8)).astype("float32")
SHAPE = (None, 4, 8)
MADE = {  # a model, and what kfx is given
    "functional": (functional, None),
    "functional at other sizes": (functional, SHAPE),
    "Sequential": (lambda: keras.Sequential([keras.Input((4, 8)), Block(name="b"), Lazy()]), None),
    "Sequential, unbuilt": (lambda: keras.Sequential([Block(name="b"), Lazy()]), SHAPE),
    "subclassed": (lambda: called(Model()), None),
    "subclassed, unbuilt": (Model, SHAPE),
    "subclassed, unbuilt parts": (lambda: Model(Lazy), SHAPE),
    "subclassed, with data": (lambda: called(AsksForValues()), DATA),
    "subclassed, unbuilt, with data": (AsksForValues, DATA),
    "nested": (nested, None),
    "trained": (trained, None),
}


def copied(value):
    return value.copy() if isinstance(value, list | dict | set) else value


def state_of(model):
    """Return all that reading could change; objects count by identity."""
    found = []
    for layer in internals.all_layers(model):
        held = {name: copied(value) for name, value in vars(layer).items()}
        tracker = getattr(layer, "_tracker", None)
        register = {} if tracker is None else {name: copied(value) for name, value in vars(tracker).items()}
        stored = {} if tracker is None else {name: set(ids) for name, ids in tracker.stored_ids.items()}
        nodes = len(layer._inbound_nodes), len(layer._outbound_nodes)
        found.append((id(layer), described(held), described(register), stored, nodes, len(layer._losses)))
    return found


def described(held):
    return {name: described_one(value) for name, value in held.items()}


def described_one(value):
    if isinstance(value, dict):
        return [(key, id(inner)) for key, inner in value.items()]
    return list(map(id, value)) if isinstance(value, list | set) else id(value)


def values_of(model):
    return [np.array(weight) for weight in internals.weights_of(model)]


@pytest.mark.parametrize("name", MADE)
@pytest.mark.parametrize("verb", [read_graph, kfx.summary, kfx.plot_model])
def test_reading_leaves_no_trace(name, verb):
    make, given = MADE[name]
    model = make()
    tf.random.set_seed(1)
    before, values = state_of(model), values_of(model)
    drawn = random.getstate(), np.random.get_state()[1].tolist()
    variables = [v.numpy() for v in [getattr(model, "steps", None)] if v is not None]
    verb(model) if given is None else verb(model, inputs=given)
    assert state_of(model) == before
    assert all(map(np.array_equal, values_of(model), values))
    assert (random.getstate(), np.random.get_state()[1].tolist()) == drawn
    assert [v.numpy() for v in [getattr(model, "steps", None)] if v is not None] == variables


@pytest.mark.parametrize("name", MADE)
def test_names_and_random_numbers_go_on_as_without(name):
    make, given = MADE[name]

    def after(read):
        keras.utils.clear_session(free_memory=False)
        keras.utils.set_random_seed(7)
        model = make()
        if read:
            read_graph(model) if given is None else read_graph(model, inputs=given)
        layer = layers.Dense(2)
        layer.build((None, 3))
        return (
            layer.name,
            layer.get_weights()[0].tolist(),
            keras.random.normal((2,)).numpy().tolist(),
            model(DATA).numpy().tolist(),
        )

    assert after(read=True) == after(read=False)


def test_a_kerashub_model_is_left_as_it_was():
    models = pytest.importorskip("keras_hub").models
    model = models.BertBackbone(50, 2, 2, 8, 16, max_sequence_length=6)
    before, values = state_of(model), values_of(model)
    kfx.summary(model)
    kfx.plot_model(model)
    assert state_of(model) == before
    assert all(map(np.array_equal, values_of(model), values))
