"""The DOT that is asked to be laid out: plain ids, our sizes, nobody's text."""

import re

import pytest

from kfx.draw.graph.boxes import Options
from kfx.draw.graph.fold import fold_plan
from kfx.draw.graph.picture import picture
from kfx.draw.graphviz.dot import to_dot
from kfx.draw.graphviz.engine import run_engine
from kfx.model.facts import Edge, LayerGraph


@pytest.fixture
def hostile_graph(hostile_name, make_call, make_input):
    name = hostile_name.replace("/", ":")
    calls = (make_input("x"), make_call(name, type=name[:500], settings=(name,)))
    return LayerGraph(name, "Functional", "exact", calls, (Edge("x", 0, name),))


def boxes_of(graph, opened=()):
    return picture(graph, fold_plan(graph), opened, Options())


def test_the_layout_is_asked_for_without_any_name(nested_graph):
    dot = to_dot(boxes_of(nested_graph, ["encoder"]))
    assert not re.search("encoder|squeeze|scores|pocket", dot)
    assert re.findall(r"^ *(n\d+) \[", dot, re.MULTILINE) == ["n0", "n5", "n1", "n2", "n3", "n4"]
    assert "subgraph cluster0 { id=c0 " in dot


def test_sizes_are_ours(nested_graph):
    pic = boxes_of(nested_graph)
    dot = to_dot(pic)
    assert "fixedsize=true" in dot
    assert f"n0 [width={pic.boxes[0].width / 72:.4f} height={38 / 72:.4f}]" in dot


def test_the_same_graph_gives_the_same_bytes(nested_graph):
    assert to_dot(boxes_of(nested_graph)) == to_dot(boxes_of(nested_graph))


def test_a_line_is_kept_straight_by_what_it_is(nested_graph):
    dot = to_dot(boxes_of(nested_graph, ["encoder"]))
    weights = [int(w) for w in re.findall(r"weight=(\d+)", dot)]
    assert sorted(weights)[0] < sorted(weights)[1]
    assert weights.count(min(weights)) == 1, "the skip"


@pytest.mark.parametrize("rankdir", ["TB", "BT", "LR", "RL"])
def test_the_direction_is_passed_on(nested_graph, rankdir):
    assert f"rankdir={rankdir} " in to_dot(boxes_of(nested_graph), rankdir)


def test_hostile_names_are_quoted_for_an_engine_to_read(hostile_graph):
    dot = to_dot(boxes_of(hostile_graph), labels=True)
    labels = re.findall(r'label="((?:[^"\\]|\\.)*)"', dot)
    assert len(labels) == 3, "two boxes and a line: no name closes its quotes"
    assert not re.search("[\x00-\x09\x0b-\x1f\ud800-\udfff]", dot)
    assert b"</svg>" in run_engine(dot, "svg")


def test_thousands_of_boxes_get_a_shorter_search(named_graph):
    graph = named_graph(*(f"d{i}" for i in range(1200)))
    plan = fold_plan(graph, blocks=False)
    assert "nslimit=0.1" in to_dot(picture(graph, plan, (), Options()))
    assert "nslimit" not in to_dot(boxes_of(graph))
