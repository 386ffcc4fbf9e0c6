"""A table that grows without end in bounded memory: when it is full, neighbours merge; means and extremes stay exact."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

_PENDING = 256  # rows kept as they came before they are folded into the arrays


class Rows(NamedTuple):
    """The content of a table, oldest first; before anything was merged each bucket is one row and mean = low = high.

    Attributes:
        steps: Last step in each bucket, shape ``(buckets,)``.
        mean: Mean of the finite values, shape ``(buckets, columns)``; NaN where there was none.
        low: Least finite value, same shape.
        high: Greatest finite value, same shape.
        finite: How many values were finite, same shape.
    """

    steps: np.ndarray
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    finite: np.ndarray


class Buckets:
    """Rows of numbers by step, at most ``capacity`` of them in memory however many are added.

    A bucket holds ``stride`` consecutive rows; the stride doubles whenever the table is full.

    Args:
        columns: Names of the columns; `widen` adds more later.
        capacity: Most buckets, an even number.
        dtype: Of the stored values.
    """

    def __init__(self, columns: Sequence[str] = (), *, capacity: int = 1024, dtype: str = "float64") -> None:
        if capacity < 2 or capacity % 2:
            raise ValueError(f"`capacity` is {capacity!r}; expected an even number of at least 2.")
        self.columns: list[str] = list(columns)
        self.capacity, self.dtype = capacity, dtype
        self.stride = 1
        self.rows = 0  # added in all
        self.last: Sequence[float] = []  # the newest row, as it came
        self.last_step = 0
        self._pending: list[tuple[int, Sequence[float]]] = []
        self._closed = _gathered([], 1, len(self.columns), dtype)
        self._open: Rows | None = None  # a bucket that is not full yet
        self._open_rows = 0
        self._undo: tuple[Any, ...] = ()  # the table before its newest row, where that may be replaced

    def add(self, step: int, values: Sequence[float]) -> None:
        """Add one row; ``values`` are in the order of the columns."""
        self._pending.append((step, values))
        self.rows += 1
        self.last_step, self.last = step, values
        if len(self._pending) >= _PENDING:
            self._fold()

    def add_open(self, step: int, values: Sequence[float]) -> None:
        """Add one row that `replace` can replace until the next one is added."""
        self._fold()
        before = (self._closed, self._open, self._open_rows, self.stride, self.rows, self.last_step, self.last)
        self.add(step, values)
        self._undo = before

    def replace(self, columns: Sequence[str], values: Mapping[str, float]) -> None:
        """Give the row that `add_open` added other values.

        Args:
            columns: Columns to be added for it, in order.
            values: The values by column; NaN where there is none.
        """
        step = self.last_step
        self._pending = []
        self._closed, self._open, self._open_rows, self.stride, self.rows, self.last_step, self.last = self._undo
        self._open = self._open if self._open is None else _widened(self._open, len(self.columns) - self._open.mean.shape[1])
        self._closed = _widened(self._closed, len(self.columns) - self._closed.mean.shape[1])
        self.widen(columns)
        self.add_open(step, [values.get(name, math.nan) for name in self.columns])

    def extend(self, steps: Sequence[int], rows: Sequence[Sequence[float]] | np.ndarray) -> None:
        """Add several rows at once."""
        if len(steps):
            self._pending.extend(zip(steps, rows, strict=True))
            self.rows += len(steps)
            self.last_step, self.last = steps[-1], list(rows[-1])
            self._fold()

    def widen(self, names: Sequence[str]) -> None:
        """Add columns; earlier rows hold no value in them."""
        fresh = [name for name in names if name not in self.columns]
        if not fresh:
            return
        self._fold()
        self.columns += fresh
        self._closed = _widened(self._closed, len(fresh))
        if self._open is not None:
            self._open = _widened(self._open, len(fresh))

    def read(self) -> Rows:
        """Return everything, the bucket that is still being filled included."""
        self._fold()
        return self._closed if self._open is None else _joined(self._closed, self._open)

    def column(self, name: str) -> Rows:
        """Return one column of `read`, each array of shape ``(buckets,)``."""
        rows, i = self.read(), self.columns.index(name)
        return Rows(rows.steps, *(part[:, i] for part in rows[1:]))

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays."""
        return sum(part.nbytes for part in self.read())

    def __len__(self) -> int:
        return len(self.read().steps)

    def _fold(self) -> None:
        pending, self._pending = self._pending, []
        while pending:
            if self._open is None and len(pending) >= self.stride:
                room = self.capacity - len(self._closed.steps)
                whole = min(len(pending) // self.stride, room)
                taken, pending = pending[: whole * self.stride], pending[whole * self.stride :]
                self._close(_gathered(taken, self.stride, len(self.columns), self.dtype))
                continue
            room = self.stride - self._open_rows
            taken, pending = pending[:room], pending[room:]
            bucket = _gathered(taken, len(taken), len(self.columns), self.dtype)
            self._open = bucket if self._open is None else _merged(_joined(self._open, bucket))
            self._open_rows += len(taken)
            if self._open_rows == self.stride:
                full, self._open, self._open_rows = self._open, None, 0
                self._close(full)

    def _close(self, buckets: Rows) -> None:
        self._closed = _joined(self._closed, buckets)
        if len(self._closed.steps) >= self.capacity:
            self._closed = _merged(self._closed)
            self.stride *= 2

    def state(self) -> dict[str, np.ndarray]:
        """Return arrays from which `from_state` makes the same table again."""
        rows = self.read()
        sizes = np.array([self.capacity, self.stride, self.rows, self._open_rows, self.last_step], np.int64)
        return {**rows._asdict(), "sizes": sizes, "last": np.asarray(self.last, np.float64)}

    @classmethod
    def from_state(cls, columns: Sequence[str], state: dict[str, np.ndarray]) -> Buckets:
        """Make the table that `state` described."""
        rows = Rows(*(state[name] for name in Rows._fields))
        capacity, stride, total, partial, last_step = (int(n) for n in state["sizes"])
        table = cls(columns, capacity=capacity, dtype=str(rows.mean.dtype))
        table.stride, table.rows, table._open_rows, table.last_step = stride, total, partial, last_step
        table.last = state["last"].tolist()
        table._closed = rows
        if partial:
            table._closed = Rows(*(part[:-1] for part in rows))
            table._open = Rows(*(part[-1:] for part in rows))
        return table


def _joined(a: Rows, b: Rows) -> Rows:
    return Rows._make(np.concatenate(parts) for parts in zip(a, b, strict=True))


def _widened(rows: Rows, more: int) -> Rows:
    def wide(part: np.ndarray, fill: float) -> np.ndarray:
        return np.pad(part, ((0, 0), (0, more)), constant_values=fill)

    mean, low, high = (wide(part, np.nan) for part in (rows.mean, rows.low, rows.high))
    return Rows(rows.steps, mean, low, high, wide(rows.finite, 0))


def _gathered(rows: list[tuple[int, Sequence[float]]], stride: int, columns: int, dtype: str) -> Rows:
    """Return rows as buckets of ``stride`` rows each."""
    steps = np.fromiter((step for step, _ in rows), np.int64, len(rows))
    values = np.array([row for _, row in rows], dtype).reshape(len(rows), columns)
    finite = np.isfinite(values)
    known = np.where(finite, values, np.nan)
    return _merged(Rows(steps, known, known, known, finite.astype(np.float32)), stride)


def _merged(rows: Rows, size: int = 2) -> Rows:
    """Merge each ``size`` neighbours into one bucket."""
    if size == 1:
        return rows
    count = len(rows.steps) // size

    def cut(part: np.ndarray) -> np.ndarray:
        return part[: count * size].reshape(count, size, -1)

    finite = cut(rows.finite).sum(axis=1)
    weighted = np.where(cut(rows.finite) > 0, cut(rows.mean) * cut(rows.finite), 0).sum(axis=1)
    none = finite == 0
    mean = np.where(none, np.nan, weighted / np.where(none, 1, finite)).astype(rows.mean.dtype)
    low = np.where(none, np.nan, np.fmin.reduce(cut(rows.low), axis=1))
    high = np.where(none, np.nan, np.fmax.reduce(cut(rows.high), axis=1))
    return Rows(rows.steps[size - 1 : count * size : size], mean, low, high, finite.astype(np.float32))
