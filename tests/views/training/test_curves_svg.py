"""What is written in a picture of curves has its room: nothing comes near an edge, nothing is cut without need."""

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from kfx.draw.text_width import text_width
from kfx.views.training.curves import Abandoned, Chart, Line, charts, rate_changes, reach
from kfx.views.training.curves_svg import HEIGHT, WIDTH, chart_svg, overlay_svg, sheet_svg


def texts_of(svg):
    """Left and right end, baseline and text of everything written, by the house's own table of widths."""
    found = []
    for node in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text"):
        bold = "font-weight" in node.get("style", "")
        size = 12 if "font-size:12px" in node.get("style", "") else 11 if bold else 10.5
        wide = text_width(node.text, size, bold=bold)
        shift = {"end": wide, "middle": wide / 2}.get(node.get("text-anchor"), 0)
        left = float(node.get("x")) - shift
        found.append((left, left + wide, float(node.get("y")), node.text))
    return found


@pytest.mark.parametrize(("scale", "name"), [(1, "loss"), (1e-3, "loss"), (1.234e-5, "loss"), (12_345, "n" * 80)])
def test_no_word_of_a_panel_comes_near_its_edge(scale, name):
    x = np.arange(1, 7.0)
    y = np.array([9, 4, 2, 1, 3.456, 2.789]) * scale
    line = Line(x, y, y, y)
    none = np.zeros(0)
    panel = Chart(name, name, Line(none, none, none, none), line, Line(x, y * 1.1, y, y), 3)
    for svg in (
        chart_svg(panel, (0, 6), [(3, "1e-4")], unit="step"),
        overlay_svg(name, [("0", line), ("11", line)], (0, 6), (0, 9 * scale)),
    ):
        texts = texts_of(svg)
        assert len(texts) > 8
        for left, right, y_, text in texts:
            assert 3.9 < left < right < WIDTH - 3.9, text
            assert 12 < y_ <= HEIGHT - 8, text


def test_a_plot_makes_room_for_long_words_at_its_right():
    x = np.arange(1, 3.0)
    line = Line(x, x, x, x)
    words = ["0: 2.0", "my second long run: 2.0"]
    svg = overlay_svg("loss", [(word.removesuffix(": 2.0"), line) for word in words], (0, 2), (0, 3))
    assert [text for *_, text in texts_of(svg)][-2:] == words
    assert re.search(r"M50 [\d.]+H(\d+)", overlay_svg("loss", [("0", line)], (0, 2), (0, 3))).group(1) == "250"
    assert float(re.search(r"M50 [\d.]+H([\d.]+)", svg).group(1)) < 210


@pytest.mark.parametrize("name", ["run 1", "run 2", "run 10", "a", "accuracy of all", "wwwwwwwwwwwwww"])
@pytest.mark.parametrize("value", [0.097, 0.028, 0.74, 1234.0, -0.12])
def test_a_word_that_was_given_its_room_is_not_cut(name, value):
    x = np.arange(1, 3.0)
    line = Line(x, x, np.full(2, value), np.full(2, value))
    svg = overlay_svg("loss", [(name, line)], (0, 2), (-1, 3))
    assert [text for *_, text in texts_of(svg)][-1].startswith(f"{name}: ")
    assert "…" not in svg


def test_a_panel_is_an_svg_with_its_lines_its_ring_and_its_words(journal):
    svg = chart_svg(charts(journal)[0], reach(journal), rate_changes(journal))
    root = ElementTree.fromstring(svg)
    words = "".join(root.itertext())
    assert "loss" in words
    assert "rate 3e-4" in words
    assert "1.4 val" in words
    circles = root.findall(".//{http://www.w3.org/2000/svg}circle")
    assert len(circles) == 6
    assert [circle.get("r") for circle in circles].count("4") == 1, "the best epoch is ringed"


def test_points_are_drawn_where_the_axis_says(journal):
    svg = chart_svg(charts(journal)[0], reach(journal), [])
    xs = [float(x) for x in re.findall(r'<circle cx="([\d.]+)"', svg)]
    np.testing.assert_allclose(np.diff(xs), 200 / 6, atol=0.11)


def test_what_a_rewind_gave_up_is_pale_and_an_arrow_goes_back(journal):
    shown = charts(journal)[0]
    svg = chart_svg(shown, (0, 6), [], given_up=[Abandoned(2.0, 4.0)])
    left, right = (float(n) for n in re.search(r'<rect x="([\d.]+)" y="34" width="([\d.]+)"', svg).groups())
    whole = re.search(r'd="M50 [\d.]+H([\d.]+)"', svg)
    share = (float(whole[1]) - 50) / 6
    assert (left, right) == pytest.approx((50 + 2 * share, 2 * share), abs=0.2)
    assert svg.count(">rewound<") == 1


def test_the_end_of_finite_values_is_red_and_named(journal):
    svg = chart_svg(charts(journal)[0], (0, 6), [], broke=(5.0, "not finite at epoch 5, step 3"))
    assert ">not finite at epoch 5, step 3<" in svg
    assert svg.count("#C1121F") == 2


def test_a_sheet_holds_every_chart_in_its_own_place(journal):
    drawings = [chart_svg(chart, (0, 6), []) for chart in charts(journal)]
    sheet = sheet_svg(drawings, "Curves <of> it")
    root = ElementTree.fromstring(sheet)
    assert root.get("width") == str(len(drawings) * WIDTH)
    assert len(root.findall("{http://www.w3.org/2000/svg}g")) == len(drawings)
