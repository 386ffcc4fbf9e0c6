"""A graph put into boxes, against graphs worked out on paper."""

from dataclasses import replace

import pytest

from kfx.draw.graph.boxes import Options
from kfx.draw.graph.fold import fold_plan
from kfx.draw.graph.picture import picture
from kfx.draw.graph.trunk import line_kinds
from kfx.model.facts import Edge, LayerCall, LayerGraph, Tensor


def show(graph, opened=(), **options):
    plan = fold_plan(graph)
    return picture(graph, plan, set(opened), Options(**options))


def names(pic):
    return [(pic.boxes[line.source].name, pic.boxes[line.target].name) for line in pic.lines]


def test_a_folded_model_is_one_box_that_counts_its_layers(nested_graph):
    pic = show(nested_graph)
    assert [box.name for box in pic.boxes] == ["image", "encoder", "scores"]
    assert (pic.boxes[1].badge, pic.boxes[1].right, pic.boxes[1].folded) == ("+3 layers", "60", True)
    assert names(pic) == [("image", "encoder"), ("encoder", "scores")]
    assert pic.frames == ()


def test_an_unfolded_model_is_a_frame_whose_walls_lines_cross(nested_graph):
    pic = show(nested_graph, ["encoder"])
    assert [frame.key for frame in pic.frames] == ["encoder"]
    assert names(pic) == [
        ("image", "code_in"), ("code_in", "squeeze"), ("squeeze", "widen"), ("squeeze", "join"), ("widen", "join"),
        ("join", "scores"),
    ]  # fmt: skip
    assert {box.name: box.frame for box in pic.boxes}["join"] == "encoder"


def test_a_line_over_a_longer_path_is_a_skip(nested_graph):
    pic = show(nested_graph, ["encoder"])
    assert dict(zip(names(pic), (line.kind for line in pic.lines), strict=True))["squeeze", "join"] == "skip"
    assert {line.kind for line in pic.lines if line.kind != "skip"} == {"trunk"}


def test_a_shape_is_said_where_it_changes(nested_graph):
    pic = show(nested_graph, ["encoder"])
    assert {ends: line.label for ends, line in zip(names(pic), pic.lines, strict=True) if line.label} == {
        ("image", "code_in"): "4",
        ("widen", "join"): "8",
    }
    assert not any(line.label for line in show(nested_graph, ["encoder"], show_shapes=False).lines)


def test_each_option_acts(make_call, make_input):
    relu = make_call("d", params=20, settings=("4 units", "relu"), config=(("units", "4"), ("activation", "relu")), frozen=True)
    graph = LayerGraph("net", "Functional", "exact", (make_input("x"), relu), (Edge("x", 0, "d"),), outputs=(("d", 0, ""),))

    def box(**options):
        return show(graph, **options).boxes[1]

    assert (box().name, box().detail, box().right) == ("d", "Dense · 4 units · relu", "20")
    assert box(show_layer_names=False).name == "Dense"
    assert box(show_layer_names=False).detail == "4 units · relu"
    assert box(show_layer_activations=False).detail == "Dense · 4 units"
    assert box(show_dtype=True).detail == "Dense · 4 units · relu · float32"
    assert box(show_trainable=True).detail == "Dense · 4 units · relu · frozen"


def test_a_folded_model_says_what_of_it_trains(nested_graph):
    def detail(**options):
        return next(box.detail for box in show(nested_graph, **options).boxes if box.key == "encoder")

    assert detail(show_trainable=True) == f"{detail()} · trainable"
    calls = tuple(replace(call, partly_frozen=True) if call.key == "encoder" else call for call in nested_graph.calls)
    box = next(box for box in show(replace(nested_graph, calls=calls), show_trainable=True).boxes if box.key == "encoder")
    assert box.detail == f"{detail()} · partly frozen"


@pytest.mark.parametrize("names", [True, False])
def test_a_class_name_from_a_stranger_is_written_with_its_hidden_characters(make_call, names):
    graph = LayerGraph("net", "Functional", "exact", (make_call("d", "De\u202ense"),), ())
    box = show(graph, show_layer_names=names).boxes[0]
    assert "\u202e" not in box.name + box.detail + box.title


def test_a_folded_model_without_names_says_its_type_once_and_what_is_in_it(nested_graph):
    box = show(nested_graph, show_layer_names=False).boxes[1]
    assert (box.name, box.detail) == ("Functional", "Dense · Concatenate")


def test_a_folded_model_counts_a_layer_once_however_often_it_is_called(make_call, make_input):
    shared = [make_call(f"m/d@{n}", parent="m", calls=3) for n in (1, 2, 3)]
    twice = [make_call(f"m/n@{n}", "Functional", kind="model", parent="m", calls=2) for n in (1, 2)]
    inner = [make_call(f"m/n@{n}/e", parent=f"m/n@{n}") for n in (1, 2)]
    same_name = make_call("m/d~2", parent="m")  # another layer of the same name
    calls = (make_input("x"), make_call("m", "Functional", kind="model"), *shared, *twice, *inner, same_name)
    graph = LayerGraph("net", "Functional", "exact", calls, (Edge("x", 0, "m"),), outputs=(("m", 0, ""),))
    assert show(graph).boxes[1].badge == "+3 layers"


def test_a_shared_layer_has_a_box_for_each_call(shared_graph):
    pic = show(shared_graph)
    assert [box.name for box in pic.boxes] == ["title", "body", "words@1", "words@2"]
    assert [box.right for box in pic.boxes] == ["", "", "80", ""], "its weights are counted once"


def test_parallel_lines_are_kept(make_call, make_input):
    calls = (make_input("x"), make_call("add", "Add"))
    graph = LayerGraph("net", "Functional", "exact", calls, (Edge("x", 0, "add", "0.0"), Edge("x", 0, "add", "0.1")))
    assert names(show(graph)) == [("x", "add"), ("x", "add")]


def test_a_call_that_leads_nowhere_says_so(make_call, make_input):
    calls = (make_input("x"), make_call("used"), make_call("spare"))
    graph = LayerGraph(
        "net", "Functional", "exact", calls, (Edge("x", 0, "used"), Edge("x", 0, "spare")), outputs=(("used", 0, ""),)
    )
    boxes = {box.key: box for box in show(graph).boxes}
    assert boxes["spare"].dead
    assert boxes["spare"].detail == "Dense · leads nowhere"
    assert not boxes["used"].dead


def test_a_tensor_enters_a_folded_block_once(make_call, make_input):
    names_ = [f"block1_{i}" for i in range(30)] + [f"block2_{i}" for i in range(30)]
    calls = (make_input("x"), *map(make_call, names_), make_call("join", "Concatenate"))
    first = [Edge("x", 0, name) for name in names_[:30]]
    second = [Edge(a, 0, b) for a, b in zip(names_[:30], names_[30:], strict=True)]
    graph = LayerGraph("net", "Functional", "exact", calls, (*first, *second, *(Edge(n, 0, "join") for n in names_[30:])))
    pic = show(graph)
    into = [line for line in pic.lines if pic.boxes[line.target].folded and pic.boxes[line.source].name == "x"]
    folded = {line.target for line in into}
    assert len(into) == len(folded), "one line for one tensor, however many layers inside take it"


def test_layers_without_known_wiring_stand_beside_the_layer_that_holds_them(make_call, make_input):
    calls = (
        make_input("x"),
        make_call("wrapper", "TimeDistributed", kind="opaque"),
        make_call("wrapper/a", parent="wrapper"),
        make_call("wrapper/b", parent="wrapper"),
        make_call("out"),
    )
    graph = LayerGraph("net", "Functional", "exact", calls, (Edge("x", 0, "wrapper"), Edge("wrapper", 0, "out")))
    assert [box.name for box in show(graph).boxes] == ["x", "wrapper", "out"]
    pic = show(graph, ["wrapper"])
    assert {box.name: box.frame for box in pic.boxes} == {
        "x": None,
        "wrapper": "wrapper",
        "a": "wrapper",
        "b": "wrapper",
        "out": None,
    }
    assert names(pic) == [("x", "wrapper"), ("wrapper", "out")]
    assert pic.frames[0].loose


def test_operations_in_a_folded_box_are_not_called_layers(looped_graph):
    boxes = {box.key: box for box in show(looped_graph).boxes}
    assert (boxes["cell"].badge, boxes["cell"].title) == ("+1 layer · 2 operations", "cell (1 layer · 2 operations)")
    assert (boxes["own"].badge, boxes["own"].title) == ("+2 layers", "own (2 layers)")


def test_kinds_of_lines_on_a_diamond_with_a_bypass():
    #      0 -> 1 -> 2 -> 4, 0 -> 3 -> 4, 0 -> 4, and 4 -> 5 twice
    ends = [(0, 1), (1, 2), (2, 4), (0, 3), (3, 4), (0, 4), (4, 5), (4, 5)]
    assert line_kinds(6, ends) == ["trunk", "trunk", "trunk", "edge", "edge", "skip", "trunk", "trunk"]


def test_a_longer_way_round_through_another_source_is_no_skip():
    # 2 is two steps down only because of 3 and 4; nothing leads from 0 to it but the line itself
    assert line_kinds(5, [(0, 2), (3, 4), (4, 2)])[0] == "edge"


def test_a_folded_box_of_inputs_counts_inputs():
    """A table with a column an input, as in the guides on structured data."""

    def call(key, kind, family):
        return LayerCall(key=key, path=(key,), name=key, kind=kind, type=kind, family=family, outputs=(Tensor((None, 1), ""),))

    inputs = [call(f"input_{n}", "input", "io") for n in range(300)]
    edges = tuple(Edge(x.key, 0, "join", f"0.{n}") for n, x in enumerate(inputs))
    graph = LayerGraph("wide", "Functional", "exact", (*inputs, call("join", "layer", "merge")), edges)
    folded = [box for box in show(graph, fold_plan(graph).start).boxes if box.folded]
    of_inputs = {(box.badge.partition(" ")[2], box.detail) for box in folded if "layer" not in box.badge}
    assert of_inputs == {("inputs", "Input")}
    assert "+0 layers" not in {box.badge for box in folded}
