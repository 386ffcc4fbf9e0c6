"""The record of a user's own panel: lines of text, a table, series, pictures and counts, each bounded in size."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from kfx.text.untrusted import cut
from kfx.training.journal.buckets import Buckets

MOST_LINES, MOST_ROWS, MOST_COLUMNS, MOST_SERIES = 50, 50, 12, 6
_LINE, _CELL, _NAME = 300, 80, 60  # characters
POINTS = 256  # of a series; where there are more, neighbours merge
MOST_PICTURES, MOST_SIDE, MOST_CLASSES = 24, 128, 20

Content: TypeAlias = (
    "str | Sequence[str] | Mapping[str, object] | Sequence[Mapping[str, object]] | Confused | tuple[Content, ...] | None"
)


@dataclass(frozen=True, eq=False)
class Confused:
    """How often classes were taken for each other.

    Attributes:
        counts: ``(true, predicted)`` int64, at most `MOST_CLASSES` of each.
        true: How often each class occurs, also where it was taken for one that is not among them.
        names: The classes' names.
        heading: What is shown.
    """

    counts: np.ndarray
    true: np.ndarray
    names: tuple[str, ...]
    heading: str = "Confusion"

    def __post_init__(self) -> None:
        n = len(self.names)
        if self.counts.shape != (n, n) or self.true.shape != (n,) or n > MOST_CLASSES or (self.counts < 0).any():
            raise ValueError(f"The counts have shape {self.counts.shape} for {n} classes; expected at most {MOST_CLASSES}.")


@dataclass
class PanelRecord:
    """The content of a panel.

    Attributes:
        title: Its head.
        lines: Lines of text, at most `MOST_LINES`.
        heads: The heads of the table's columns, at most `MOST_COLUMNS`.
        rows: The rows of the table, at most `MOST_ROWS`, each as long as ``heads``.
        series: By step, a column for each series, at most `MOST_SERIES`.
        pictures: Arrays ``(height, width)`` or ``(height, width, channel)`` with their names, at most `MOST_PICTURES` of at
            most `MOST_SIDE` rows and columns.
        confusion: Counts of classes, or None.
    """

    title: str
    lines: tuple[str, ...] = ()
    heads: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    series: Buckets = field(default_factory=lambda: Buckets(capacity=POINTS))
    pictures: tuple[tuple[str, np.ndarray], ...] = ()
    confusion: Confused | None = None

    def __post_init__(self) -> None:
        self.title = cut(str(self.title), _NAME)
        self.write_lines(self.lines)
        self.write_table(self.heads, self.rows)
        self.write_pictures(self.pictures)

    def show(self, content: Content, step: int) -> None:
        """Show the content that a hook returned: text and tables replace the earlier ones, numbers are added to their series.

        Args:
            content: One text, several, numbers and pictures by name, the rows of a table as dicts, counts of classes, a tuple
                of several of these, or None to change nothing.
            step: The step at which numbers are drawn.

        Raises:
            TypeError: ``content`` is none of these, or holds something else in place of a number.
        """
        if isinstance(content, str):
            self.write_lines(content.splitlines())
        elif isinstance(content, Confused):
            self.confusion = content
        elif isinstance(content, Mapping):
            pictures = [(name, value) for name, value in content.items() if len(getattr(value, "shape", ())) > 1]
            if pictures:
                self.write_pictures(pictures)
            if numbers := {name: value for name, value in content.items() if len(getattr(value, "shape", ())) < 2}:
                self.add_point(numbers, step)
        elif isinstance(content, Sequence) and all(isinstance(part, str) for part in content):
            self.write_lines(line for text in content for line in str(text).splitlines())
        elif isinstance(content, tuple):
            for part in content:
                self.show(part, step)
        elif isinstance(content, Sequence) and all(isinstance(part, Mapping) for part in content):
            rows = [row for row in content[:MOST_ROWS] if isinstance(row, Mapping)]
            heads = dict.fromkeys(name for row in rows for name in row)
            self.write_table(heads, [[row.get(head, "") for head in heads] for row in rows])
        elif content is not None:
            raise TypeError(
                f"A panel was given {type(content).__name__!r}; expected text, a list of texts, a dict of numbers or "
                "pictures, a list of dicts (the rows of a table), or None."
            )

    def write_lines(self, lines: Iterable[str]) -> None:
        """Replace the lines of text."""
        self.lines = tuple(cut(line, _LINE) for line in tuple(lines)[:MOST_LINES])

    def write_table(self, heads: Iterable[object], rows: Iterable[Iterable[object]]) -> None:
        """Replace the table."""
        self.heads = tuple(cut(str(head), _CELL) for head in tuple(heads)[:MOST_COLUMNS])
        n = len(self.heads)
        kept = tuple(rows)[:MOST_ROWS] if n else ()
        self.rows = tuple((*map(_cell, tuple(row)[:n]), *[""] * (n - len(tuple(row)))) for row in kept)

    def write_pictures(self, pictures: Iterable[tuple[object, object]]) -> None:
        """Replace the pictures.

        Raises:
            TypeError: One is not an array of numbers ``(height, width)`` or ``(height, width, 1, 3 or 4)``.
        """
        kept = list(pictures)[:MOST_PICTURES]
        self.pictures = tuple((cut(str(name), _CELL), _picture(name, values)) for name, values in kept)

    def add_point(self, values: Mapping[str, object], step: int) -> None:
        """Add a value to each of the series named."""
        known, row = self.series.columns, {cut(str(name), _NAME): _number(name, value) for name, value in values.items()}
        self.series.widen([name for name in row if name not in known][: MOST_SERIES - len(known)])
        self.series.add(step, [row.get(name, math.nan) for name in self.series.columns])


def _number(name: object, value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]  # a user's
    except (TypeError, ValueError, OverflowError):
        raise TypeError(f"A panel was given {value!r:.60} for {name!r:.60}; expected a number.") from None


def _picture(name: object, values: object) -> np.ndarray:
    """Return a picture of at most `MOST_SIDE` rows and columns, each of its points the mean of a square."""
    array = np.asarray(values)
    plain = array.dtype.kind in "buif" and (array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (1, 3, 4)))
    if not plain or 0 in array.shape:
        raise TypeError(
            f"A panel was given an array of shape {array.shape} and type {array.dtype} for {str(name)!r:.60}; expected a "
            "picture, (height, width) or (height, width, 3)."
        )
    step = -(-max(array.shape[:2]) // MOST_SIDE)
    if step > 1:
        rows, columns = (max(1, n // step) for n in array.shape[:2])
        down, across = array.shape[0] // rows, array.shape[1] // columns
        cells = array[: rows * down, : columns * across].reshape(rows, down, columns, across, *array.shape[2:])
        array = cells.mean(axis=(1, 3), dtype="float64")
        array = array.round().astype(np.asarray(values).dtype) if np.asarray(values).dtype.kind in "ui" else array
    return array.astype("float32") if array.dtype.kind == "f" else np.array(array)


def _cell(value: object) -> str:
    return cut(f"{value:.4g}" if isinstance(value, float) else str(value), _CELL)
