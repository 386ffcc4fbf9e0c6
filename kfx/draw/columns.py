"""Columns of text: measure what a terminal shows, wrap without losing a character, share out the width."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

_BREAK_AFTER = frozenset(" /_.,·×@-")
PROSE = frozenset(" ")
_WIDE_FROM = "\u0300"  # below it every printable character is one cell wide


def width(text: str) -> int:
    """Cells that a terminal needs for the text: 2 for an East-Asian wide character or an emoji, 0 for a combining mark."""
    if not text or max(text) < _WIDE_FROM:
        return len(text)
    return sum(map(_cells, text))


@lru_cache(maxsize=4096)
def _cells(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def wrap(text: str, most: int, after: frozenset[str] = _BREAK_AFTER) -> list[str]:
    """Lines of at most ``most`` cells, cut after a separator or before a capital where there is one, else anywhere.

    Nothing is lost but a space at a cut; the digits of one number stay together where they can.
    """
    if width(text) <= most:
        return [text]
    lines, line, cells, cut, last = [], "", 0, 0, ""
    for char in text:
        if (last in after and not (last in ".," and char.isdigit())) or (last.islower() and char.isupper() and after != PROSE):
            cut = len(line)
        wide = _cells(char)
        if cells + wide > most and line:
            at = cut if cut * 3 >= len(line) else len(line)
            lines.append(line[:at].rstrip(" "))
            line = line[at:].lstrip(" ")
            cells, cut = width(line), 0
        line, cells, last = line + char, cells + wide, char
    return [*lines, line] if line else lines


def share(naturals: Sequence[int], least: Sequence[int], room: int) -> list[int] | None:
    """Widths that add up to ``room`` at most: every column as wide as it needs, the widest ones cut to one common width.

    None where even the least widths need more.
    """
    if sum(least) > room:
        return None
    low, high = 0, max([*naturals, 1])
    while low < high:  # the largest common width that still fits
        middle = (low + high + 1) // 2
        if sum(max(m, min(n, middle)) for n, m in zip(naturals, least, strict=True)) <= room:
            low = middle
        else:
            high = middle - 1
    widths = [max(m, min(n, low)) for n, m in zip(naturals, least, strict=True)]
    for i, natural in enumerate(naturals):  # hand out what the common width left over
        extra = min(natural - widths[i], room - sum(widths))
        widths[i] += max(0, extra)
    return widths


def lines(
    cells: Sequence[str], hangs: Sequence[str], widths: Sequence[int], right: Sequence[bool], gap: str = "  "
) -> list[str]:
    """One row as lines of text; ``hangs`` start every line of a cell after its first (a tree's trunk)."""
    if all(width(cell) <= most for cell, most in zip(cells, widths, strict=True)):
        return [gap.join(map(_pad, cells, widths, right)).rstrip()]
    stacks = []
    for cell, hang, most in zip(cells, hangs, widths, strict=True):
        first, *_ = wrap(cell, most)
        rest = cell[len(first) :].lstrip(" ")
        room = max(1, most - width(hang))
        stacks.append([first, *(hang + part for part in wrap(rest, room))] if rest else [first])
    height = max(map(len, stacks))
    return [
        gap.join(
            _pad(stack[i] if i < len(stack) else "", most, to_right)
            for stack, most, to_right in zip(stacks, widths, right, strict=True)
        ).rstrip()
        for i in range(height)
    ]


def _pad(text: str, most: int, to_right: bool) -> str:
    blank = " " * (most - width(text))
    return blank + text if to_right else text + blank
