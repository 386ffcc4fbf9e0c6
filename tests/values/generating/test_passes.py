"""Calls of layers are known by their layer, and by their order where a pass calls it several times."""

from types import SimpleNamespace

from kfx.values.generating.passes import CallsByLayer, Passes, calls_by_layer, can_generate
from kfx.values.tap.calls import specs_of, traced_calls


def test_calls_are_listed_in_the_order_in_which_they_run(keras):
    d, e = keras.layers.Dense(3, name="d"), keras.layers.Dense(3, name="e")
    i = keras.Input((3,), name="i")
    inner = keras.Model(i, e(d(i)), name="inner")
    j = keras.Input((3,), name="j")
    model = keras.Model(j, d(inner(d(j))), name="outer")
    found = calls_by_layer(traced_calls(model, specs_of(model)))
    assert found.keys[id(d)] == ("d@1", "inner/d", "d@2")
    assert found.keys[id(e)] == ("inner/e",)
    assert found.tensors["inner/e"] == 1


def test_a_layer_called_several_times_is_told_apart_by_the_order():
    a, b, other = object(), object(), object()
    passes = Passes(CallsByLayer({id(a): ("a@1", "a@2"), id(b): ("b",)}, {"b": 1}))
    assert [passes.key_of(op) for op in (a, b, a, a, other)] == ["a@1", "b", "a@2", "a@1", None]
    assert passes.met == {"a@1", "a@2", "b"}
    assert passes.doubtful() == {"a@1", "a@2"}
    assert passes.key_of(a) == "a@2"
    assert passes.doubtful() == set()


def test_a_cache_beside_the_values_is_left_out():
    passes = Passes(CallsByLayer({}, {"block": 1}))
    assert passes.own_tensors("block", ("values", ("keys", "cache"))) == ["values"]
    assert passes.own_tensors("other", ["x", "y"]) == ["x", "y"]


def test_a_model_that_generates_is_known_by_what_it_has(keras):
    names = ("generate", "generate_step", "generate_function", "make_generate_function")
    assert can_generate(SimpleNamespace(**dict.fromkeys(names)))
    assert not can_generate(keras.Sequential())
