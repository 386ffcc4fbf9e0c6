"""Columns of text: measure their width in a terminal, wrap them without losing a character, share out the width."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import zip_longest

from rich.cells import cell_len

_BREAK_AFTER = frozenset(" /_.,·×@-")
PROSE = frozenset(" ")
GAP = "  "
# Latin, dashes and dots, arrows, mathematics, box drawing: blocks in which no printable character is two cells wide
_ONE_CELL = re.compile("[ -\u00ac\u00ae-\u02ff\u2010-\u2027\u2190-\u22ff\u2500-\u25fc]*").fullmatch


@lru_cache(maxsize=16384)
def width(text: str) -> int:
    """Return the cells that a terminal needs for the text: 2 for a wide character or an emoji, 0 for a combining mark."""
    return len(text) if _narrow(text) else sum(map(cell_len, text))


def wrap(text: str, most: int, after: frozenset[str] = _BREAK_AFTER) -> list[str]:
    """Return lines of at most ``most`` cells, cut after a separator or before a capital where there is one, else anywhere.

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
        wide = cell_len(char)
        if cells + wide > most and line:
            at = cut if cut * 3 >= len(line) else len(line)
            lines.append(line[:at].rstrip(" "))
            line = line[at:].lstrip(" ")
            cells, cut = width(line), 0
        line, cells, last = line + char, cells + wide, char
    return [*lines, line] if line else lines


def _may_cut(last: str, char: str, after: frozenset[str]) -> bool:
    """Return True if a line may end between two characters."""
    return (last in after and not (last in ".," and char.isdigit())) or (last.islower() and char.isupper() and after != PROSE)


def _wrap_narrow(text: str, most: int, after: frozenset[str]) -> list[str]:
    """The same for text in which every character is one cell wide."""
    longest = _longest_line(most, after)
    lines = []
    while len(text) > most:
        found = longest(text)
        at = found.end() if found else most
        lines.append(text[:at].rstrip(" "))
        text = text[at:].lstrip(" ")
    return [*lines, text] if text else lines


@lru_cache(maxsize=256)
def _longest_line(most: int, after: frozenset[str]) -> Callable[[str], re.Match[str] | None]:
    """Match the longest beginning of at most ``most`` characters, and at least a third of them, that may end a line."""
    plain, dots = (re.escape("".join(sorted(part))) for part in (after - set(".,"), after & set(".,")))
    ends = [f"(?<=[{plain}])"] if plain else []
    ends += [rf"(?<=[{dots}])(?!\d)"] if dots else []
    ends += ["(?<=[a-z])(?=[A-Z])"] if after != PROSE else []
    return re.compile(rf".{{{-(-most // 3)},{most}}}(?:{'|'.join(ends)})", re.DOTALL).match


def share(naturals: Sequence[int], least: Sequence[int], room: int) -> list[int] | None:
    """Return widths that add up to ``room`` at most: every column as wide as it needs, the widest ones cut to one common width.

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
    """Return every row as its lines of text.

    Args:
        cells: Columns of cells, all of one length.
        hangs: For each row, what starts every line of its first cell but the first (a tree's trunk).
        widths: Of each column.
        right: For each column, whether it is right-aligned.
    """
    form = GAP.join([f"%{'' if to_right else '-'}{most}s" for most, to_right in zip(widths, right, strict=True)])
    measures = [len if _narrow("".join(column)) else width for column in cells]
    simple = all(measure is len for measure in measures)

    def line(row: Sequence[str]) -> str:
        if simple:  # one formatting instead of one padding a cell
            return (form % tuple(row)).rstrip()
        return GAP.join(map(_pad, row, widths, right)).rstrip()

    natural = [list(map(measure, column)) for measure, column in zip(measures, cells, strict=True)]
    tight = [i for i, most in enumerate(widths) if max(natural[i]) > most]
    crowded = {row for i in tight for row, needed in enumerate(natural[i]) if needed > widths[i]}
    return [
        [line(part) for part in _cut(row, hangs[i], widths, tight)] if i in crowded else [line(row)]
        for i, row in enumerate(zip(*cells, strict=True))
    ]


def aligned(rows: Sequence[Sequence[str]], *, most: int = 0, gap: str = "  ") -> list[str]:
    """Return rows as lines with their columns aligned; with ``most``, a cell that is wider moves its own line only."""
    widest = [max(map(width, column)) for column in zip(*rows, strict=True)]
    widths = [min(cells, most) if most else cells for cells in widest]
    return [gap.join(cell + " " * (w - width(cell)) for cell, w in zip(row, widths, strict=True)) for row in rows]


def natural_width(column: Sequence[str]) -> int:
    """Return the cells that the widest of some texts needs."""
    return max(map(len, column)) if _narrow("".join(column)) else max(map(width, column))


def _cut(row: Sequence[str], hang: str, widths: Sequence[int], tight: Sequence[int]) -> list[Sequence[str]]:
    """A row with cells that are too wide, in the ``tight`` columns, as rows of cells that fit."""
    first = list(row)
    below: list[Sequence[str]] = [()] * len(row)
    for i in tight:
        first[i], *below[i] = wrap(row[i], widths[i])
        if below[i] and i == 0 and hang and width(hang) * 2 <= widths[0]:
            below[0] = [hang + part for part in wrap(row[0][len(first[0]) :].lstrip(" "), widths[0] - width(hang))]
    return [first, *zip_longest(*below, fillvalue="")]


def _narrow(text: str) -> bool:
    """Return True if every character is one cell wide."""
    return text.isascii() or _ONE_CELL(text) is not None


def _pad(text: str, most: int, to_right: bool) -> str:
    blank = " " * (most - width(text))
    return blank + text if to_right else text + blank
