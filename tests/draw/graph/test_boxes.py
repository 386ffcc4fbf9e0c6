"""One box: as wide as its text, whatever the text is."""

import pytest

from kfx.draw.graph.boxes import Options
from kfx.draw.graph.fold import fold_plan
from kfx.draw.graph.picture import picture
from kfx.draw.text_width import fit, text_width
from kfx.model.facts import Edge, LayerGraph


@pytest.mark.parametrize(
    ("text", "ems"), [("", 0), ("i", 0.278), ("W", 0.989), ("0", 0.637), ("합성", 2.0), ("e\u0301", 0.616), ("🦊", 1.25)]
)
def test_widths_come_from_a_table(text, ems):
    assert text_width(text, 10) == pytest.approx(ems * 10 * 1.02)


def test_names_are_cut_to_fit_and_keep_both_ends():
    name = "convnext_tiny_stage_2_block_7_depthwise_conv"
    short = fit(name, 12, 150, middle=True)
    assert text_width(short, 12) <= 150
    assert short.startswith("convnext")
    assert short.endswith("conv")
    assert "…" in short
    assert fit("short", 12, 150) == "short"


def test_a_box_is_as_wide_as_its_text(hostile_name, make_call, make_input):
    call = make_call(hostile_name.replace("/", ":"), params=123456)
    graph = LayerGraph("net", "Functional", "exact", (make_input("x"), call), (Edge("x", 0, call.key),))
    box = picture(graph, fold_plan(graph), (), Options()).boxes[1]
    assert text_width(box.name, 12) + 26 <= box.width <= 400
    assert len(box.title) < 1000
    assert box.name.isprintable() or "\u200d" in box.name
