"""Styles by classes, as a browser finds them."""

from xml.etree import ElementTree

import pytest

from kfx.draw.pdf.css import StyleSheet, names

SHEET = StyleSheet(
    "@font-face{font-family:x}text{font-size:11px;fill:#111}.nm{font-size:12px}.kgt,.kgs{stroke:#eee}.dead .nm{fill:#999}"
    ".kn.err .b,.kn.odd .b{stroke:#f00;stroke-width:2}.b{stroke:#888}.wide text{font-family:Noto}"
)


def style_of(svg, *path):
    """The style of the element that these numbers of children lead to."""
    node, around, style = ElementTree.fromstring(svg), [], {}
    for step in (None, *path):
        node = node if step is None else node[step]
        around = [*around, names(node)]
        style = SHEET.style(node, around, style)
    return style


def test_a_class_beats_a_tag_and_more_classes_beat_fewer():
    svg = '<g class="kn dead"><text class="nm"/></g>'
    assert style_of(svg, 0) == {"font-size": "12px", "fill": "#999"}
    assert style_of('<g class="kn err"><rect class="b"/></g>', 0) == {"stroke": "#f00", "stroke-width": "2"}
    assert style_of('<g class="err"><rect class="b"/></g>', 0) == {"stroke": "#888"}


def test_a_parent_hands_down_its_colours_and_not_its_opacity():
    assert style_of('<g fill="#123456" opacity=".5"><g><rect/></g></g>', 0, 0) == {"fill": "#123456"}


@pytest.mark.parametrize(
    ("written", "read"),
    [("font:10.5px Arial", {"font-size": "10.5"}), ("font:600 11px x", {"font-size": "11", "font-weight": "600"})],
)
def test_an_own_style_beats_all_rules(written, read):
    assert style_of(f'<text class="nm" style="{written};fill:#abc"/>') == {"fill": "#abc", **read}
