"""Questions about a graph: wires through the walls of nested models, what feeds what."""

import keras
import pytest
from keras import layers

from kfx.model.read.model import read_graph
from kfx.model.walk import ancestors, by_key, children, count_held, downstream, wires


@pytest.fixture(scope="module")
def graph():
    """x, y -> inner (swap: its outputs are a Dense of the second input, and the first input itself), twice -> cat -> out."""
    i, j = keras.Input((4,), name="i"), keras.Input((4,), name="j")
    layers.Identity(name="elsewhere")(i)  # older Keras refuses an input that no layer was called with
    inner = keras.Model([i, j], [layers.Dense(4, name="d")(j), i], name="inner")
    x, y = keras.Input((4,), name="x"), keras.Input((4,), name="y")
    p, q = inner(inner([x, y]))
    return read_graph(keras.Model([x, y], layers.Dense(1, name="out")(layers.Concatenate(name="cat")([q, p, q])), name="m"))


def drawn(graph, folded=()):
    return [(w.source, w.output, w.target) for w in wires(graph, folded)]


def test_wires_end_at_real_layers_on_both_sides_of_every_wall(graph):
    assert drawn(graph) == [
        ("x", 0, "inner@1/i"),
        ("y", 0, "inner@1/j"),
        ("inner@1/j", 0, "inner@1/d"),
        ("inner@1/d", 0, "inner@2/i"),
        ("inner@1/i", 0, "inner@2/j"),
        ("inner@2/j", 0, "inner@2/d"),
        ("inner@2/i", 0, "cat"),
        ("inner@2/d", 0, "cat"),
        ("inner@2/i", 0, "cat"),
        ("cat", 0, "out"),
    ]


def test_a_folded_model_is_one_box_with_its_own_outputs(graph):
    assert drawn(graph, ["inner@1"])[:4] == [
        ("x", 0, "inner@1"),
        ("y", 0, "inner@1"),
        ("inner@1", 0, "inner@2/i"),
        ("inner@1", 1, "inner@2/j"),
    ]
    assert drawn(graph, ["inner@1", "inner@2"]) == [
        ("x", 0, "inner@1"),
        ("y", 0, "inner@1"),
        ("inner@1", 0, "inner@2"),
        ("inner@1", 1, "inner@2"),
        ("inner@2", 1, "cat"),
        ("inner@2", 0, "cat"),
        ("inner@2", 1, "cat"),
        ("cat", 0, "out"),
    ]


def test_wires_go_through_several_walls_at_once():
    model, x = None, None
    for level in range(3):
        x = keras.Input((4,), name=f"x{level}")
        model = keras.Model(x, layers.Dense(4, name="d")(x) if model is None else model(x), name=f"m{level}")
    graph = read_graph(keras.Model(x := keras.Input((4,), name="x"), layers.Dense(1, name="out")(model(x))))
    assert drawn(graph) == [
        ("x", 0, "m2/x2"),
        ("m2/x2", 0, "m2/m1/x1"),
        ("m2/m1/x1", 0, "m2/m1/m0/x0"),
        ("m2/m1/m0/x0", 0, "m2/m1/m0/d"),
        ("m2/m1/m0/d", 0, "out"),
    ]
    assert drawn(graph, ["m2/m1"]) == [("x", 0, "m2/x2"), ("m2/x2", 0, "m2/m1"), ("m2/m1", 0, "out")]


def test_what_a_layer_feeds_is_found_through_walls(graph):
    assert downstream(graph, "inner@1/d") == {"inner@2/i", "cat", "out"}
    assert downstream(graph, "out") == set()
    assert "out" in downstream(graph, "x")


def test_children_and_ancestors(graph):
    assert {c.key for c in children(graph)["inner@2"]} == {"inner@2/i", "inner@2/j", "inner@2/d"}
    assert ancestors(by_key(graph)["inner@2/d"], by_key(graph)) == ["inner@2"]
    assert [c.key for c in children(graph)[None]] == ["x", "y", "inner@1", "inner@2", "cat", "out"]


def test_layers_are_counted_once_operations_apart_and_inputs_at_the_top_only(graph):
    i = keras.Input((4,), name="i")
    shared = layers.Dense(4, name="shared")
    inner = keras.Model(i, shared(shared(i)) + i, name="inner")
    x = keras.Input((4,), name="x")
    mixed = read_graph(keras.Model(x, layers.Dense(1, name="out")(inner(inner(x)) * 2.0), name="m"))
    calls = by_key(mixed)
    assert count_held(calls, calls) == (3, 2, 0), "x, shared, out; the + of both calls of inner and the *"
    inside = [key for key in calls if key.startswith("inner@1/")]
    assert len(inside) == 4, "i, shared twice, +"
    assert count_held(inside, calls) == (1, 1, 0)
    assert count_held(["x", "inner@1/i"], calls) == (0, 0, 2)
    assert count_held(["x", "out"], calls) == (2, 0, 0)


def test_a_mask_that_enters_a_nested_model_stops_at_its_wall():
    e = keras.Input((None, 3), name="e")
    inner = keras.Model(e, layers.LSTM(2, name="l")(e), name="inner")
    x = keras.Input((None,), dtype="int32", name="x")
    graph = read_graph(keras.Model(x, inner(layers.Embedding(5, 3, mask_zero=True, name="emb")(x))))
    assert ("emb", 0, "inner/e") in drawn(graph)
    assert all(target in by_key(graph) for _, _, target in drawn(graph))
