"""Marks, outlines and room on the drawing of a growing graph, on graphs made by hand."""

import json
import re
from dataclasses import asdict, replace
from itertools import pairwise

import pytest

from kfx.draw.graph.boxes import Options
from kfx.draw.graph.fold import fold_plan
from kfx.draw.graph.picture import picture
from kfx.draw.graph.svg import draw
from kfx.draw.graphviz.places import Layout
from kfx.model.facts import Edge, LayerCall, LayerGraph, Tensor
from kfx.model.mistakes.facts import Given, Mistake, Repair
from kfx.views.mistake.data import mistake_text, mistake_words
from kfx.views.mistake.html import mistake_html
from kfx.views.sketch.layout import lay_out_sketch
from kfx.views.sketch.marks import MOST_APART, Marks, add_marks
from kfx.views.sketch.outlines import draw_names, draw_rings, name_places, reach, rings


def call(key, kind="layer"):
    tensor = Tensor((None, 8), "float32")
    return LayerCall(key, (key,), key, kind, "Dense", "dense", inputs=(tensor,), outputs=(tensor,))


@pytest.fixture
def chain():
    """``x -> a -> b -> c``, every tensor of the same shape."""
    calls = (call("x", "input"), call("a"), call("b"), call("c"))
    edges = tuple(Edge(s.key, 0, t.key) for s, t in pairwise(calls))
    return LayerGraph("sketch", "KerasTensor", "exact", calls, edges, outputs=(("c", 0, ""),))


def drawn(graph, marks=None, **options):
    plan = fold_plan(graph)
    return add_marks(picture(graph, plan, (), Options(**options)), graph, plan, marks or Marks())


def by_key(boxes):
    return {box.key: box for box in boxes.boxes}


def test_every_line_carries_its_shape_although_all_are_equal(chain):
    assert [line.label for line in drawn(chain, every_shape=True).lines] == ["8", "8", "8"]
    assert [line.label for line in drawn(chain).lines] == ["8", "", ""]


def test_marks_say_in_words_what_they_show(chain):
    boxes = by_key(
        drawn(chain, Marks(new=frozenset("c"), old=frozenset("b"), nowhere=frozenset("a"), tags={"c": ("y", "out")}))
    )
    assert (boxes["c"].side, boxes["c"].tag) == ("new", "y, out")
    assert boxes["b"].marks == ("old",)
    assert boxes["b"].title.endswith("replaced")
    assert boxes["a"].dead
    assert boxes["a"].detail.endswith("leads nowhere")
    assert boxes["x"].marks == ()


def test_a_tag_that_is_the_layers_own_name_says_nothing_new(chain):
    assert by_key(drawn(chain, Marks(tags={"c": ("c",)})))["c"].tag == ""


def test_a_red_line_is_one_that_the_mistake_names(chain):
    lines = drawn(chain, Marks(refused=frozenset("c"), red=frozenset({("b", 0, "c")}))).lines
    assert [line.marks for line in lines] == [(), (), ("err",)]


def test_layers_that_were_never_called_stand_apart_and_not_too_many(chain):
    boxes = drawn(chain, Marks(apart=tuple((f"spare_{n}", "Dense") for n in range(20)))).boxes
    assert sum(box.apart for box in boxes) == MOST_APART
    layout = lay_out_sketch(drawn(chain, Marks(apart=(("spare", "Dense"),))))
    below = layout.boxes[-1]
    assert below[1] > max(y + h for _, y, _, h in layout.boxes[:-1])
    assert layout.height >= below[1] + below[3]


def test_nothing_moves_when_the_word_new_comes_and_goes(chain):
    plain = lay_out_sketch(drawn(chain))
    fresh = lay_out_sketch(drawn(chain, Marks(new=frozenset("abc"))))
    assert plain.boxes == fresh.boxes


def test_what_was_there_stays_where_it_was_when_a_chain_grows(chain):
    longer = replace(
        chain, calls=(*chain.calls, call("d")), edges=(*chain.edges, Edge("c", 0, "d")), outputs=(("c", 0, ""), ("d", 0, ""))
    )
    before, after = lay_out_sketch(drawn(chain)), lay_out_sketch(drawn(longer))
    assert after.boxes[:4] == before.boxes


def test_nested_models_get_outlines_inside_each_other():
    found = rings([("inner", frozenset({0, 1})), ("outer", frozenset({0, 1, 2})), ("other", frozenset({5}))])
    gaps = {ring.name: ring.gap for ring in found}
    assert gaps["outer"] > gaps["inner"] == gaps["other"]
    assert next(ring.name for ring in found) == "outer", "the outermost is drawn first"
    assert len({ring.colour for ring in found}) == 3


def test_a_model_with_nothing_on_the_graph_has_no_outline():
    assert rings([("elsewhere", frozenset())]) == []


def test_an_outline_stays_on_the_drawing_and_its_name_on_no_box(chain):
    boxes = drawn(chain)
    found = rings([("encoder", frozenset({0, 1, 2})), ("whole", frozenset({0, 1, 2, 3}))])
    layout = lay_out_sketch(boxes, found)
    for ring in found:
        for i in ring.boxes:
            x, y, w, h = layout.boxes[i]
            assert x - reach(ring) >= 0
            assert y - reach(ring) >= 0
            assert x + w + reach(ring) <= layout.width
            assert y + h + reach(ring) <= layout.height
    for x, y, w, h in name_places(found, layout):
        assert x >= 0
        assert x + w <= layout.width + 0.1
        assert not any(x < bx + bw and bx < x + w and y < by + bh and by < y + h for bx, by, bw, bh in layout.boxes)


def test_two_sketches_on_one_page_do_not_share_a_mask(chain):
    boxes = drawn(chain)
    ids = set()
    for models in ([("one", frozenset({0, 1}))], [("two", frozenset({1, 2}))]):
        found = rings(models)
        layout = lay_out_sketch(boxes, found)
        ids |= set(re.findall(r'mask id="([^"]+)"', draw_rings(found, boxes, layout)))
    assert len(ids) == 2


def test_an_outline_names_no_markup(chain):
    found = rings([("</text><script>x</script>", frozenset({0}))])
    boxes = drawn(chain)
    layout = lay_out_sketch(boxes, found)
    assert "<script" not in draw_rings(found, boxes, layout) + draw_names(found, layout)


def test_a_growing_drawing_is_well_formed(chain):
    import xml.dom.minidom

    boxes = drawn(chain, Marks(new=frozenset("c"), tags={"c": ("a<b",)}, apart=(("<i>", "D&D"),)), every_shape=True)
    found = rings([("m", frozenset({0, 1}))])
    layout = lay_out_sketch(boxes, found)
    assert isinstance(layout, Layout)
    xml.dom.minidom.parseString(draw(boxes, layout, under=draw_rings(found, boxes, layout), over=draw_names(found, layout)))


MISTAKE = Mistake(
    kind="merge",
    name="add",
    type="Add",
    sentence="Add needs inputs of equal shape; these differ in height.",
    given=(
        Given("conv", (5, 9, 64), "float32", ("height", "width", "channels"), (0,), "x"),
        Given("pool", (9, 9, 64), "float32", ("height", "width", "channels"), (0,), "pool"),
    ),
    arithmetic=(("conv", "7 − 3 + 1 = 5", 'padding="valid"'),),
    repairs=(Repair("Keep it", 'layers.Conv2D(64, 3, padding="same")', 'padding="same"', "both inputs become 9×9×64"),),
    error="ValueError: <b>no</b>",
)


def test_a_mistake_as_text(golden):
    golden("mistake.txt", mistake_text(mistake_words(MISTAKE)))
    assert "[5]" in mistake_text(mistake_words(MISTAKE))


def test_a_mistake_as_markup_holds_the_same_words_and_survives_a_sanitizer(golden):
    html = mistake_html(mistake_words(MISTAKE))
    golden("mistake.html", html)
    for gone in ("<style", "<svg", "<script", " id=", "data-", "role=", "aria-"):
        assert gone not in html
    assert "&lt;b&gt;no&lt;/b&gt;" in html
    shown = re.sub(r"<[^>]+>", " ", html)
    for word in ("conv", "= x", "7 − 3 + 1 = 5", "both inputs become 9×9×64"):
        assert word in shown


def test_a_mistake_for_the_script_names_what_a_repair_changes():
    data = json.loads(json.dumps(asdict(mistake_words(MISTAKE))))
    (repair,) = data["repairs"]
    assert repair["parts"] == ["layers.Conv2D(64, 3, ", 'padding="same"', ")"]
    assert [size["clash"] for size in data["inputs"][0]["sizes"]] == [True, False, False]
    assert data["inputs"][1]["variable"] == "", "a variable called like its layer is not said twice"


def test_inputs_with_other_axes_are_shown_by_their_shapes():
    given = (Given("a", (4, 4, 16), "float32", ("height", "width", "channels")), Given("b", (16,), "int32", ("features",)))
    words = mistake_words(replace(MISTAKE, given=given))
    assert words.heads == ("shape",)
    assert [row.dtype for row in words.inputs] == ["float32", "int32"]
    assert [size.text for row in words.inputs for size in row.sizes] == ["4×4×16", "16"]
