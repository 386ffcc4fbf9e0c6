"""Graphs made by hand: what a picture shows can be worked out on paper, and no Keras is needed."""

import itertools

import pytest

from kfx.graph.facts import Cost, Edge, LayerCall, LayerGraph, Tensor


def call(key, type="Dense", *, shape=(None, 4), params=0, flops=0, parent=None, kind="layer", family="dense", calls=1, **more):
    """A call with one float32 output; its bytes follow from the shape."""
    path = tuple(key.split("/"))
    name, _, nth = path[-1].partition("@")
    known = None if None in shape[1:] else 4
    for axis in shape[1:]:
        known = known and known * axis
    defaults = {
        "own_params": params,
        "trainable": params,
        "weight_bytes": 4 * params,
        "outputs": (Tensor(shape, "float32"),),
        "cost": Cost(flops=flops, macs=None, activation_bytes=known, source="by hand"),
    }
    return LayerCall(
        key=key, path=path, name=name, kind=kind, type=type, family=family, call=int(nth or 1), calls=calls,
        params=params, parent=parent, **{**defaults, **more},
    )  # fmt: skip


def source(key, shape=(None, 4), **more):
    return call(key, "InputLayer", shape=shape, kind="input", family="io", **more)


@pytest.fixture
def make_call():
    return call


@pytest.fixture
def make_input():
    return source


@pytest.fixture
def nested_graph():
    """``image -> encoder(code_in -> squeeze, widen -> join) -> scores``: 20 + 40 + 90 = 150 parameters.

    Hand-worked: FLOPs 40 + 80 + 8 inside, 180 outside; bytes 16 (image) + 16 + 32 + 32 inside, 40 (scores).
    """
    calls = (
        source("image"),
        call("encoder", "Functional", shape=(None, 8), params=60, kind="model", family="model",
             inner_inputs=("encoder/code_in",), inner_outputs=(("encoder/join", 0),)),
        source("encoder/code_in", parent="encoder"),
        call("encoder/squeeze", params=20, flops=40, parent="encoder", settings=("4 units", "relu")),
        call("encoder/widen", shape=(None, 8), params=40, flops=80, parent="encoder"),
        call("encoder/join", "Concatenate", shape=(None, 8), flops=8, parent="encoder", family="merge"),
        call("scores", shape=(None, 10), params=90, flops=180, settings=("10 units", "softmax"), config=(("units", "10"),)),
    )  # fmt: skip
    edges = (
        Edge("image", 0, "encoder"),
        Edge("encoder/code_in", 0, "encoder/squeeze"),
        Edge("encoder/squeeze", 0, "encoder/widen"),
        Edge("encoder/squeeze", 0, "encoder/join", "0.0"),
        Edge("encoder/widen", 0, "encoder/join", "0.1"),
        Edge("encoder", 0, "scores"),
    )
    return LayerGraph(
        name="pocket", type="Functional", kind="exact", calls=calls, edges=edges, inputs=("image",),
        outputs=(("scores", 0, ""),), params=150, trainable=150, weight_bytes=600,
    )  # fmt: skip


@pytest.fixture
def looped_graph():
    """``x -> cell(i -> step@1, + -> step@2, +) -> own(a, b) -> out``: an operation is no layer, ``own``'s wiring is unknown.

    Hand-counted: x, step, own, a, b, out are six layers; they are called seven times; two operations; one nested model.
    """
    calls = (
        source("x"),
        call("cell", "Functional", kind="model", family="model", inner_inputs=("cell/i",), inner_outputs=(("cell/add_1", 0),)),
        source("cell/i", parent="cell"),
        call("cell/step@1", params=20, calls=2, parent="cell"),
        call("cell/add", "Add", kind="op", parent="cell", module="keras.ops"),
        call("cell/step@2", own_params=20, calls=2, parent="cell"),
        call("cell/add_1", "Add", kind="op", parent="cell", module="keras.ops"),
        call("own", "Own", kind="opaque", family="custom"),
        call("own/a", parent="own"),
        call("own/b", parent="own"),
        call("out"),
    )  # fmt: skip
    edges = (
        Edge("x", 0, "cell"),
        Edge("cell/i", 0, "cell/step@1"),
        Edge("cell/step@1", 0, "cell/add"),
        Edge("cell/i", 0, "cell/add"),
        Edge("cell/add", 0, "cell/step@2"),
        Edge("cell/step@2", 0, "cell/add_1"),
        Edge("cell/i", 0, "cell/add_1"),
        Edge("cell", 0, "own"),
        Edge("own", 0, "out"),
    )
    return LayerGraph("looped", "Functional", "exact", calls, edges, ("x",), (("out", 0, ""),), params=20)


@pytest.fixture
def shared_graph():
    """One embedding of 10 × 8 called on two inputs of any length: 80 parameters, counted once."""
    cost = {"flops": None}
    calls = (
        source("title", (None, None)),
        source("body", (None, None)),
        call("words@1", "Embedding", shape=(None, None, 8), params=80, calls=2, family="seq", settings=("10 → 8",), **cost),
        call("words@2", "Embedding", shape=(None, None, 8), calls=2, own_params=80, family="seq", settings=("10 → 8",), **cost),
    )
    edges = (Edge("title", 0, "words@1"), Edge("body", 0, "words@2"))
    return LayerGraph(
        name="tickets", type="Functional", kind="exact", calls=calls, edges=edges, inputs=("title", "body"),
        outputs=(("words@1", 0, "title"), ("words@2", 0, "body")), params=80, trainable=80, weight_bytes=320,
    )  # fmt: skip


@pytest.fixture
def named_graph():
    """``named_graph(*names)``: an input and one dense layer of each name after the other, 20 parameters each."""

    def make(*names):
        calls = [source("start"), *map(_named, names)]
        edges = [Edge(a.key, 0, b.key) for a, b in itertools.pairwise(calls)]
        total = 20 * len(names)
        return LayerGraph(
            name=names[0], type="Functional", kind="exact", calls=tuple(calls), edges=tuple(edges), inputs=("start",),
            outputs=((calls[-1].key, 0, ""),), params=total, trainable=total, weight_bytes=4 * total,
        )  # fmt: skip

    return make


def _named(name):
    return LayerCall(
        key=name, path=(name,), name=name, kind="layer", type="Dense", family="dense", params=20, trainable=20, own_params=20,
        weight_bytes=80, outputs=(Tensor((None, 4), "float32"),), cost=Cost(36, 16, 16, "by hand"),
    )  # fmt: skip
