"""Layers share a fingerprint only if they do the same: calls, operations, weights and sizes."""

import functools
import types

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops

from kfx.keras_access.untouched import untouched
from kfx.model.read.inside.fingerprint import Fingerprints
from kfx.model.read.model import read_graph

FACTOR = 2


class Part(layers.Layer):
    """Two projections, and whatever else a test puts in."""

    def __init__(self, units=8, activation=None, shared=False, function=None, extra=None, **kwargs):
        super().__init__(**kwargs)
        self.function, self.extra = function, extra
        self.d = layers.Dense(units, activation=activation)
        self.g = self.d if shared else layers.Dense(units, activation=activation)
        self.e = layers.Dense(8)

    def build(self, shape):
        for layer in {id(x): x for x in (self.d, self.g)}.values():
            layer.build(shape)
        self.e.build((*shape[:-1], self.d.units))
        self.built = True

    def call(self, x):
        y = self.e(self.d(x) + self.g(x))
        return self.function(y) if self.function else y


class Other(Part):
    def call(self, x):
        return ops.relu(super().call(x))


class Same(Part):
    pass


class ReadsItsName(Part):
    def call(self, x):
        y = super().call(x)
        return y * 2 if "odd" in self.name else y


class ReadsTheNameOfAPart(Part):
    def call(self, x):
        return ops.relu(super().call(x)) if self.d.name.endswith("_1") else super().call(x)


class Settings:
    def __init__(self, **values):
        self.__dict__.update(values)


class Slots:
    __slots__ = ("n",)

    def __init__(self, n):
        self.n = n


class Methods:
    def __init__(self, n):
        self.n = n

    def scale(self, y):
        return y * self.n


class Knows(layers.Layer):
    """A part that knows what it is part of."""

    def __init__(self, scale=1, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale
        self.d = layers.Dense(8)
        object.__setattr__(self.d, "_parent", self)
        vars(self.d)["holder"] = Settings(parent=self)

    def call(self, x):
        return self.d(x) * self.d.holder.parent.scale


class Weights(layers.Layer):
    def __init__(self, shape=(8, 8), trainable=True, count=1, dtype=None, **kwargs):
        super().__init__(dtype=dtype, **kwargs)
        self.w = [self.add_weight(shape=shape, name="w", trainable=trainable) for _ in range(count)]

    def call(self, x):
        for w in self.w:
            x = x @ w
        return x


class Many(layers.Layer):
    def __init__(self, make, **kwargs):
        super().__init__(**kwargs)
        self.parts = make()

    def call(self, x):
        parts = self.parts
        for part in parts.values() if isinstance(parts, dict) else parts:
            x = part(x)
        return x


class Tied(layers.Layer):
    """A layer that uses the weight of another layer."""

    def __init__(self, own=True, **kwargs):
        super().__init__(**kwargs)
        self.a, self.b = layers.Dense(8, use_bias=False), layers.Dense(8, use_bias=False)
        self.a.build((None, 8))
        self.b.build((None, 8))
        self.table = self.a.kernel if own else self.b.kernel

    def call(self, x):
        return self.b(self.a(x)) @ self.table


def scaled(n):
    return lambda y: y * n


def twice(y):
    return y * 2


def with_default(n):
    def call(y, by=n):
        return y * by

    return call


def with_keyword(n):
    def call(y, *, by=n):
        return y * by

    return call


def attributed(n):
    def call(y):
        return y * call.by

    call.by = n
    return call


class Box(dict):
    def __init__(self, n):
        super().__init__()
        self.n = n


def in_module(n):
    """Return a function that reads a global of its own module."""
    module = types.ModuleType("m")
    exec(f"N = {n}\ndef call(y): return y * N", vars(module))
    return module.call


def changed(layer, change):
    layer.build((None, 4, 8))
    change(layer)
    return layer


def lora(layer):
    layer.d.enable_lora(2)


def quantized(layer):
    layer.d.quantize("int8")


def freeze_kernel(layer):
    layer.d.kernel.trainable = False


def set_on_part(name, value):
    return lambda layer: setattr(layer.d, name, value)


def cyclic(n):
    held = Settings(n=n)
    held.itself = held
    return held


DIFFERENT = {
    "class": lambda: (Part(), Other()),
    "class that adds nothing": lambda: (Part(), Same()),
    "flag": lambda: (Part(extra=True), Part(extra=False)),
    "1 and True": lambda: (Part(extra=1), Part(extra=True)),
    "1 and 1.0": lambda: (Part(extra=1), Part(extra=1.0)),
    "None and 0": lambda: (Part(extra=None), Part(extra=0)),
    "text and bytes": lambda: (Part(extra="a"), Part(extra=b"a")),
    "units": lambda: (Part(8), Part(16)),
    "activation": lambda: (Part(activation="relu"), Part(activation="tanh")),
    "a layer called twice, or two layers": lambda: (Part(shared=True), Part()),
    "function": lambda: (Part(function=tf.nn.relu), Part(function=tf.nn.tanh)),
    "lambdas of other code": lambda: (Part(function=lambda y: y + 1), Part(function=lambda y: y + 2)),
    "closures of other values": lambda: (Part(function=scaled(2)), Part(function=scaled(3))),
    "closures of other numbers of NumPy": lambda: (
        Part(function=scaled(np.float32(2))),
        Part(function=scaled(np.float32(3))),
    ),
    "attribute of a function": lambda: (Part(function=attributed(2)), Part(function=attributed(3))),
    "subclass of dict with attributes": lambda: (Part(extra=Settings(box=Box(1))), Part(extra=Settings(box=Box(2)))),
    "set of layers": lambda: (
        Many(lambda: {layers.Dense(8)}),
        Many(lambda: {layers.LayerNormalization()}),
    ),
    "defaults": lambda: (Part(function=with_default(2)), Part(function=with_default(3))),
    "keyword defaults": lambda: (Part(function=with_keyword(2)), Part(function=with_keyword(3))),
    "globals of other modules": lambda: (Part(function=in_module(2)), Part(function=in_module(3))),
    "partial": lambda: (Part(function=functools.partial(ops.multiply, 2)), Part(function=functools.partial(ops.multiply, 3))),
    "bound method": lambda: (Part(function=Methods(2).scale), Part(function=Methods(3).scale)),
    "array": lambda: (Part(extra=np.arange(3)), Part(extra=np.arange(1, 4))),
    "dtype of an array": lambda: (Part(extra=np.arange(3)), Part(extra=np.arange(3.0))),
    "shape of an array": lambda: (Part(extra=np.zeros((2, 3))), Part(extra=np.zeros((3, 2)))),
    "array of objects": lambda: (Part(extra=np.array([object()])), Part(extra=np.array([object()]))),
    "long array": lambda: (Part(extra=np.zeros(5000)), Part(extra=np.ones(5000))),
    "constant of TensorFlow": lambda: (Part(extra=tf.constant(1)), Part(extra=tf.constant(2))),
    "variable of TensorFlow": lambda: (Part(extra=tf.Variable(1.0)), Part(extra=tf.Variable(2.0))),
    "dict": lambda: (Part(extra={"a": 1}), Part(extra={"a": 2})),
    "order of a dict": lambda: (Part(extra={"a": 1, "b": 2}), Part(extra={"b": 2, "a": 1})),
    "list in a dict": lambda: (Part(extra={"a": [1, 2]}), Part(extra={"a": [1, 3]})),
    "set": lambda: (Part(extra={1, 2}), Part(extra={1, 3})),
    "foreign object": lambda: (Part(extra=object()), Part(extra=object())),
    "object with slots": lambda: (Part(extra=Slots(1)), Part(extra=Slots(2))),
    "settings": lambda: (Part(extra=Settings(n=1)), Part(extra=Settings(n=2))),
    "settings in settings": lambda: (Part(extra=Settings(of=Settings(n=1))), Part(extra=Settings(of=Settings(n=2)))),
    "settings that hold themselves": lambda: (Part(extra=cyclic(1)), Part(extra=cyclic(2))),
    "frozen": lambda: (Part(), Part(trainable=False)),
    "frozen weight": lambda: (changed(Part(), lambda x: None), changed(Part(), freeze_kernel)),
    "dtype": lambda: (Part(), Part(dtype="float64")),
    "policy": lambda: (Part(dtype="mixed_float16"), Part(dtype="float16")),
    "quantized": lambda: (changed(Part(), lambda x: None), changed(Part(), quantized)),
    "LoRA": lambda: (changed(Part(), lambda x: None), changed(Part(), lora)),
    "activation set later": lambda: (
        changed(Part(), lambda x: None),
        changed(Part(), set_on_part("activation", keras.activations.relu)),
    ),
    "units set later": lambda: (changed(Part(), lambda x: None), changed(Part(), set_on_part("units", 9))),
    "attribute added later": lambda: (changed(Part(), lambda x: None), changed(Part(), set_on_part("flag", 1))),
    "call set on the object": lambda: (Part(), changed(Part(), lambda x: vars(x).update(call=lambda y: y))),
    "name that the code reads": lambda: (ReadsItsName(name="odd"), ReadsItsName(name="even")),
    "number of weights": lambda: (Weights(count=1), Weights(count=2)),
    "shape of a weight": lambda: (Weights((8, 8)), Weights((8, 4))),
    "weight that does not train": lambda: (Weights(), Weights(trainable=False)),
    "dtype of a weight": lambda: (Weights(), Weights(dtype="float16")),
    "whose weight": lambda: (Tied(True), Tied(False)),
    "list of layers": lambda: (
        Many(lambda: [layers.Dense(8), layers.Dense(8)]),
        Many(lambda: [layers.Dense(8)] * 2),
    ),
    "length of a list": lambda: (Many(lambda: [layers.Dense(8)]), Many(lambda: [layers.Dense(8), layers.Dense(8)])),
    "order of a list": lambda: (
        Many(lambda: [layers.Dense(8), layers.LayerNormalization()]),
        Many(lambda: [layers.LayerNormalization(), layers.Dense(8)]),
    ),
    "dict of layers": lambda: (Many(lambda: {"a": layers.Dense(8)}), Many(lambda: {"a": layers.Dense(8, "relu")})),
    "layer deep inside": lambda: (
        Many(lambda: [Many(lambda: [layers.Dense(8)])]),
        Many(lambda: [Many(lambda: [layers.Dense(8, "relu")])]),
    ),
    "Sequential": lambda: (
        Many(lambda: [keras.Sequential([layers.Dense(8)])]),
        Many(lambda: [keras.Sequential([layers.Dense(8, "relu")])]),
    ),
    "Sequential with one layer twice": lambda: (
        Many(lambda: [keras.Sequential([layers.ReLU(name="a"), layers.ReLU(name="b")])]),
        Many(lambda: [keras.Sequential([layers.ReLU(name="a")])]),
    ),
    "graph": lambda: (Many(lambda: [graph(ops.relu)]), Many(lambda: [graph(ops.tanh)])),
    "wiring of a graph": lambda: (Many(lambda: [graph(wired=True)]), Many(lambda: [graph(wired=False)])),
    "constant in a graph": lambda: (Many(lambda: [graph(scaled(2.0))]), Many(lambda: [graph(scaled(3.0))])),
    "wrapped layer": lambda: (
        Many(lambda: [layers.TimeDistributed(layers.Dense(8))]),
        Many(lambda: [layers.TimeDistributed(layers.Dense(8, "relu"))]),
    ),
    "a part that knows what it is part of": lambda: (Knows(1), Knows(2)),
}


def graph(function=None, wired=None):
    x = keras.Input((4, 8))
    a, b = layers.Dense(8), layers.Dense(8)
    y = a(x)
    z = b(y if wired else x)
    return keras.Model(x, function(y) if function else y + z)


EQUAL = {
    "all": lambda: (Part(), Part()),
    "names": lambda: (Part(name="x"), Part(name="y")),
    "closures": lambda: (Part(function=scaled(2)), Part(function=scaled(2))),
    "defaults": lambda: (Part(function=with_default(2)), Part(function=with_default(2))),
    "function": lambda: (Part(function=twice), Part(function=twice)),
    "bound method": lambda: (Part(function=Methods(2).scale), Part(function=Methods(2).scale)),
    "array": lambda: (Part(extra=np.arange(3)), Part(extra=np.arange(3))),
    "number of NumPy": lambda: (Part(extra=np.float32(3)), Part(extra=np.float32(3))),
    "dict, list, tuple, set": lambda: tuple(Part(extra={"a": [1, (2,), {3}]}) for _ in "ab"),
    "settings": lambda: (Part(extra=Settings(n=[1])), Part(extra=Settings(n=[1]))),
    "the same foreign object": lambda: (Part(extra=Slots), Part(extra=Slots)),
    "initializer": lambda: tuple(
        Many(lambda how=how: [layers.Dense(8, kernel_initializer=how)]) for how in ("zeros", "he_normal")
    ),
    "seeds of dropout": lambda: tuple(Many(lambda seed=seed: [layers.Dropout(0.1, seed=seed)]) for seed in (1, 2)),
    "shared layers alike": lambda: (Part(shared=True), Part(shared=True)),
    "lists of layers": lambda: tuple(Many(lambda: [layers.Dense(8), layers.Dense(8)]) for _ in "ab"),
    "dicts of layers": lambda: tuple(Many(lambda: {"a": layers.Dense(8)}) for _ in "ab"),
    "Sequentials": lambda: tuple(Many(lambda: [keras.Sequential([layers.Dense(8)])]) for _ in "ab"),
    "graphs": lambda: tuple(Many(lambda: [graph(ops.relu)]) for _ in "ab"),
    "policies": lambda: (Part(dtype="mixed_float16"), Part(dtype=keras.DTypePolicy("mixed_float16"))),
    "frozen": lambda: (Part(trainable=False), Part(trainable=False)),
    "values of weights": lambda: (
        changed(Part(), lambda x: None),
        changed(Part(), lambda x: x.d.kernel.assign(ops.ones((8, 8)))),
    ),
    "tied": lambda: (Tied(), Tied()),
    "attention": lambda: tuple(Many(lambda: [layers.Dense(8), Part(activation="gelu")]) for _ in "ab"),
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_layers_that_differ_have_different_fingerprints(name):
    one, other = DIFFERENT[name]()
    prints = Fingerprints()
    assert prints.of(one).number != prints.of(other).number


@pytest.mark.parametrize("name", EQUAL)
def test_layers_that_are_equal_share_a_fingerprint_and_the_order_of_their_layers(name):
    one, other = EQUAL[name]()
    prints = Fingerprints()
    assert prints.of(one).number == prints.of(other).number
    assert [type(x) for x in prints.of(one).layers] == [type(x) for x in prints.of(other).layers]


def described(graph, block):
    """Return what a graph says of a block, without the names of layers."""
    inside = [c for c in graph.calls if c.key.split("/")[0] == block]
    return [
        (c.type, c.kind, c.settings[:1], c.inputs, c.outputs, c.params, c.trainable, c.cost.flops, c.cost.macs) for c in inside
    ]


CALLABLE = [n for n in DIFFERENT if n not in ("shape of a weight", "units set later", "dtype of a weight")]


@pytest.mark.parametrize("name", [*CALLABLE, *EQUAL])
def test_a_block_beside_another_reads_as_it_reads_alone(name):
    """Whatever the fingerprints are, the facts are those of each block by itself."""
    made = DIFFERENT.get(name) or EQUAL[name]

    def alone(n):
        block = made()[n]
        x = keras.Input((4, 8))
        return described(read_graph(keras.Model(x, block(x))), block.name)

    one, other = made()
    x = keras.Input((4, 8))
    both = read_graph(keras.Model(x, [one(x), other(x)]))
    assert described(both, one.name) == alone(0)
    assert described(both, other.name) == alone(1)


def test_fingerprints_leave_nothing_on_layers():
    layer = Part(extra=Settings(n=1))
    before = dict(vars(layer)), dict(vars(layer.extra)), dict(vars(layer.d))
    with untouched(layer):
        Fingerprints().of(layer)
    assert before == (dict(vars(layer)), dict(vars(layer.extra)), dict(vars(layer.d)))
