"""The drawing: well-formed whatever the names, nothing that runs, every name readable in it."""

import re
import xml.etree.ElementTree as ET

import pytest

from kfx.draw.graph.boxes import Options
from kfx.draw.graph.fold import fold_plan
from kfx.draw.graph.picture import picture
from kfx.draw.graph.svg import draw
from kfx.draw.graphviz.layout import lay_out
from kfx.draw.graphviz.places import Layout
from kfx.draw.png import png
from kfx.model.facts import Edge, LayerGraph
from kfx.text.numbers import visible

NS = "{http://www.w3.org/2000/svg}"


def drawn(graph, opened=(), **options):
    pic = picture(graph, fold_plan(graph), opened, Options(**options))
    return draw(pic, lay_out(pic, options.get("rankdir", "TB")))


def by_hand(pic):
    """A layout without an engine: boxes under each other, lines straight between them."""
    boxes = tuple((10.0, 60.0 * i, float(box.width), float(box.height)) for i, box in enumerate(pic.boxes))
    lines = tuple(
        (
            (20.0, boxes[line.source][1] + 38),
            (20.0, boxes[line.source][1] + 45),
            (20.0, boxes[line.target][1] - 9),
            (20.0, boxes[line.target][1]),
        )
        for line in pic.lines
    )
    return Layout(400.0, 60.0 * len(boxes), boxes, tuple((0.0, 0.0, 300.0, 200.0) for _ in pic.frames), lines)


def test_every_box_line_and_frame_is_drawn(nested_graph):
    root = ET.fromstring(drawn(nested_graph, ["encoder"]))
    assert [g.get("data-n") for g in root.iter(f"{NS}g") if g.get("data-n")] == list("012345")
    assert [g.get("data-e") for g in root.iter(f"{NS}g") if g.get("data-e")] == list("012345")
    assert [g.get("data-f") for g in root.iter(f"{NS}g") if g.get("data-f")] == ["0"]
    words = [text.text for text in root.iter(f"{NS}text")]
    assert {"image", "squeeze", "widen", "join", "scores", "encoder"} <= set(words)


def test_a_drawing_with_a_given_layout_is_pinned(nested_graph, golden):
    pic = picture(nested_graph, fold_plan(nested_graph), (), Options())
    svg = draw(pic, by_hand(pic), alone=False)
    golden("nested_folded.svg", svg)
    root = ET.fromstring(svg)
    assert len(list(root.iter(f"{NS}g"))) == 2 + 3 * 2, "two lines, three boxes with a glyph each"


def test_hostile_names_stay_text(hostile_name, make_call, make_input):
    name = hostile_name.replace("/", ":")
    calls = (make_input("x"), make_call(name, type=name[:200], settings=(name,), params=5))
    svg = drawn(LayerGraph(name, "Functional", "exact", calls, (Edge("x", 0, name),)))
    root = ET.fromstring(svg)
    assert {el.tag.removeprefix(NS) for el in root.iter()} <= {"svg", "g", "path", "rect", "circle", "text", "title", "style"}
    for el in root.iter():
        for attribute in el.attrib:
            assert not attribute.lower().startswith("on")
            assert "href" not in attribute.lower()
    title = next(el.text for g in root.iter(f"{NS}g") if g.get("data-n") == "1" for el in g.iter(f"{NS}title"))
    assert visible(name)[:250] in title


def test_a_folded_box_is_stacked_and_wears_a_badge(nested_graph):
    root = ET.fromstring(drawn(nested_graph))
    box = next(g for g in root.iter(f"{NS}g") if g.get("data-n") == "1")
    assert "folded" in box.get("class")
    assert sum(rect.get("class") == "b" for rect in box.iter(f"{NS}rect")) == 2
    assert "+3 layers" in [text.text for text in box.iter(f"{NS}text")]


def test_a_skip_has_its_own_colour(nested_graph):
    root = ET.fromstring(drawn(nested_graph, ["encoder"]))
    skips = [g.get("data-e") for g in root.iter(f"{NS}g") if "skip" in (g.get("class") or "").split()]
    assert skips == ["3"], "squeeze -> join"
    assert ".skip .ke{stroke:#A14A00" in root.find(f"{NS}style").text


def test_the_live_drawing_is_the_same_without_colours(nested_graph):
    pic = picture(nested_graph, fold_plan(nested_graph), (), Options())
    layout = lay_out(pic)
    alone, bare = draw(pic, layout), draw(pic, layout, alone=False)
    assert "#" not in bare
    assert re.sub(r"<style>.*?</style><rect [^>]*/>", "", alone) == bare


def test_no_two_drawings_share_an_id(nested_graph):
    assert " id=" not in drawn(nested_graph, ["encoder"])


def test_an_arrow_ends_at_the_tip(nested_graph):
    pic = picture(nested_graph, fold_plan(nested_graph), (), Options())
    root = ET.fromstring(draw(pic, by_hand(pic)))
    heads = [path.get("d") for path in root.iter(f"{NS}path") if path.get("class") == "kh"]
    assert heads[0].startswith("M20 60L"), "box 1 begins at 60"


def test_a_png_has_the_size_that_its_dpi_says(nested_graph):
    svg = drawn(nested_graph)
    w, h = (float(n) for n in re.search(r'width="([\d.]+)" height="([\d.]+)"', svg).groups())
    for dpi in (96, 192):
        width, height = size_of(png(svg, dpi))
        assert width == pytest.approx(w * dpi / 96, abs=1)
        assert height == pytest.approx(h * dpi / 96, abs=2)


def test_a_huge_png_is_made_smaller_instead_of_failing():
    size = 'width="300" height="90000"'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 300 90000"><rect {size}/></svg>'
    assert max(size_of(png(svg, 200))) <= 12_000


def test_a_png_shows_korean_where_a_font_has_it():
    def text(said):
        place = 'x="5" y="20" style="font-family:Arial,sans-serif"'
        return f'<svg xmlns="http://www.w3.org/2000/svg" width="60" height="30"><text {place}>{said}</text></svg>'

    if png(text("합성"), 96) == png(text(" "), 96):
        pytest.skip("no font of this machine has Korean letters")
    assert png(text("합성"), 96) != png(text("곱층"), 96), "boxes instead of letters"


def size_of(content):
    assert content.startswith(b"\x89PNG")
    return int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")


def test_korean_gets_a_font_of_the_same_kind(make_call):
    graph = LayerGraph("net", "Functional", "exact", (make_call("합성곱"), make_call("conv"), make_call("🦊")), ())
    root = ET.fromstring(drawn(graph))
    classes = {g.get("data-n"): g.get("class").split() for g in root.iter(f"{NS}g") if g.get("data-n")}
    assert [("wide" in classes[n]) for n in "012"] == [True, False, False]
    families = root.find(f"{NS}style").text.partition(".wide text{font-family:")[2].partition("}")[0].split(",")
    assert families.index("Arial") < families.index("'DejaVu Sans'") < families.index("'Noto Sans CJK KR'"), (
        "lines as high as others"
    )


@pytest.fixture
def across(make_call):
    """``across(box)`` draws two boxes in a row, the first of them ``box``, above two others; a line crosses another one.

    The line leads from the second box to the third, below the first. Returns the groups of all lines as drawn, and that line's.
    """

    def make(box=(0.0, 0.0, 90.0, 38.0)):
        edges = (Edge("a", 0, "c"), Edge("b", 0, "d"), Edge("b", 0, "c"))
        graph = LayerGraph("g", "Functional", "exact", tuple(map(make_call, "abcd")), edges)
        pic = picture(graph, fold_plan(graph), (), Options(every_shape=True))
        boxes = (box, (200.0, 0.0, 90.0, 38.0), (0.0, 60.0, 90.0, 38.0), (200.0, 60.0, 90.0, 38.0))
        down = ((45.0, 38.0), (45.0, 45.0), (45.0, 52.0), (45.0, 60.0))
        over = ((200.0, 30.0), (170.0, 35.0), (90.0, 45.0), (60.0, 50.0))
        ways = tuple(over if (line.source, line.target) == (1, 2) else down for line in pic.lines)
        root = ET.fromstring(draw(pic, Layout(300.0, 100.0, boxes, (), ways)))
        groups = {int(g.get("data-e")): g for g in root.iter(f"{NS}g") if g.get("data-e")}
        assert sorted(groups) == [0, 1, 2]
        return list(groups.values()), groups[ways.index(over)]

    return make


@pytest.mark.parametrize(("box", "expected"), [((0, 0, 90, 38), 34), ((60, 0, 90, 38), 54)])
def test_the_label_of_a_line_across_is_where_no_box_covers_it(across, box, expected):
    label = across(box)[1].find(f"{NS}text")
    assert float(label.get("y")) == expected, "above its middle, which is at 40, or below"
    assert 100 < float(label.get("x")) < 130


def test_a_line_across_is_drawn_before_those_whose_labels_it_would_cross(across):
    groups, crossing = across()
    assert groups[0] is crossing
