"""Bars and strips as SVG, read back."""

import base64
import re
from io import BytesIO
from xml.etree import ElementTree

import numpy as np
from PIL import Image

from kfx.draw.values.bars_and_strips import TALL, bars, strips
from kfx.draw.values.colormap import ramp

SVG = "{http://www.w3.org/2000/svg}"


def test_a_bar_is_as_tall_as_its_value_and_the_largest_are_named():
    root = ElementTree.fromstring(bars(np.array([1.5, 0.0, 4.0, -2.0])))
    rects = root.findall(f".//{SVG}g/{SVG}rect")
    heights = [float(rect.get("height")) for rect in rects]
    assert np.allclose(heights, [TALL / 4, TALL * 4 / 6, TALL * 2 / 6], atol=0.06), "zero has no bar"
    texts = [text.text for text in root.findall(f".//{SVG}text")]
    assert "4" in texts
    assert [t for t in texts if t in "0123"] == ["0", "1", "2", "3"]


def test_thousands_of_units_are_grouped_by_the_largest_of_several():
    values = np.zeros(1000)
    values[700] = 3.0
    svg = bars(values, [f"class {i}" for i in range(1000)])
    assert svg.count("<rect") == 2, "the ground and a bar"
    assert "class 700: 3" in svg


def named(svg):
    return [node.text for node in ElementTree.fromstring(svg).iter(f"{SVG}text") if node.get("font-weight")]


def test_the_largest_is_named_before_its_neighbours():
    assert named(bars(np.array([-0.16, -0.24, -0.66, -0.16, -0.26]))) == ["−0.66", "−0.26", "−0.24"]
    crowded = np.ones(200)
    crowded[100] = 9.0
    assert named(bars(crowded))[0] == "100: 9"


def test_a_name_ends_at_its_bar_beside_a_taller_one():
    svg = bars(np.array([0.1, 0.1, 1.0, 9.0]), ["a", "b", "the one before", "last"])
    assert named(svg) == ["last: 9", "the one before: 1"]
    at = {node.text: float(node.get("x")) for node in ElementTree.fromstring(svg).iter(f"{SVG}text")}
    assert at["the one before: 1"] < 40 < 80 < at["last: 9"]


def test_nan_is_written_not_drawn():
    svg = bars(np.array([np.nan, 1.0]))
    assert svg.count("<rect") == 2, "the ground and a bar"
    assert ">NaN<" in svg


def test_a_strip_holds_its_levels_and_its_tokens():
    levels = np.array([[0, 127, 254], [254, 0, 255]], "uint8")
    svg = strips(levels, [5, 9], ["on", "<b>", "help"])
    image = np.asarray(Image.open(BytesIO(base64.b64decode(re.search(r"base64,([^\"]+)", svg).group(1)))))
    assert (image == ramp(False)[levels]).all()
    texts = [text.text for text in ElementTree.fromstring(svg).findall(f".//{SVG}text")]
    assert texts == ["5", "9", "on", "<b>", "help"]


def test_hostile_tokens_are_text(hostile_name):
    root = ElementTree.fromstring(strips(np.zeros((1, 1), "uint8"), [0], [hostile_name]))
    assert {node.tag for node in root.iter()} == {SVG + tag for tag in ("svg", "rect", "g", "image", "text")}
    ElementTree.fromstring(bars(np.ones(2), [hostile_name, "x"]))


def test_letters_are_on_white_with_room_around_them(contrast):
    for svg in (bars(np.array([3.0, -1.0])), strips(np.zeros((2, 3), "uint8"), [0, 1])):
        root = ElementTree.fromstring(svg)
        box = [float(n) for n in root.get("viewBox").split()]
        ground, drawn = root.find(f"{SVG}rect"), root.find(f"{SVG}g")
        assert [float(ground.get(name)) for name in ("x", "y", "width", "height")] == box
        assert box[0] <= -8
        assert box[1] <= -8
        assert ground.get("fill") == "#fff"
        assert contrast(drawn.get("fill"), "#ffffff") >= 4.5
