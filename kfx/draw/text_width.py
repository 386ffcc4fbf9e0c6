"""Measure text with a table of widths, so that a drawing does not depend on the fonts of the machine that makes it."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

# Arial's advance widths from space to tilde, in thousandths of an em. Helvetica and Liberation Sans share them.
_ASCII = (
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556,
    556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556,
    556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
)  # fmt: skip
_OTHERS = {"·": 333, "×": 584, "…": 1000, "▸": 600, "▾": 600}
_SLACK = 1.04  # interface fonts run a little wider than Arial
BOLD = 1.08  # bold letters are as many times as wide


def text_width(text: str, size: float) -> float:
    """Return the width of one line in px at a font size in px."""
    return sum(map(_em, text)) * size * _SLACK / 1000


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
    return 1000 if unicodedata.east_asian_width(char) in "WF" else 640
