"""Both graphs in one: every call of both, no cycle, and keys that are taken once."""

import pytest

from kfx.keras_access.importing import import_keras
from kfx.model.compare.differences import compare
from kfx.model.compare.union import side, union
from kfx.model.read.model import read_graph

keras = import_keras()
L = keras.layers


def chain(*layers, name="m"):
    x = start = keras.Input((8,), name="x")
    for layer in layers:
        x = layer(x)
    return keras.Model(start, x, name=name)


def joined(a, b):
    return union(compare(read_graph(a), read_graph(b)))


def in_order(graph):
    place = {call.key: n for n, call in enumerate(graph.calls)}
    return all(place[edge.source] < place[edge.target] for edge in graph.edges)


def test_what_one_side_alone_has_stands_beside_the_rest():
    whole = joined(
        chain(L.Dense(4, name="a"), L.Dropout(0.5, name="drop"), L.Dense(2, name="b")),
        chain(L.Dense(4, name="a"), L.BatchNormalization(name="norm"), L.Dense(2, name="b")),
    )
    assert [call.key for call in whole.graph.calls] == ["x", "a", "norm", "drop", "b"]
    assert (whole.only_a, whole.only_b) == ({"drop"}, {"norm"})
    assert ("a", 0, "drop") in whole.wires_a - whole.wires_b
    assert {(e.source, e.target) for e in whole.graph.edges} == {
        ("x", "a"), ("a", "norm"), ("norm", "b"), ("a", "drop"), ("drop", "b"),
    }  # fmt: skip


def test_a_renamed_layer_stands_once_under_its_new_name():
    whole = joined(chain(L.Dense(2, name="old")), chain(L.Dense(2, name="new")))
    assert [call.key for call in whole.graph.calls] == ["x", "new"]
    assert whole.key_a == {"x": "x", "old": "new"}


def test_two_different_layers_of_one_name_get_two_keys():
    inner = chain(L.Dense(2, name="d"), name="same")
    x = keras.Input((8,), name="x")
    nested = keras.Model(x, inner(x))
    both = joined(nested, chain(L.Dropout(0.1, name="same")))
    keys = [call.key for call in both.graph.calls]
    assert len(keys) == len(set(keys))
    assert "same~2/d" in keys
    assert in_order(both.graph)


def test_layers_in_the_other_order_leave_no_cycle():
    def model(first, second):
        return chain(first, second, L.Dense(2, name="z"))

    whole = joined(
        model(L.Dense(8, name="a"), L.ReLU(name="b")),
        model(L.ReLU(name="b"), L.Dense(8, name="a")),
    )
    assert in_order(whole.graph)
    assert {call.key for call in whole.graph.calls} == {"x", "a", "b", "z"}


@pytest.mark.parametrize("which", ["a", "b"])
def test_each_side_is_its_own_graph_in_the_keys_of_both(which):
    a, b = chain(L.Dense(2, name="old"), L.Dropout(0.1, name="d")), chain(L.Dense(2, name="new"))
    diff = compare(read_graph(a), read_graph(b))
    whole = union(diff)
    shown = side(whole, diff.a, whole.key_a) if which == "a" else side(whole, diff.b)
    assert [(call.key, call.label) for call in shown.calls] == (
        [("x", "x"), ("new", "old"), ("d", "d")] if which == "a" else [("x", "x"), ("new", "new")]
    )


def test_equal_graphs_are_themselves():
    model = chain(L.Dense(2, name="a"))
    whole = joined(model, model)
    assert whole.graph.calls == read_graph(model).calls
    assert not whole.only_a | whole.only_b
