"""Signs that are legible on any ground, against the formula of WCAG 2."""

import re

import pytest

from kfx.draw.markup import BLUE, GREEN, ORANGE, badge, with_room
from kfx.exercises import Verdict
from kfx.views.diff.html import diff_html
from kfx.views.diff.rows import DiffRow, Tables


@pytest.mark.parametrize("ground", [GREEN, ORANGE, BLUE])
def test_letters_stand_out_from_their_own_ground(contrast, ground):
    assert contrast("#ffffff", ground) >= 4.5


def test_the_formula_is_the_known_one(contrast):
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_no_one_colour_of_letters_is_legible_on_white_and_on_a_dark_notebook(contrast):
    greys = [f"#{n:02x}{n:02x}{n:02x}" for n in range(256)]
    assert max(min(contrast(grey, "#ffffff"), contrast(grey, "#111111")) for grey in greys) < 4.5


def test_the_sign_is_text_and_its_colours_come_together():
    assert badge("<", GREEN) == (f'<b style="color:#fff;background-color:{GREEN};border-radius:3px;padding:0 4px">&lt;</b>')


def changes():
    rows = [DiffRow("k", sign, "conv", "Conv2D", "conv", "added", "", "1", "2", ("k",)) for sign in "+−~"]
    return diff_html(Tables(("one", "two"), [], rows, [], []), "")


@pytest.mark.parametrize(
    "html",
    [
        Verdict(True, "Right.", "맞습니다.")._repr_html_(),
        Verdict(False, "Look again.", "다시 보세요.")._repr_html_(),
        changes(),
    ],
)
def test_nothing_is_coloured_without_a_ground(html):
    coloured = [style for style in re.findall(r'style="([^"]*)"', html) if re.search(r"(^|;)color:#", style)]
    assert coloured
    assert all("color:#fff;background-color:#" in style for style in coloured)


@pytest.mark.parametrize(
    "cell", ["<td>", "<td style=text-align:right>", '<td style="text-align:right;color:red">', "<td colspan=2>"]
)
def test_columns_are_apart_without_any_style_sheet_and_as_plain_text(cell):
    row = with_room(f"<tr>{cell}64{cell}50,240")
    assert re.sub("<[^>]*>", "", row).split() == ["64", "50,240"]
    assert re.findall(r'style="padding:2px 6px', row) == ['style="padding:2px 6px'] * 2
    assert cell.partition("style=")[2].strip('">') in row


def test_a_cell_with_a_padding_of_its_own_keeps_it():
    assert with_room('<td style="padding:0">a') == ' <td style="padding:0">a'
