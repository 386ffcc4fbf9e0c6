"""Bars and strips as SVG, read back."""

import base64
import re
from io import BytesIO
from xml.etree import ElementTree

import numpy as np
from PIL import Image

from kfx.draw.colormap import ramp
from kfx.draw.series import TALL, bars, strips

SVG = "{http://www.w3.org/2000/svg}"


def test_a_bar_is_as_tall_as_its_value_and_the_largest_are_named():
    root = ElementTree.fromstring(bars(np.array([1.5, 0.0, 4.0, -2.0])))
    rects = root.findall(f".//{SVG}rect")
    heights = [float(rect.get("height")) for rect in rects]
    assert np.allclose(heights, [TALL / 4, TALL * 4 / 6, TALL * 2 / 6], atol=0.06), "zero has no bar"
    texts = [text.text for text in root.findall(f".//{SVG}text")]
    assert "4" in texts
    assert [t for t in texts if t in "0123"] == ["0", "1", "2", "3"]


def test_thousands_of_units_are_grouped_by_the_largest_of_several():
    values = np.zeros(1000)
    values[700] = 3.0
    svg = bars(values, [f"class {i}" for i in range(1000)])
    assert svg.count("<rect") == 1
    assert "class 700: 3" in svg


def test_nan_is_written_not_drawn():
    svg = bars(np.array([np.nan, 1.0]))
    assert svg.count("<rect") == 1
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
    assert {node.tag for node in root.iter()} == {SVG + tag for tag in ("svg", "g", "image", "text")}
    ElementTree.fromstring(bars(np.ones(2), [hostile_name, "x"]))
