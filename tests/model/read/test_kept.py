"""What was read of a model is kept until the model changes, and not a moment longer."""

import contextlib
import gc
import sys
import types
import weakref
from typing import ClassVar

import keras
import numpy as np
import pytest
from keras import layers, ops

import kfx
from kfx.model.read import kept
from kfx.model.read.model import read_graph


class Settings:
    scale = 2

    def __init__(self, **values):
        self.__dict__.update(values)


TABLE = {"by": 2, "more": {"by": [2]}}
SCALE = np.array([2])
HELD = Settings(n=2)


def helper(x):
    return deeper(x) * 2


def deeper(x):
    return x + 1


class Block(layers.Layer):
    rate: ClassVar = {"keep": 1.0}
    again = Settings(n=1)

    def __init__(self, activation="relu", **kwargs):
        super().__init__(**kwargs)
        self.d, self.e = layers.Dense(8, activation=activation, name="d"), layers.Dense(8, name="e")
        self.drop = layers.Dropout(0.5, name="drop")
        self.config = Settings(n=1, inner=Settings(times=1), items=[1, {"a": 1}])
        self.table = {"k": [1, 2]}
        self.more = [layers.Dense(8, name="f")]
        self.function = lambda y: y * self.config.n
        self.array = np.array([1, 2])
        self.flag = False

    def call(self, x):
        y = self.e(self.drop(self.d(x)))
        for layer in self.more:
            y = layer(y)
        for _ in range(self.config.n + self.config.inner.times + self.table["k"][0] + self.config.items[1]["a"]):
            y = ops.relu(y)
        for _ in range(TABLE["by"] + TABLE["more"]["by"][0] + int(SCALE[0]) + HELD.n + self.again.n + int(self.array[0])):
            y = ops.tanh(y)
        return helper(self.function(y)) * self.rate["keep"] * Settings.scale


class Model(keras.Model):
    def __init__(self):
        super().__init__(name="m")
        self.first, self.second = Block(name="first"), Block(name="second")

    def call(self, x):
        return self.second(self.first(x))


def subclassed():
    model = Model()
    model(np.zeros((2, 4, 8), "float32"))
    return model


def functional():
    x = keras.Input((4, 8))
    return keras.Model(x, Block(name="second")(Block(name="first")(x)), name="m")


def sequential():
    return keras.Sequential([keras.Input((4, 8)), Block(name="first"), Block(name="second")], name="m")


def block_of(model, name="first"):
    return next(x for x in model._flatten_layers() if x.name == name)


def part(model, name="d"):
    return getattr(block_of(model), name)


def put(thing, **values):
    for name, value in values.items():
        setattr(thing, name, value)


def fit(model):
    model.compile("adam", "mse")
    model.fit(np.zeros((2, 4, 8)), np.zeros((2, 4, 8)), verbose=0)


@contextlib.contextmanager
def unlocked(layer):
    layer._tracker.unlock()
    yield
    layer._tracker.lock()


def grow(model):
    with unlocked(block_of(model)):
        block_of(model).more.append(layers.Dense(8, name="g"))
        block_of(model).more[-1].build((None, 4, 8))


def replace(model):
    new = layers.Dense(8, activation="tanh", name="f")
    new.build((None, 4, 8))
    block_of(model).more[0] = new


def wider(model):
    new = layers.Dense(8, use_bias=False, name="d2")
    new.build((None, 4, 8))
    with unlocked(block_of(model)):
        block_of(model).d = new


def extra_weight(model):
    with unlocked(block_of(model)):
        block_of(model).extra = block_of(model).add_weight(shape=(3,), name="extra")


def replace_in_module(name, value):
    def change(model):
        module = sys.modules[__name__]
        old = getattr(module, name)
        setattr(module, name, value)
        return lambda: setattr(module, name, old)

    return change


def patch_class(name, value):
    def change(model):
        old = vars(Block)[name]
        setattr(Block, name, value)
        return lambda: setattr(Block, name, old)

    return change


def within(container, key, value):
    def change(model):
        old = container[key]
        container[key] = value
        return lambda: container.__setitem__(key, old)

    return change


def of_object(thing, name, value):
    def change(model):
        old = getattr(thing, name)
        setattr(thing, name, value)
        return lambda: setattr(thing, name, old)

    return change


def register(model):
    kfx.register_layer(layers.Dense, settings=lambda layer: ["mine"])
    return lambda: kfx.unregister_layer(layers.Dense)


def doubled(self, x):
    return self.e(self.d(x)) * 2


CHANGES = {
    "activation": lambda m: put(part(m), activation=keras.activations.tanh),
    "activation of an equal block": lambda m: put(block_of(m, "second").d, activation=keras.activations.tanh),
    "rate": lambda m: put(part(m, "drop"), rate=0.25),
    "layer does not train": lambda m: put(part(m), trainable=False),
    "block does not train": lambda m: put(block_of(m), trainable=False),
    "model does not train": lambda m: put(m, trainable=False),
    "weight does not train": lambda m: put(part(m).kernel, trainable=False),
    "dtype policy": lambda m: put(part(m), dtype_policy=keras.DTypePolicy("mixed_float16")),
    "quantized": lambda m: part(m).quantize("int8"),
    "LoRA": lambda m: part(m).enable_lora(2),
    "name of a layer": lambda m: put(part(m), name="renamed"),
    "layer in a list": replace,
    "layer added to a list": grow,
    "layer in an attribute": wider,
    "weight added": extra_weight,
    "attribute of settings": lambda m: put(block_of(m).config, n=3),
    "attribute of settings in settings": lambda m: put(block_of(m).config.inner, times=3),
    "dict in a list in settings": lambda m: block_of(m).config.items[1].update(a=3),
    "list in a dict": lambda m: block_of(m).table["k"].__setitem__(0, 3),
    "key of a dict": lambda m: block_of(m).table.update({"k": [4]}),
    "array in place": lambda m: block_of(m).array.__setitem__(0, 3),
    "function held": lambda m: put(block_of(m), function=lambda y: y),
    "attribute added": lambda m: put(block_of(m), another=1),
    "call of the class": patch_class("call", doubled),
    "helper of the module": replace_in_module("helper", lambda x: x),
    "helper of a helper": replace_in_module("deeper", lambda x: ops.relu(x) + 1),
    "number of the module": replace_in_module("SCALE", np.array([4])),
    "settings of the module": of_object(HELD, "n", 4),
    "settings of the class": of_object(Block.again, "n", 4),
    "dict of the module": within(TABLE, "by", 3),
    "list in a dict of the module": within(TABLE["more"]["by"], 0, 3),
    "dict of the class": within(Block.rate, "keep", 3.0),
    "class used as a namespace": of_object(Settings, "scale", 3),
    "registered": register,
    "compiled": lambda m: m.compile("adam", "mse"),
    "fitted": fit,
}
SEEN = [name for name in CHANGES if name not in ("attribute added", "compiled", "number of the module")]


def everything(graph):
    return repr([(c, graph.cost, graph.notes) for c in graph.calls]), graph.edges, graph.params, graph.optimizer_params


def fresh(model, **given):
    """Read a model as if it had never been read."""
    mine = kept._readings
    kept._readings = type(mine)()
    try:
        return everything(read_graph(model, **given))
    finally:
        kept._readings = mine


@pytest.mark.parametrize("make", [functional, sequential, subclassed])
@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_model_is_read_anew(name, make):
    model = make()
    before = everything(read_graph(model))
    undo = CHANGES[name](model)
    try:
        after = everything(read_graph(model))
        assert after == fresh(model)
        assert (after != before) >= (name in SEEN)
    finally:
        if undo:
            undo()
    if undo:
        assert everything(read_graph(model)) == before


@pytest.mark.parametrize("make", [functional, sequential, subclassed])
def test_an_unchanged_model_is_not_read_again(make):
    model = make()
    assert read_graph(model) is read_graph(model)
    model.predict(np.zeros((2, 4, 8)), verbose=0)
    first = read_graph(model)
    model.predict(np.zeros((2, 4, 8)), verbose=0)
    assert read_graph(model) is first


def test_new_values_of_weights_change_nothing():
    model = functional()
    model.compile("adam", "mse")
    fit(model)
    first = read_graph(model)
    model.fit(np.zeros((2, 4, 8)), np.zeros((2, 4, 8)), verbose=0)
    assert read_graph(model) is first


def test_a_layer_added_to_a_sequential_is_seen():
    model = sequential()
    read_graph(model)
    model.add(layers.Dense(3, name="last"))
    assert [c.key for c in read_graph(model).calls if c.depth == 0][-1] == "last"
    model.pop()
    assert [c.key for c in read_graph(model).calls if c.depth == 0][-1] == "second"


def test_a_model_built_later_is_read_anew():
    model = Model()
    assert read_graph(model).kind == "opaque"
    model.build((None, 4, 8))
    assert read_graph(model).kind == "traced"


def test_a_call_with_other_shapes_is_seen():
    model = Model()
    model(keras.Input((4, 8)))
    assert read_graph(model).calls[0].outputs[0].shape == (None, 4, 8)
    model(keras.Input((6, 8)))
    assert read_graph(model).calls[0].outputs[0].shape == (None, 6, 8)


def test_each_shape_of_inputs_has_a_reading_of_its_own():
    model = subclassed()
    given = {n: read_graph(model, inputs=(None, n, 8)) for n in (3, 5, 7)}
    for n, graph in given.items():
        assert graph.calls[0].outputs[0].shape == (None, n, 8)
        assert read_graph(model, inputs=(None, n, 8)) is graph
    assert read_graph(model).calls[0].outputs[0].shape == (None, 4, 8)


def test_what_was_read_with_data_is_not_kept():
    class Asks(keras.Model):
        def __init__(self):
            super().__init__()
            self.block = Block()

        def call(self, x):
            return self.block(x) if float(ops.sum(x)) > 0 else x

    model, data = Asks(), np.ones((2, 4, 8), "float32")
    model(data)
    assert any(c.type == "Block" for c in read_graph(model, inputs=data).calls if c.calls)
    assert not any(c.type == "Block" for c in read_graph(model, inputs=-data).calls if c.calls and c.outputs)


@pytest.mark.parametrize("make", [functional, sequential, subclassed])
def test_nothing_keeps_a_model_alive(make):
    model = make()
    read_graph(model)
    read_graph(model)
    gone = weakref.ref(model)
    inner = weakref.ref(block_of(model))
    del model
    gc.collect()
    assert gone() is None
    assert inner() is None


def test_a_hundred_models_leave_no_readings():
    gc.collect()
    had = len(kept._readings._held)
    for _ in range(20):
        read_graph(functional())
        keras.utils.clear_session(free_memory=False)
    gc.collect()
    assert len(kept._readings._held) <= had


def test_a_held_object_that_knows_the_model_does_not_keep_it_alive():
    model = functional()
    block = block_of(model)
    block.config.model, block.config.itself = model, block.config
    read_graph(model)
    block.config.other = 1
    assert everything(read_graph(model)) == fresh(model)
    gone = weakref.ref(model)
    del model, block
    gc.collect()
    assert gone() is None


def test_a_global_with_the_name_of_an_attribute_is_not_kept_alive():
    x = keras.Input((4, 8))
    globals()["more"] = keras.Model(x, layers.Dense(8)(x))  # the code of Block has ``self.more``
    gone = weakref.ref(globals()["more"])
    read_graph(functional())
    del globals()["more"], x
    gc.collect()
    assert gone() is None


def test_modules_and_large_objects_are_not_searched():
    model = functional()
    block_of(model).config.module = types.ModuleType("other")
    block_of(model).config.rows = list(range(100_000))
    first = read_graph(model)
    assert read_graph(model) is first
    block_of(model).config.rows.append(1)
    assert read_graph(model) is not first


def test_what_is_kept_of_a_block_holds_no_object_that_it_is_called_with():
    class Holder(layers.Layer):
        def __init__(self, model):
            super().__init__(name="holder")
            self.d, self.model = Takes(name="takes"), [model]

        def call(self, x):
            return self.d(x, by=self.model[0])

    class Takes(layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.d = layers.Dense(8)

        def call(self, x, by=None):
            return self.d(x) * by.factor

    class Factor:
        factor = 2

    factor = Factor()
    gone = weakref.ref(factor)
    x = keras.Input((8,))
    model = keras.Model(x, Holder(factor)(x))
    assert [call.key for call in read_graph(model).calls if call.type == "Multiply"] == ["holder/takes/multiply"]
    del factor, model, x
    keras.utils.clear_session(free_memory=False)
    gc.collect()
    assert gone() is None
