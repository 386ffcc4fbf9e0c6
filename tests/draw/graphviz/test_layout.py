"""A layout's structure, with every engine there is: ranks, no overlap, lines that end at their boxes. Never coordinates."""

import itertools
import math
import os

import pytest

from kfx.draw.graph.boxes import Options
from kfx.draw.graph.fold import fold_plan
from kfx.draw.graph.picture import picture
from kfx.draw.graphviz.engine import engines
from kfx.draw.graphviz.layout import lay_out, read_layout
from kfx.model.facts import Edge, LayerGraph

ENGINES = [name for name in ("dot", "pygraphviz") if name in engines()]


@pytest.fixture(params=ENGINES)
def with_engine(request, monkeypatch):
    if request.param == "pygraphviz":
        monkeypatch.setenv("KFX_DOT", "")
    else:
        monkeypatch.delenv("KFX_DOT", raising=False)
    assert engines()[0] == request.param


@pytest.fixture
def branching(make_call, make_input):
    names = "x a b c d join twice end"
    edges = "x-a x-b x-c a-d d-join b-join c-join x-join join-twice join-twice twice-end"
    calls = tuple(make_input(n) if n == "x" else make_call(n) for n in names.split())
    return LayerGraph(
        "net", "Functional", "exact", calls, tuple(Edge(*e.split("-")[:1], 0, e.split("-")[1]) for e in edges.split())
    )


def overlap(a, b):
    return a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]


def inside(inner, outer):
    return (
        inner[0] >= outer[0] and inner[1] >= outer[1]
        and inner[0] + inner[2] <= outer[0] + outer[2] and inner[1] + inner[3] <= outer[1] + outer[3]
    )  # fmt: skip


def distance(point, box):
    dx = max(box[0] - point[0], 0, point[0] - box[0] - box[2])
    dy = max(box[1] - point[1], 0, point[1] - box[1] - box[3])
    return math.hypot(dx, dy)


def check(pic, layout):
    for a, b in itertools.combinations(layout.boxes, 2):
        assert not overlap(a, b)
    for line, points in zip(pic.lines, layout.lines, strict=True):
        assert len(points) % 3 == 1
        assert distance(points[0], layout.boxes[line.source]) < 2
        assert distance(points[-1], layout.boxes[line.target]) < 2
    for x, y, w, h in layout.boxes:
        assert x >= -1
        assert y >= -1
        assert x + w <= layout.width + 1
        assert y + h <= layout.height + 1


@pytest.mark.usefixtures("with_engine")
def test_boxes_stand_apart_and_lines_end_at_them(branching):
    pic = picture(branching, fold_plan(branching), (), Options())
    layout = lay_out(pic)
    check(pic, layout)
    for line in pic.lines:
        assert layout.boxes[line.source][1] + 38 <= layout.boxes[line.target][1], "a source stands above what it feeds"
    assert len({points for line, points in zip(pic.lines, layout.lines, strict=True) if line.source == 5}) == 2, "two lines"


@pytest.mark.usefixtures("with_engine")
@pytest.mark.parametrize("rankdir", ["TB", "BT", "LR", "RL"])
def test_data_flows_as_asked(branching, rankdir):
    pic = picture(branching, fold_plan(branching), (), Options(rankdir=rankdir))
    layout = lay_out(pic, rankdir)
    check(pic, layout)
    axis, sign = {"TB": (1, 1), "BT": (1, -1), "LR": (0, 1), "RL": (0, -1)}[rankdir]
    for line in pic.lines:
        assert sign * layout.boxes[line.source][axis] < sign * layout.boxes[line.target][axis]


@pytest.mark.usefixtures("with_engine")
def test_a_frame_holds_its_boxes_and_no_other(nested_graph):
    pic = picture(nested_graph, fold_plan(nested_graph), {"encoder"}, Options())
    layout = lay_out(pic)
    check(pic, layout)
    for box, place in zip(pic.boxes, layout.boxes, strict=True):
        assert inside(place, layout.frames[0]) == (box.frame == "encoder")
        assert overlap(place, layout.frames[0]) == (box.frame == "encoder")
    title_ends = layout.frames[0][1] + 24
    assert all(place[1] > title_ends for box, place in zip(pic.boxes, layout.boxes, strict=True) if box.frame), (
        "room for a title"
    )


@pytest.mark.usefixtures("with_engine")
def test_the_trunk_is_straight(branching):
    pic = picture(branching, fold_plan(branching), (), Options())
    layout = lay_out(pic)
    trunk = {i for line in pic.lines if line.kind == "trunk" for i in (line.source, line.target)}
    middles = {round(layout.boxes[i][0] + layout.boxes[i][2] / 2) for i in trunk}
    assert max(middles) - min(middles) <= 2


@pytest.mark.usefixtures("with_engine")
@pytest.mark.parametrize("splines", ["spline", "polyline", "line", "ortho", "curved"])
def test_lines_can_run_in_every_way(branching, splines):
    pic = picture(branching, fold_plan(branching), (), Options())
    check(pic, lay_out(pic, splines=splines))


@pytest.mark.usefixtures("with_engine")
def test_layers_of_unknown_wiring_stand_in_rows(make_call, make_input):
    calls = (make_input("x"), make_call("w", kind="opaque"), *(make_call(f"w/{i}", parent="w") for i in range(9)))
    graph = LayerGraph("net", "Functional", "exact", calls, (Edge("x", 0, "w"),))
    pic = picture(graph, fold_plan(graph), {"w"}, Options())
    layout = lay_out(pic)
    check(pic, layout)
    assert len({y for box, (_, y, _, _) in zip(pic.boxes, layout.boxes, strict=True) if "/" in box.key}) == 3


@pytest.mark.usefixtures("with_engine")
def test_the_same_graph_is_laid_out_the_same(branching):
    pic = picture(branching, fold_plan(branching), (), Options())
    assert lay_out(pic) == lay_out(pic)


def test_an_engine_is_there():
    assert ENGINES, f"neither dot nor pygraphviz works here (PATH={os.environ.get('PATH')})"


@pytest.mark.parametrize("answer", [b"", b'{"pos": 1', b'{"pos": 1}', b"[]", b'{"bb": "0,0,9,9"}'])
def test_an_answer_that_is_no_layout_is_refused_in_words(branching, answer):
    with pytest.raises(ValueError, match=r"something that is not a layout of the graph \("):
        read_layout(answer, picture(branching, fold_plan(branching), (), Options()))


@pytest.fixture
def loop(make_call, make_input):
    """Eight steps of a loop in a layer: each adds a view of what comes in to a view of the sum before; ``stack`` takes all."""
    parts = [(f"cell/p@{n}", f"cell/q@{n}", f"cell/sum_{n}") for n in range(1, 9)]
    ends = {"inner_inputs": ("cell/i",), "inner_outputs": (("cell/stack", 0),)}
    calls = [
        make_input("x"),
        make_call("cell", "Own", kind="model", family="model", **ends),
        make_input("cell/i", parent="cell"),
    ]
    calls += [make_call(key, calls=8, parent="cell") for views in parts for key in views]
    calls += [make_call("cell/stack", parent="cell")]
    edges = [Edge("x", 0, "cell"), *(Edge("cell/i", 0, p) for p, _, _ in parts)]
    edges += [Edge(view, 0, added) for p, q, added in parts for view in (p, q)]
    edges += [Edge(before[2], 0, after[1]) for before, after in itertools.pairwise(parts)]
    edges += [Edge(added, 0, "cell/stack") for _, _, added in parts]
    return LayerGraph("loop", "Functional", "exact", tuple(calls), tuple(edges), ("x",), (("cell", 0, ""),))


def crosses(one, other):
    """Whether two curves cut each other, by twelve short straight pieces a Bezier curve."""

    def pieces(points):
        dots = [points[0]]
        for a, b, c, d in (points[i : i + 4] for i in range(0, len(points) - 3, 3)):
            for k in range(1, 13):
                t, u = k / 12, 1 - k / 12
                weights = (u**3, 3 * u * u * t, 3 * u * t * t, t**3)
                dots.append(tuple(sum(w * q[axis] for w, q in zip(weights, (a, b, c, d), strict=True)) for axis in (0, 1)))
        return list(itertools.pairwise(dots))

    def turn(a, b, c):
        return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])

    return any(
        turn(p, q, r) * turn(p, q, s) < 0 and turn(r, s, p) * turn(r, s, q) < 0
        for p, q in pieces(one)
        for r, s in pieces(other)
    )


def test_no_line_of_an_unrolled_loop_crosses_its_trunk(loop, with_engine):
    pic = picture(loop, fold_plan(loop), ("cell",), Options())
    lines = list(zip(pic.lines, lay_out(pic).lines, strict=True))
    trunk = [points for line, points in lines if line.kind == "trunk"]
    assert len(trunk) == 18, "from x to i to p@1 to sum_1, to q and sum seven times more, to stack: 3 + 14 + 1"
    assert crosses(((0, 0), (3, 3), (6, 6), (9, 9)), ((0, 8), (3, 5), (6, 2), (9, 1)))
    assert not [line for line, points in lines if line.kind != "trunk" and any(crosses(points, t) for t in trunk)]
