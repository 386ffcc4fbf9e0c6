"""Graphs as objects of other libraries: as many nodes and edges as the model has, whatever its layers are called."""

import builtins

import keras
import pytest

import kfx

layers = keras.layers


@pytest.fixture
def net():
    x = keras.Input((8, 8, 3), name="img")
    inner = keras.Sequential([keras.Input((8, 8, 4)), layers.Conv2D(4, 3, padding="same", name="c")], name="inner")
    y = layers.Conv2D(4, 1, name="합성곱")(x)
    z = layers.Add(name="sum")([y, inner(y)])
    return keras.Model(x, layers.Dense(2, name="out")(layers.GlobalAveragePooling2D(name="pool")(z)), name="net")


def test_networkx_has_every_call_and_every_tensor(net):
    networkx = pytest.importorskip("networkx")
    graph = kfx.plot_model(net).to_networkx()
    assert set(graph.nodes) == {call.key for call in kfx.read_graph(net).calls}
    assert networkx.is_directed_acyclic_graph(graph)
    assert sorted(source for source, _ in graph.in_edges("sum")) == ["inner/c", "합성곱"]
    assert graph.nodes["inner/c"]["inside"] == "inner"
    assert graph.edges["합성곱", "sum", 0]["shape"] == "8×8×4"
    assert graph.nodes["pool"]["shapes"] == [(None, 4)]
    counted = sum(node["parameters"] or 0 for _, node in graph.nodes(data=True) if node["kind"] != "model")
    assert counted == net.count_params()


def test_pydot_has_a_node_for_each_box_and_can_be_edited(net):
    pydot = pytest.importorskip("pydot")
    graph = kfx.model_to_dot(net)
    assert isinstance(graph, pydot.Dot)
    plot = kfx.plot_model(net, fold=False)
    assert len(
        [node for node in graph.get_nodes() if node.get_name().startswith("n") and node.get_name()[1:].isdigit()]
    ) == len(plot.picture().boxes)
    assert len(graph.get_edges()) == len(plot.picture().lines)
    graph.add_edge(pydot.Edge("n0", "n1", label="mine"))
    assert "mine" in graph.to_string()


def test_pydot_unfolds_nested_models_as_clusters(net):
    pytest.importorskip("pydot")
    assert not kfx.model_to_dot(net).get_subgraphs()
    (cluster,) = kfx.model_to_dot(net, expand_nested=True).get_subgraphs()
    assert any("c" in str(node.get("label")) for node in cluster.get_nodes())


def test_names_of_strangers_stay_words():
    pytest.importorskip("pydot")
    evil = 'x"]; n9 -> n10; # \\'
    x = keras.Input((4,), name="x")
    model = keras.Model(x, layers.Dense(2, name=evil)(x))
    assert len(kfx.model_to_dot(model).get_edges()) == 1


def test_graphviz_gets_the_same_graph(net):
    graphviz = pytest.importorskip("graphviz")
    source = kfx.plot_model(net).graphviz()
    assert isinstance(source, graphviz.Source)
    assert source.source.rstrip("\n") == kfx.plot_model(net).dot()


def test_a_subgraph_is_refused_in_words(net):
    with pytest.raises(ValueError, match="Nested models are clusters"):
        kfx.model_to_dot(net, subgraph=True)


def test_a_package_that_is_missing_is_named(net, monkeypatch):
    real = builtins.__import__

    def gone(name, *args, **kwargs):
        if name == "networkx":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr("kfx.views.graph.exports.import_module", lambda name: gone(name))
    with pytest.raises(ImportError, match="pip install networkx"):
        kfx.plot_model(net).to_networkx()
