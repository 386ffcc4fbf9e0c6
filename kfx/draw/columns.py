"""Columns of text: measure what a terminal shows, wrap without losing a character, share out the width."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

_BREAK_AFTER = frozenset(" /_.,·×@-")
PROSE = frozenset(" ")
GAP = "  "
_WIDE_FROM = "\u0300"  # below it every printable character is one cell wide


@lru_cache(maxsize=16384)
def width(text: str) -> int:
    """Cells that a terminal needs for the text: 2 for an East-Asian wide character or an emoji, 0 for a combining mark."""
    if text.isascii() or max(text) < _WIDE_FROM:
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
    if text.isascii():
        return _wrap_narrow(text, most, after)
    lines, line, cells, cut, last = [], "", 0, 0, ""
    for char in text:
        if _may_cut(last, char, after):
            cut = len(line)
        wide = _cells(char)
        if cells + wide > most and line:
            at = cut if cut * 3 >= len(line) else len(line)
            lines.append(line[:at].rstrip(" "))
            line = line[at:].lstrip(" ")
            cells, cut = width(line), 0
        line, cells, last = line + char, cells + wide, char
    return [*lines, line] if line else lines


def _may_cut(last: str, char: str, after: frozenset[str]) -> bool:
    """Whether a line may end between two characters."""
    return (last in after and not (last in ".," and char.isdigit())) or (last.islower() and char.isupper() and after != PROSE)


def _wrap_narrow(text: str, most: int, after: frozenset[str]) -> list[str]:
    """The same for text in which every character is one cell wide: look backwards from where the line must end."""
    lines = []
    while len(text) > most:
        at = most
        for place in range(most, -(-most // 3) - 1, -1):
            if _may_cut(text[place - 1], text[place], after):
                at = place
                break
        lines.append(text[:at].rstrip(" "))
        text = text[at:].lstrip(" ")
    return [*lines, text] if text else lines


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


def table(
    cells: Sequence[Sequence[str]], hangs: Sequence[str], widths: Sequence[int], right: Sequence[bool]
) -> list[list[str]]:
    """Every row as its lines of text.

    Args:
        cells: Columns of cells, all of one length.
        hangs: For each row, what starts every line of its first cell but the first (a tree's trunk).
        widths: Of each column.
        right: For each column, whether it stands right.
    """
    padded, crowded = [], set()
    for column, most, to_right in zip(cells, widths, right, strict=True):
        padded.append([_pad(cell, most, to_right) for cell in column])
        crowded.update(i for i, cell in enumerate(column) if width(cell) > most)
    blank = [" " * most for most in widths]
    return [
        _wrapped([column[i] for column in cells], row, hangs[i], widths, right, blank)
        if i in crowded
        else [GAP.join(row).rstrip()]
        for i, row in enumerate(zip(*padded, strict=True))
    ]


def _wrapped(
    row: Sequence[str],
    padded: Sequence[str],
    hang: str,
    widths: Sequence[int],
    right: Sequence[bool],
    blank: Sequence[str],
) -> list[str]:
    """The lines of a row with cells that are too wide: only those are worked out anew."""
    first, below = list(padded), {}
    for i, (cell, most) in enumerate(zip(row, widths, strict=True)):
        if width(cell) > most:
            start, *_ = wrap(cell, most)
            trunk = hang if i == 0 and width(hang) * 2 <= most else ""
            first[i] = _pad(start, most, right[i])
            below[i] = [trunk + part for part in wrap(cell[len(start) :].lstrip(" "), most - width(trunk))]
    lines = [first]
    for number in range(max(map(len, below.values()))):
        line = list(blank)
        for i, parts in below.items():
            if number < len(parts):
                line[i] = _pad(parts[number], widths[i], right[i])
        lines.append(line)
    return [GAP.join(line).rstrip() for line in lines]


def _pad(text: str, most: int, to_right: bool) -> str:
    if text.isascii():
        return text.rjust(most) if to_right else text.ljust(most)
    blank = " " * (most - width(text))
    return blank + text if to_right else text + blank
