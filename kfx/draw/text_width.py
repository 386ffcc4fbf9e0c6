"""Measure text with a table of widths, so that a drawing does not depend on the fonts of the machine that makes it."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

# The advance widths from space to tilde, in thousandths of an em: the wider of Arial's (shared by Helvetica, Liberation Sans)
# and DejaVu Sans's, the font of a bare Linux. So a line measured here fits with either of them, and with what lies between.
_ASCII = (
    318, 401, 460, 838, 637, 951, 780, 275, 391, 391, 500, 838, 318, 361, 318, 337, 637, 637, 637, 637, 637, 637, 637, 637,
    637, 637, 337, 337, 838, 838, 838, 557, 1016, 685, 687, 723, 771, 667, 611, 778, 752, 295, 500, 667, 558, 863, 749, 788,
    667, 788, 723, 667, 611, 732, 685, 989, 686, 667, 686, 391, 337, 391, 838, 557, 500, 613, 635, 550, 635, 616, 353, 635,
    634, 278, 278, 580, 278, 975, 634, 612, 635, 635, 412, 521, 393, 634, 592, 818, 592, 592, 525, 637, 337, 637, 838,
)  # fmt: skip
_OTHERS = {"·": 334, "×": 838, "…": 1000, "▸": 600, "▾": 600, "→": 1000, "←": 1000, "²": 401, "³": 401, "°": 500}
_OTHERS |= dict.fromkeys("−±≥≤≈≠∞", 838)
_LARGE, _SMALL = 780, 670  # a letter of another alphabet: the mean of Latin, Greek and Cyrillic, and a little more
_SLACK = 1.02  # a browser rounds widths
BOLD = 1.13  # bold letters are as many times as wide


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Return the width of one line in px at a font size in px, in the widest of the usual fonts."""
    return sum(map(_em, text)) * size * _SLACK * (BOLD if bold else 1) / 1000


def has_wide(text: str) -> bool:
    """Return True if some letters are as wide as they are high, e.g. Korean ones."""
    return not text.isascii() and any(unicodedata.east_asian_width(char) in "WF" and ord(char) < 0x1F000 for char in text)


def fit(text: str, size: float, most: float, *, middle: bool = False) -> str:
    """Return the text, or as much of it as fits into ``most`` px together with ``…``.

    Args:
        text: One line.
        size: Font size in px.
        most: px.
        middle: Keep both ends: names often differ at their end.
    """
    if len(text) < 400 and text_width(text, size) <= most:
        return text
    room = most - text_width("…", size)
    tail = _fitting(text[::-1][:400], size, room * 0.6)[::-1] if middle else ""
    head = _fitting(text[:400], size, room - text_width(tail, size))
    return f"{head.rstrip()}…{tail.lstrip()}"


def _fitting(text: str, size: float, room: float) -> str:
    for kept, char in enumerate(text):
        room -= _em(char) * size * _SLACK / 1000
        if room < 0:
            return text[:kept]
    return text


@lru_cache(maxsize=4096)
def _em(char: str) -> int:
    code = ord(char)
    if 32 <= code < 127:
        return _ASCII[code - 32]
    if char in _OTHERS:
        return _OTHERS[char]
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    if code >= 0x1F000:  # emoji fonts are wider than the em
        return 1250
    if unicodedata.east_asian_width(char) in "WF":
        return 1000
    return _LARGE if char.isupper() else _SMALL
