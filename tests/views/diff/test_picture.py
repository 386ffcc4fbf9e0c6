"""The two-colour graph: signs, folded runs, shapes from and to, one graph alone; no Keras needed."""

import itertools

import pytest

from kfx.draw.graph.svg import draw
from kfx.draw.graphviz.layout import lay_out
from kfx.model.compare.differences import compare
from kfx.model.facts import Edge, LayerGraph
from kfx.views.diff.picture import TwoGraphs


def chain(*calls, name="net"):
    edges = tuple(Edge(a.key, 0, b.key) for a, b in itertools.pairwise(calls))
    return LayerGraph(name, "Functional", "exact", calls, edges, (calls[0].key,), ((calls[-1].key, 0, ""),))


@pytest.fixture
def two(make_call, make_input):
    """``x, a1 … a5, conv, pool, old name`` against ``x, a1 … a5, conv with another kernel, norm, pool, new name``."""

    def net(wide):
        same = [make_call(f"a{i}") for i in range(1, 6)]
        shape = (None, 5, 5, 8) if wide else (None, 7, 7, 8)
        kernel = "5×5" if wide else "3×3"
        conv = make_call(
            "conv", "Conv2D", shape=shape, family="conv", settings=(kernel, "relu"), config=(("kernel_size", kernel),)
        )
        norm = [make_call("norm", "BatchNormalization", shape=shape, family="norm")] if wide else []
        drop = [] if wide else [make_call("drop", "Dropout", family="norm", settings=("rate 0.5",))]
        pool = make_call("pool", "GlobalAveragePooling2D", family="pool")
        return chain(make_input("x"), *same, conv, *norm, pool, *drop, make_call("new" if wide else "old", shape=(None, 2)))

    return TwoGraphs(compare(net(False), net(True)))


def by_name(pic):
    return {box.name: box for box in pic.boxes}


def test_only_what_differs_has_a_sign(two):
    boxes = by_name(two.picture())
    assert {name: box.side for name, box in boxes.items()} == {
        "6 layers": "", "conv": "~", "norm": "+", "pool": "", "drop": "−", "new": "~",
    }  # fmt: skip
    assert {name: box.marks for name, box in boxes.items() if box.marks} == {
        "conv": ("changed",), "norm": ("added",), "drop": ("removed",), "new": ("changed",),
    }  # fmt: skip


def test_equal_runs_fold_and_say_so(two):
    box = by_name(two.picture())["6 layers"]
    assert (box.detail, box.badge, box.folded) == ("equal in both", "=", True)


def test_a_box_says_whose_weights_differ(make_call, make_input):
    graph = chain(make_input("x"), *(make_call(f"a{i}") for i in range(9)))
    two = TwoGraphs(compare(graph, graph), frozenset({"a3", "a4"}))
    (box,) = two.picture().boxes
    assert (box.detail, box.badge) == ("weights of 2 differ", "")
    assert "equal" not in box.title
    opened = by_name(two.picture([box.key]))
    assert {name for name, box in opened.items() if "weights of 1 differ" in box.title} == {"a3", "a4"}


def test_changed_boxes_say_from_what_to_what(two):
    boxes = by_name(two.picture())
    assert boxes["conv"].detail == "Conv2D · 3×3 → 5×5 · relu"
    assert boxes["new"].detail == "Dense · was old"


def test_a_shape_that_changed_is_written_from_and_to(two):
    pic = two.picture()
    labels = {(pic.boxes[line.source].name, pic.boxes[line.target].name): line.label for line in pic.lines}
    assert labels["conv", "norm"] == "7×7×8 → 5×5×8"


def test_lines_of_one_graph_alone_are_marked(two):
    pic = two.picture()
    marks = {(pic.boxes[line.source].name, pic.boxes[line.target].name): line.marks for line in pic.lines}
    assert marks["conv", "norm"] == marks["norm", "pool"] == marks["pool", "new"] == ("added",)
    assert marks["conv", "pool"] == marks["pool", "drop"] == marks["drop", "new"] == ("removed",)
    assert marks["6 layers", "conv"] == ()


def test_either_graph_alone_is_drawn_in_its_own_words(two):
    first, second = by_name(two.picture(shown="a")), by_name(two.picture(shown="b"))
    assert set(first) == {"6 layers", "conv", "pool", "drop", "old"}
    assert set(second) == {"6 layers", "conv", "norm", "pool", "new"}
    assert first["conv"].detail == "Conv2D · 3×3 · relu"
    assert second["conv"].detail == "Conv2D · 5×5 · relu"


def test_equal_graphs_are_one_folded_run(make_call, make_input):
    graph = chain(make_input("x"), *(make_call(f"a{i}") for i in range(9)))
    (box,) = TwoGraphs(compare(graph, graph)).picture().boxes
    assert (box.name, box.badge) == ("10 layers", "="), "the input too, as in Keras"


def test_a_nested_model_with_a_difference_inside_is_unfolded(make_call, make_input):
    def net(units):
        config = (("units", str(units)),)
        calls = (
            make_input("x"),
            make_call(
                "enc", "Functional", kind="model", family="model", inner_inputs=("enc/i",), inner_outputs=(("enc/d", 0),)
            ),
            make_input("enc/i", parent="enc"),
            make_call("enc/d", parent="enc", config=config, settings=(str(units),)),
            make_call("out"),
        )
        edges = (Edge("x", 0, "enc"), Edge("enc/i", 0, "enc/d"), Edge("enc", 0, "out"))
        return LayerGraph("net", "Functional", "exact", calls, edges, ("x",), (("out", 0, ""),))

    two = TwoGraphs(compare(net(2), net(3)))
    assert [frame.key for frame in two.picture().frames] == ["enc"]
    assert by_name(two.picture())["d"].detail == "Dense · 2 → 3"
    folded = by_name(two.picture([]))["enc"]
    assert (folded.side, folded.detail) == ("~", "Functional · 1 difference")


def test_hundreds_of_differences_fold_too(make_call, make_input):
    a = chain(make_input("x"), *(make_call(f"a{i}", config=(("units", str(i)),)) for i in range(300)))
    b = chain(make_input("x"), *(make_call(f"b{i}", "Conv2D", family="conv") for i in range(200)))
    pic = TwoGraphs(compare(a, b)).picture()
    assert len(pic.boxes) <= 40
    assert {box.detail for box in pic.boxes} >= {"only in A", "only in B"}


def test_hostile_names_are_drawn_as_text(hostile_name, make_call, make_input):
    name = hostile_name.replace("/", ":")
    a = chain(make_input("x"), make_call(name, config=(("units", "2"),), settings=(name,)), make_call("y"))
    b = chain(make_input("x"), make_call(name, config=(("units", "3"),), settings=(name,)), make_call(name + "2"))
    pic = TwoGraphs(compare(a, b)).picture()
    svg = draw(pic, lay_out(pic))
    assert "<script" not in svg
    assert "<img" not in svg
    svg.encode()
