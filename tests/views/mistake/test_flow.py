"""The drawing of the data's way into the model and the loss."""

import re
from xml.etree import ElementTree

import pytest

from kfx.model.mistakes.facts import Flow, FlowBox
from kfx.views.mistake.flow import flow_svg, flow_words

BOX = FlowBox("a", "28×28×1", size="28×28×1")


def boxes(svg):
    """``(x, y, width, height)`` of every box."""
    found = re.findall(r'class="kn [^"]*" transform="translate\(([\d.]+) ([\d.]+)\)">.*?<rect class="b" width="(\d+)"', svg)
    return [(float(x), float(y), float(width), 38.0) for x, y, width in found]


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("labels", [0, 1, 3])
def test_no_two_boxes_overlap_and_all_are_inside(n, labels):
    flow = Flow("model", (BOX,) * n, (BOX,) * n, (BOX,) * n, (BOX,) * labels, FlowBox("loss", "mse", "custom"))
    svg = flow_svg(flow)
    places = boxes(svg)
    assert len(places) == 3 * n + labels + 1
    root = ElementTree.fromstring(svg)
    wide, high = float(root.get("width")), float(root.get("height"))
    for i, (x, y, w, h) in enumerate(places):
        assert x >= 0
        assert x + w <= wide
        assert y + h <= high
        for other in places[i + 1 :]:
            apart = x + w <= other[0] or other[0] + other[2] <= x or y + h <= other[1] or other[1] + h <= y
            assert apart, (places[i], other)


def test_only_what_clashes_is_red():
    flow = Flow("m", (FlowBox("x", wrong=True),), (FlowBox("in", clash=True),), (BOX,), (BOX,), FlowBox("loss"))
    svg = flow_svg(flow)
    assert svg.count(" err") == 2
    assert flow_words(flow) == "Flow of the data into m; in red: in"


def test_a_model_that_says_nothing_of_itself_is_drawn_too():
    ElementTree.fromstring(flow_svg(Flow("m")))
