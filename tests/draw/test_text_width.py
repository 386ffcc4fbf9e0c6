"""The table of widths, against fonts."""

import shutil
import subprocess

import pytest
from PIL import ImageFont

from kfx.draw.fonts.travelling import font_files
from kfx.draw.text_width import text_width

WORDS = [
    "batch_normalization_4",
    "Conv2D · 3×3 · same · relu",
    "expanded_conv_depthwise",
    "7.1 M",
    "56×56×256",
    "+7 layers",
    "×12",
    "36.9 k",
]


def file_of(family):
    found = shutil.which("fc-match") and subprocess.run(
        ["fc-match", "-f", "%{family}|%{file}", family], capture_output=True, text=True, check=False
    ).stdout.split("|")
    if not found or family.split(":")[0] not in found[0]:
        pytest.skip(f"{family} is not installed")
    return found[1]


@pytest.mark.parametrize("family", ["regular", "bold", "DejaVu Sans", "DejaVu Sans:bold", "DejaVu Sans Condensed"])
def test_words_have_room_in_the_usual_fonts_and_not_much_more(family):
    own = dict(zip(("regular", "bold"), font_files(), strict=True))
    font = ImageFont.truetype(own.get(family) or file_of(family), 1000)
    for words in WORDS:
        truth, told = font.getlength(words), text_width(words, 1000, bold="bold" in family)
        assert truth <= told <= 1.5 * truth, words
