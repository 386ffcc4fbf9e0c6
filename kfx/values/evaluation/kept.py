"""Hold the few examples of a stream that are worth a look, each once, within a bound of memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np

from kfx.values.numbers.extremes import Extremes

CELL = 12  # examples of each cell of a confusion matrix
MOST_BYTES = 128_000_000  # of the examples that are held


@dataclass(frozen=True, eq=False)
class KeptExample:
    """One example of a data set.

    Attributes:
        number: Its number, from 0, in the order in which the data came.
        truth: The expected value: the number of a class, an array of them, or numbers.
        predicted: What the model gave instead, in the same form.
        sure: The probability of what was predicted; NaN where there is none.
        loss: By how much it is wrong: what the examples are ordered by.
        inputs: Its inputs by name without the batch axis; None where they do not come by example.
    """

    number: int
    truth: Any
    predicted: Any
    sure: float
    loss: float
    inputs: dict[str, np.ndarray] | None = None

    @property
    def nbytes(self) -> int:
        """Bytes of its arrays."""
        held = [self.truth, self.predicted, *(self.inputs or {}).values()]
        return 200 + sum(int(getattr(x, "nbytes", 0)) for x in held)


class KeptExamples:
    """Lists of extreme examples by name, and each example that some list holds.

    When the examples take more than ``most_bytes``, the lists of single cells become shorter.

    Args:
        most_bytes: Of all examples together.

    Attributes:
        cell: How many examples a cell's list holds at most, now.
        rows: The examples by number.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self.cell = CELL
        self.rows: dict[int, KeptExample] = {}
        self._most_bytes, self._bytes = most_bytes, 0
        self._lists: dict[Hashable, Extremes] = {}
        self._held: Counter[int] = Counter()

    def offer(self, name: Hashable, scores: np.ndarray, numbers: np.ndarray, most: int | None = None) -> None:
        """Offer examples to a list; ``most`` is its length, that of a cell's list unless given."""
        found = self._lists.get(name)
        if found is None:
            found = self._lists[name] = Extremes(self.cell if most is None else most)
        added, dropped = found.offer(scores, numbers)
        self._held.update(added)
        self._release(dropped)

    def settle(self, numbers: np.ndarray, row: Callable[[int], KeptExample]) -> None:
        """Hold those of a batch's examples that a list took; ``row`` returns the one at a place in the batch."""
        for place, number in enumerate(numbers.tolist()):
            if self._held[number] > 0 and number not in self.rows:
                self.rows[number] = row(place)
                self._bytes += self.rows[number].nbytes
            elif not self._held[number]:
                del self._held[number]
        while self._bytes > self._most_bytes and self.cell:
            self._shrink()

    def listed(self, name: Hashable) -> list[KeptExample]:
        """Return the examples of a list, the largest score first."""
        return [self.rows[number] for number in self._lists[name].numbers] if name in self._lists else []

    def _shrink(self) -> None:
        self.cell //= 2
        for name, found in self._lists.items():
            if isinstance(name, tuple):
                self._release(found.shrink(min(found.most, self.cell)))

    def _release(self, dropped: set[int]) -> None:
        for number in dropped:
            self._held[number] -= 1
            if self._held[number] <= 0:
                del self._held[number]
                row = self.rows.pop(number, None)
                self._bytes -= row.nbytes if row is not None else 0
