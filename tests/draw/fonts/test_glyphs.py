"""Letters that the travelling font lacks, as the renderer draws them."""

import logging

import pytest
import resvg_py

from kfx.draw.fonts.glyphs import foreign, missing, render, warn_of_missing
from kfx.draw.fonts.travelling import font_files
from kfx.draw.palette import style

NOWHERE = "\U00010600"  # a letter of Linear A: it is in no font that machines have


def drawing(words):
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="220" height="30"><style>{style()}</style>'
    return f'{head}<text y="20">{words}</text></svg>'


def test_latin_greek_and_cyrillic_need_no_other_font():
    assert foreign("conv2d_1 · 3×3 → ≥ µ é Ж α 한글") == "한글"


def test_latin_words_are_drawn_without_any_font_of_the_system():
    svg = drawing("batch_normalization_4 · ×12")
    alone = resvg_py.svg_to_bytes(
        svg_string=svg, width=220, background="#ffffff", skip_system_fonts=True, font_files=font_files()
    )
    empty = render(drawing(""), 220)
    assert bytes(alone) == render(svg, 220) != empty


def test_a_letter_that_no_font_has_is_found():
    assert missing(f"a{NOWHERE}b{NOWHERE}") == NOWHERE


def test_letters_are_missed_exactly_where_the_system_has_no_font_for_them(korean_font):
    assert missing("한글") == ("" if korean_font else "한글")


def test_one_sentence_says_what_is_missing(caplog):
    with caplog.at_level(logging.WARNING, "kfx"):
        warn_of_missing(["dense", f"x{NOWHERE}", NOWHERE])
    assert [record.message for record in caplog.records] == [
        f"No font of this machine has 1 letter of the picture ({NOWHERE}): install one, e.g. Noto Sans CJK."
    ]


@pytest.mark.parametrize("text", ["", "dense", "×12 · ≥"])
def test_nothing_is_said_where_all_is_there(caplog, text):
    warn_of_missing([text])
    assert not caplog.records
