"""The graph around bare symbolic tensors, before any model exists."""

import keras
import pytest
from keras import layers

from kfx.model.read.model import read_graph
from kfx.model.read.symbolic import is_symbolic, read_tensors


@pytest.fixture
def branches():
    """x -> a -> b, and a dead branch x -> c, and a second input z."""
    x, z = keras.Input((4,), name="x"), keras.Input((4,), name="z")
    a = layers.Dense(4, name="a")(x)
    return {"x": x, "z": z, "a": a, "b": layers.Add(name="b")([a, z]), "c": layers.Dense(2, name="c")(x)}


def keys(graph):
    return [c.key for c in graph.calls]


def test_everything_that_leads_to_a_tensor_is_read(branches):
    graph = read_tensors(branches["b"])
    assert keys(graph) == ["x", "a", "z", "b"]
    assert {(e.source, e.target) for e in graph.edges} == {("x", "a"), ("a", "b"), ("z", "b")}
    assert (graph.inputs, graph.outputs) == (("x", "z"), (("b", 0, ""),))
    assert graph.params == 20


def test_downstream_finds_the_branches_nothing_names(branches):
    assert set(keys(read_tensors(branches["b"], downstream=True))) == {"x", "a", "z", "b", "c"}
    assert keys(read_tensors(branches["x"])) == ["x"]


def test_a_dict_names_the_outputs(branches):
    graph = read_tensors({"left": branches["a"], "right": branches["c"]}, name="sketch")
    assert graph.outputs == (("a", 0, "left"), ("c", 0, "right"))
    assert graph.name == "sketch"


def test_read_graph_takes_tensors_too(branches):
    assert read_graph([branches["b"]]).calls == read_tensors(branches["b"]).calls


def test_calls_stand_after_all_that_they_need():
    x = keras.Input((4,), name="x")
    h = x
    for n in range(3000):  # deeper than Python's recursion limit
        h = layers.Identity(name=f"n{n}")(h)
    graph = read_tensors(layers.Add(name="end")([h, x]))
    place = {key: number for number, key in enumerate(keys(graph))}
    assert all(place[e.source] < place[e.target] for e in graph.edges)
    assert len(graph.calls) == 3002


def test_a_tensor_that_nothing_made_is_mentioned():
    graph = read_tensors(keras.KerasTensor((None, 3)))
    assert (graph.calls, graph.outputs) == ((), ())
    assert graph.notes == ("1 of the tensors came from no layer.",)


def test_a_shared_layer_is_numbered_among_the_calls_that_are_seen():
    shared, x = layers.Dense(4, name="s"), keras.Input((4,), name="x")
    first, second = shared(x), shared(x)
    assert keys(read_tensors([first, second])) == ["x", "s@1", "s@2"]
    assert keys(read_tensors([second])) == ["x", "s"]


@pytest.mark.parametrize("given", [3, "x", [], {}, [1], None])
def test_anything_else_is_refused(given):
    assert not is_symbolic(given)
    with pytest.raises(TypeError, match="give a KerasTensor such as the result of layer"):
        read_tensors(given)


def test_reading_keeps_the_tensors_graph_as_it_is(branches):
    layer = branches["a"]._keras_history.operation
    before = (len(layer._inbound_nodes), len(layer._outbound_nodes))
    read_tensors(branches["b"], downstream=True)
    assert (len(layer._inbound_nodes), len(layer._outbound_nodes)) == before
