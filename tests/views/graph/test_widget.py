"""The Python half of the live drawing: a new layout for what the browser unfolds, everything else ready before."""

import itertools
import json
from dataclasses import replace

import pytest

from kfx.model.facts import Cost, Edge, LayerCall, LayerGraph, Tensor
from kfx.views.graph.view import Plot
from kfx.views.graph.widget import PlotWidget


def layer(key, kind="layer", **more):
    path = tuple(key.split("/"))
    cost = Cost(flops=100, activation_bytes=16)
    return LayerCall(
        key=key, path=path, name=path[-1], kind=kind, type="Dense", family="dense", outputs=(Tensor((None, 4), "float32"),),
        params=20, own_params=20, trainable=20, cost=cost, **more,
    )  # fmt: skip


@pytest.fixture
def nested():
    calls = (
        layer("x", "input"),
        layer("encoder", "model", inner_inputs=("encoder/in",), inner_outputs=(("encoder/a", 0),)),
        layer("encoder/in", "input", parent="encoder"),
        layer("encoder/a", parent="encoder"),
        layer("half\ud83d"),
    )
    edges = (Edge("x", 0, "encoder"), Edge("encoder/in", 0, "encoder/a"), Edge("encoder", 0, "half\ud83d"))
    return LayerGraph("net", "Functional", "exact", calls, edges, outputs=(("half\ud83d", 0, ""),))


@pytest.fixture
def blocks():
    rows = [f"block{i}_{part}" for i in range(1, 13) for part in "abcd"]
    calls = tuple(map(layer, rows))
    return LayerGraph("net", "Functional", "exact", calls, tuple(Edge(a, 0, b) for a, b in itertools.pairwise(rows)))


def test_the_first_drawing_comes_with_the_widget(nested):
    widget = Plot(nested).widget
    assert isinstance(widget, PlotWidget)
    assert widget.drawing["boxes"] == ["x", "encoder", "half\\ud83d"]
    assert widget.drawing["frames"] == []
    assert widget.drawing["ends"] == [[0, 1], [1, 2]]
    assert widget.drawing["svg"].startswith("<svg ")


def test_what_crosses_is_json_without_lone_surrogates(nested):
    state = Plot(nested).widget.get_state()
    json.dumps({name: state[name] for name in ("facts", "folding", "drawing", "unfolded")}).encode()
    json.dumps(state["drawing"], ensure_ascii=False).encode("utf-8")


def test_unfolding_in_the_browser_brings_a_new_drawing(nested):
    widget = Plot(nested).widget
    widget.set_state({"unfolded": ["encoder"]})
    assert widget.drawing["open"] == ["encoder"]
    assert widget.drawing["frames"] == ["encoder"]
    assert widget.drawing["boxes"] == ["x", "encoder/in", "encoder/a", "half\\ud83d"]
    widget.set_state({"unfolded": []})
    assert widget.drawing["boxes"] == ["x", "encoder", "half\\ud83d"]


def test_a_drawing_is_laid_out_once(nested, monkeypatch):
    view = Plot(nested)
    widget = view.widget
    widget.unfolded = ["encoder"]
    monkeypatch.setattr("kfx.views.graph.data.lay_out", lambda *_: pytest.fail("laid out again"))
    widget.unfolded = []
    widget.unfolded = ["encoder"]
    assert widget.drawing["open"] == ["encoder"]


def test_an_unknown_container_is_left_out(nested):
    widget = Plot(nested).widget
    widget.set_state({"unfolded": ["encoder", "nobody"]})
    assert widget.drawing["open"] == ["encoder"]


def test_folding_says_what_holds_what(nested):
    folding = Plot(nested).widget.folding
    assert folding["around"] == {
        "x": None, "encoder": None, "encoder/in": "encoder", "encoder/a": "encoder", "half\\ud83d": None,
    }  # fmt: skip
    assert folding["containers"] == ["encoder"]
    assert folding["blocks"] == []


def test_a_block_has_the_facts_of_a_call_added_up(blocks):
    widget = Plot(blocks).widget
    block = next(block for block in widget.folding["blocks"] if block["key"] == "~block3")
    assert (block["params"], block["flops"], block["memory"]) == (80, 400, 64)
    assert (block["paramsText"], block["flopsText"], block["memoryText"]) == ("80", "400", "64 B")
    assert (block["label"], block["type"], block["trains"]) == ("block3", "block of 4 layers", "yes")
    assert set(block) >= {"key", "label", "type", "family", "settings", "shape", "params", "paramsShort", "note"}
    assert widget.folding["around"]["block3_b"] == "~block3"


def test_a_block_with_something_unknown_says_at_least(blocks):
    calls = tuple(layer(c.key) if c.key != "block3_b" else replace(c, cost=Cost()) for c in blocks.calls)
    graph = LayerGraph("net", "Functional", "exact", calls, blocks.edges)
    block = next(block for block in Plot(graph).widget.folding["blocks"] if block["key"] == "~block3")
    assert (block["flops"], block["flopsText"]) == (None, "≥ 300")


def test_an_engine_that_is_missing_becomes_a_sentence(nested, no_engine):
    widget = Plot(nested).widget
    assert "pip install pygraphviz" in widget.drawing["error"]


def test_the_browser_selects_and_recolours(nested):
    widget, seen = Plot(nested).widget, []
    widget.observe(lambda change: seen.append((change.name, change.new)), ["selected", "colour"])
    widget.set_state({"selected": "encoder", "colour": "flops"})
    assert sorted(seen) == [("colour", "flops"), ("selected", "encoder")]
    assert widget.drawing["boxes"], "neither asks for a new drawing"


def test_the_script_and_the_sheet_come_with_the_widget(nested):
    widget = Plot(nested).widget
    assert "function mountPlot(" in str(widget._esm)
    assert ".kfx-stage" in str(widget._css)
    assert repr(widget) == "PlotWidget()"
