"""The record of a user's own panel: lines of text, a table and series of numbers, each bounded in size."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from kfx.text.untrusted import cut
from kfx.training.journal.buckets import Buckets

MOST_LINES, MOST_ROWS, MOST_COLUMNS, MOST_SERIES = 50, 50, 12, 6
_LINE, _CELL, _NAME = 300, 80, 60  # characters
POINTS = 256  # of a series; where there are more, neighbours merge

Content: TypeAlias = "str | Sequence[str] | Mapping[str, float] | Sequence[Mapping[str, object]] | tuple[Content, ...] | None"


@dataclass
class PanelRecord:
    """The content of a panel.

    Attributes:
        title: Its head.
        lines: Lines of text, at most `MOST_LINES`.
        heads: The heads of the table's columns, at most `MOST_COLUMNS`.
        rows: The rows of the table, at most `MOST_ROWS`, each as long as ``heads``.
        series: By step, a column for each series, at most `MOST_SERIES`.
    """

    title: str
    lines: tuple[str, ...] = ()
    heads: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    series: Buckets = field(default_factory=lambda: Buckets(capacity=POINTS))

    def __post_init__(self) -> None:
        self.title = cut(str(self.title), _NAME)
        self.write_lines(self.lines)
        self.write_table(self.heads, self.rows)

    def show(self, content: Content, step: int) -> None:
        """Show the content that a hook returned: text and tables replace the earlier ones, numbers are added to their series.

        Args:
            content: One text, several, numbers by name, the rows of a table as dicts, a tuple of several of these, or None to
                change nothing.
            step: The step at which numbers are drawn.

        Raises:
            TypeError: ``content`` is none of these, or holds something else in place of a number.
        """
        if isinstance(content, str):
            self.write_lines(content.splitlines())
        elif isinstance(content, Mapping):
            self.add_point(content, step)
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
                f"A panel was given {type(content).__name__!r}; expected text, a list of texts, a dict of numbers, a list of "
                "dicts (the rows of a table), or None."
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

    def add_point(self, values: Mapping[str, float], step: int) -> None:
        """Add a value to each of the series named."""
        known, row = self.series.columns, {cut(str(name), _NAME): _number(name, value) for name, value in values.items()}
        self.series.widen([name for name in row if name not in known][: MOST_SERIES - len(known)])
        self.series.add(step, [row.get(name, math.nan) for name in self.series.columns])


def _number(name: object, value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]  # a user's
    except (TypeError, ValueError, OverflowError):
        raise TypeError(f"A panel was given {value!r:.60} for {name!r:.60}; expected a number.") from None


def _cell(value: object) -> str:
    return cut(f"{value:.4g}" if isinstance(value, float) else str(value), _CELL)
