"""The font's table of letters, against FreeType through Pillow."""

import pytest
from PIL import ImageFont

from kfx.draw.fonts.travelling import font_files
from kfx.draw.fonts.truetype import read_truetype


@pytest.mark.parametrize("path", font_files(), ids=["regular", "bold"])
@pytest.mark.parametrize("text", ["batch_normalization_4", "7.1 M", "×12 · 3×3 → ≥", "Größe", "Проекция", "αβγ"])
def test_widths_are_those_that_freetype_measures(path, text):
    truth = ImageFont.truetype(path, 1000, layout_engine=ImageFont.Layout.BASIC).getlength(text)
    assert read_truetype(path).width(text, 1000) == pytest.approx(truth, abs=len(text))


def test_letters_are_as_wide_as_those_of_arial():
    """By Adobe's metrics of Helvetica, which Arial shares: i 222, W 944, 0 556 thousandths of an em."""
    font = read_truetype(font_files()[0])
    assert [round(font.width(char, 1000)) for char in "iW0"] == [222, 944, 556]


def test_a_letter_that_is_not_there_is_known_as_such():
    font = read_truetype(font_files()[0])
    assert font.has("é")
    assert not font.has("한")
