"""Every network of `keras.applications`, EfficientNetB7 and NASNetLarge included: read, summarised, plotted; never downloaded.

One model is built once and every room asserts about it: add a function to `CHECKS`.
"""

import gc
import inspect
from xml.etree import ElementTree

import keras
import pytest

import kfx
from kfx.model.read.model import read_graph
from kfx.model.walk import wires

NETWORKS = sorted(
    name
    for name, function in vars(keras.applications).items()
    if inspect.isfunction(function) and "weights" in inspect.signature(function).parameters
)
FIXED_SIZE = {"NASNetLarge", "NASNetMobile"}  # with the classifier they take one size only
SMALL = {"InceptionV3": 75, "InceptionResNetV2": 75, "Xception": 71}


def build(name):
    """The network with random weights, on small images where it takes them: the layers are the same."""
    make = getattr(keras.applications, name)
    if name in FIXED_SIZE:
        return make(weights=None)
    size = SMALL.get(name, 64)
    return make(weights=None, input_shape=(size, size, 3), classes=10)


def check_parameters(model, graph):
    assert graph.params == model.count_params()
    assert graph.trainable == sum(keras.src.utils.summary_utils.count_params([w]) for w in model.trainable_weights)
    assert sum(c.params for c in graph.calls if c.parent is None) == graph.params
    assert graph.notes == ()


def check_edges(model, graph):
    """Those of the Keras nodes, worked out here in another way: who made each input tensor."""
    labels = {}
    for call in graph.calls:
        labels.setdefault(call.name, []).append(call.key)
    assert all(len(keys) == 1 for keys in labels.values())  # no application shares a layer
    wanted = []
    for operation in model.operations:
        (node,) = [n for n in operation._inbound_nodes if any(n in nodes for nodes in model._nodes_by_depth.values())]
        wanted += [(t._keras_history.operation.name, operation.name) for t in node.input_tensors]
    if all(c.kind != "model" for c in graph.calls):
        assert sorted((w.source, w.target) for w in wires(graph)) == sorted(wanted)
    assert sorted((e.source, e.target) for e in graph.edges if "/" not in e.source) == sorted(wanted)


def check_shapes(model, graph):
    top = {call.name: call for call in graph.calls if call.parent is None}
    for operation in model.operations:
        assert [t.shape for t in top[operation.name].outputs] == [tuple(t.shape) for t in keras.tree.flatten(operation.output)]


def check_order(model, graph):
    place = {call.key: number for number, call in enumerate(graph.calls)}
    assert all(place[e.source] < place[e.target] for e in graph.edges)


def check_costs(model, graph):
    """Every layer's cost is known: the applications hold nothing that kfx has no formula for."""
    assert {c.key: c.cost.source for c in graph.calls if c.cost.flops is None} == {}
    assert graph.cost.activation_bytes > 0


def check_summary(model, graph):
    text = str(kfx.summary(model, line_length=300))  # wide enough that no name is wrapped
    assert f"{graph.params:,}" in text
    assert all(name in text for name in (graph.name, graph.outputs[0][0]))


def check_plot(model, graph):
    view = kfx.plot_model(model)
    drawn = [one.text for one in ElementTree.fromstring(view.svg()).iter("{http://www.w3.org/2000/svg}text")]
    assert 8 <= len(view.picture().boxes) <= 40, "as many as a page holds, whatever the model"
    assert {graph.calls[0].name, *(box.name for box in view.picture().boxes if len(box.name) < 15)} <= set(drawn)
    assert len(view._html().encode()) < 200_000, "the drawing and the text beside it"


CHECKS = [check_parameters, check_edges, check_shapes, check_order, check_costs, check_summary, check_plot]


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_is_read_summarised_and_plotted(name):
    keras.utils.clear_session()
    model = build(name)
    graph = read_graph(model)
    for check in CHECKS:
        check(model, graph)
    del model, graph
    gc.collect()


def test_the_list_of_networks_is_not_empty():
    assert {"EfficientNetB7", "NASNetLarge", "VGG16"} <= set(NETWORKS)
    assert len(NETWORKS) >= 35
