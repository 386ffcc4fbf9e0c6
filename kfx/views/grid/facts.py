"""The facts of a map of rows × columns: its measures, the words in its cells, and what its faces write of a cell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np

from kfx.draw.values.scale import Limits, limits
from kfx.text.untrusted import cut, visible

LONGEST = 40  # characters of a word

Form = Literal["change", "share", "value", "rank"]


@dataclass(frozen=True, eq=False)
class Measure:
    """One number for each cell.

    Attributes:
        name: A short name in code, e.g. ``"change"``.
        label: What the number is, for a menu and a legend.
        form: How the number is written.
        values: ``(row, column)``.
        drawn: Whether the map may be coloured by it; else it is only written beside a cell.
        ends: The ends of its scale, or None for those of its values.
    """

    name: str
    label: str
    form: Form
    values: np.ndarray
    drawn: bool = True
    ends: Limits | None = None

    @cached_property
    def scale(self) -> Limits:
        """The scale that it is drawn on."""
        return self.ends if self.ends is not None else limits(self.values)


@dataclass(frozen=True, eq=False)
class Sheet:
    """One map.

    Attributes:
        rows: A label for each row.
        titles: The address of each row.
        columns: A word for each column.
        measures: The first is drawn at first.
        words: Words that the cells show.
        ids: ``(row, column, top)`` numbers in ``words``; None where cells hold no words.
        shares: ``(row, column, top)`` from 0 to 1, beside the words.
        first: The cell that is looked at first.
        notes: Sentences beneath the map.
    """

    rows: tuple[str, ...]
    titles: tuple[str, ...]
    columns: tuple[str, ...]
    measures: tuple[Measure, ...]
    words: tuple[str, ...] = ()
    ids: np.ndarray | None = None
    shares: np.ndarray | None = None
    first: tuple[int, int] = (0, 0)
    notes: tuple[str, ...] = ()

    def guess(self, row: int, column: int, number: int = 0) -> str:
        """Return a word of a cell; the first one is that which the map shows."""
        assert self.ids is not None
        return self.words[int(self.ids[row, column, number])]

    def column(self, number: int) -> str:
        """``cat (3)``; the number alone where there is no word."""
        word = self.columns[number]
        return str(number) if word in ("", str(number)) else f"{visible(word)} ({number})"


@dataclass(frozen=True, eq=False)
class GridFacts:
    """What a map view shows.

    Attributes:
        kind: The name of the verb, e.g. ``"sweep"``.
        name: The model's name.
        line: Facts in one line.
        pages: A name for each map, e.g. one for each example.
        page: Returns a map by number.
        start: The number of the map that is shown first.
        row_word: What a row is, e.g. ``"layer"``.
        column_word: What a column is, e.g. ``"position"``.
        before: The word before a cell's row in a sentence, e.g. ``"after"``.
    """

    kind: str
    name: str
    line: str
    pages: tuple[str, ...]
    page: Callable[[int], Sheet]
    start: int = 0
    row_word: str = "layer"
    column_word: str = "position"
    before: str = ""
    _kept: dict[int, Sheet] = field(default_factory=dict)

    def sheet(self, number: int) -> Sheet:
        """Return one of the maps."""
        if not 0 <= number < len(self.pages):
            raise ValueError(f"There is no map {number}; there are {len(self.pages)}.")
        if number not in self._kept:
            self._kept[number] = self.page(number)
        return self._kept[number]


def number_words(value: float, form: Form) -> str:
    """Return a number as it is written: ``+1.32`` a change, ``84 %`` a share, ``0.0132`` a value, ``3`` a rank from 1."""
    if not np.isfinite(value):
        return "NaN" if np.isnan(value) else "∞" if value > 0 else "−∞"
    if form == "share":
        return f"{100 * value:.0f} %".replace("-0 %", "0 %").replace("-", "−")
    if form == "rank":
        return f"{value:,.0f}"
    text = _short(value)
    return f"+{text}" if form == "change" and value > 0 and text != "0" else text


def _short(value: float) -> str:
    size = abs(value)
    if size < 5e-7:
        return "0"
    if size >= 1e5 or size < 1e-3:
        return f"{value:.1e}".replace("-", "−")
    return f"{value:,.{0 if size >= 1000 else 2 if size >= 0.01 else 4}f}".replace("-", "−")


def shown_words(words: Sequence[object]) -> tuple[str, ...]:
    """Return words of strangers, visible and of bounded length; a space is drawn where a word begins with one."""
    return tuple(cut(visible(str(word)), LONGEST) for word in words)


def row_labels(addresses: Sequence[str]) -> tuple[str, ...]:
    """Return addresses without the layers around that all of them share: ``block_0`` of ``backbone/block_0``."""
    paths = [address.split("/") for address in addresses]
    shared = 0
    while len(paths) > 1 and all(len(path) > shared + 1 and path[shared] == paths[0][shared] for path in paths):
        shared += 1
    return tuple(visible("/".join(path[shared:])) for path in paths)
