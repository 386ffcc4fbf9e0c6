"""Keep the examples with the largest scores of a stream: as many as are asked for, never all."""

from __future__ import annotations

import heapq
from collections.abc import Iterator

import numpy as np


class Extremes:
    """The examples with the largest scores so far; of equal scores, those that came first. A score of NaN is never kept.

    Args:
        most: How many are kept.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._heap: list[tuple[float, int]] = []  # the smallest score first, of equal ones the example that came last

    def __len__(self) -> int:
        return len(self._heap)

    def __iter__(self) -> Iterator[tuple[int, float]]:
        """Yield number and score of each, the largest score first."""
        return ((-negative, score) for score, negative in sorted(self._heap, key=lambda one: (-one[0], -one[1])))

    @property
    def numbers(self) -> list[int]:
        """The examples' numbers, the largest score first."""
        return [number for number, _ in self]

    def offer(self, scores: np.ndarray, numbers: np.ndarray) -> tuple[set[int], set[int]]:
        """Take the examples whose scores are large enough.

        Args:
            scores: One for each example.
            numbers: The examples' numbers.

        Returns:
            The numbers that are kept from now on, and those that are kept no more.
        """
        before = {-negative for _, negative in self._heap}
        worst = self._heap[0][0] if len(self._heap) >= self.most else -np.inf
        for place in np.flatnonzero(scores >= worst).tolist():  # NaN is not
            entry = (float(scores[place]), -int(numbers[place]))
            if len(self._heap) < self.most:
                heapq.heappush(self._heap, entry)
            elif self.most and entry > self._heap[0]:
                heapq.heapreplace(self._heap, entry)
        after = {-negative for _, negative in self._heap}
        return after - before, before - after

    def shrink(self, most: int) -> set[int]:
        """Keep fewer from now on; return the numbers that are kept no more."""
        dropped: set[int] = set()
        self.most = most
        while len(self._heap) > most:
            dropped.add(-heapq.heappop(self._heap)[1])
        return dropped
