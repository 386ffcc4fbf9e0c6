"""Count how often each class is taken for each: as a matrix, or for very many classes as pairs."""

from __future__ import annotations

import numpy as np

DENSE = 1000  # classes up to which all pairs have a place of their own
MOST_PAIRS = 200_000  # of many classes: pairs of a class and another that are counted


class Confusion:
    """Counts of true and predicted classes.

    Args:
        classes: How many there are.

    Attributes:
        true: How often each class was the true one, int64.
        predicted: How often each class was predicted.
        right: How often it was predicted and true.
        left_out: Confusions of rare pairs that were counted in the totals only: there were more than `MOST_PAIRS`.
    """

    def __init__(self, classes: int) -> None:
        self.classes = classes
        self.true, self.predicted, self.right = (np.zeros(classes, "int64") for _ in range(3))
        self.left_out = 0
        self._counts = np.zeros((classes, classes), "int64") if classes <= DENSE else None
        self._pairs: dict[int, int] = {}

    @property
    def total(self) -> int:
        """All that was counted."""
        return int(self.true.sum())

    def add(self, true: np.ndarray, predicted: np.ndarray) -> None:
        """Count classes by number, two arrays of one length."""
        n = self.classes
        self.true += np.bincount(true, minlength=n)
        self.predicted += np.bincount(predicted, minlength=n)
        self.right += np.bincount(true[true == predicted], minlength=n)
        codes = true.astype("int64") * n + predicted
        if self._counts is not None:
            self._counts += np.bincount(codes, minlength=n * n).reshape(n, n)
            return
        found, counts = np.unique(codes, return_counts=True)
        for code, count in zip(found.tolist(), counts.tolist(), strict=True):
            self._pairs[code] = self._pairs.get(code, 0) + count
        while len(self._pairs) > MOST_PAIRS:
            self._drop_rare()

    def _drop_rare(self) -> None:
        least = min(self._pairs.values())
        self.left_out += sum(count for count in self._pairs.values() if count == least)
        self._pairs = {code: count for code, count in self._pairs.items() if count > least}

    def matrix(self, classes: np.ndarray | None = None) -> np.ndarray:
        """Return the counts ``(true, predicted)`` among some classes, all unless given.

        Raises:
            ValueError: All are asked for, and there are more than `DENSE`.
        """
        if classes is None:
            if self._counts is None:
                raise ValueError(
                    f"A matrix of {self.classes:,} classes is too large; ask for the pairs that occur: `.pairs()`."
                )
            return self._counts.copy()
        if self._counts is not None:
            return self._counts[np.ix_(classes, classes)]
        keys = np.asarray(classes, "int64")[:, None] * self.classes + np.asarray(classes, "int64")
        return np.array([[self._pairs.get(key, 0) for key in row] for row in keys.tolist()], "int64").reshape(keys.shape)

    def pairs(self, most: int | None = None) -> list[tuple[int, int, int]]:
        """Return ``(true, predicted, count)`` of the pairs that are wrong, the most frequent first."""
        counts = self._pairs
        if self._counts is not None:
            codes = np.flatnonzero(self._counts)
            counts = dict(zip(codes.tolist(), self._counts.ravel()[codes].tolist(), strict=True))
        found = ((*divmod(code, self.classes), count) for code, count in counts.items())
        wrong = sorted((one for one in found if one[0] != one[1]), key=lambda one: (-one[2], one[0], one[1]))
        return wrong if most is None else wrong[:most]

    def most_confused(self, most: int) -> np.ndarray:
        """Return the numbers of the classes that are most often taken for another or another for them, in their order."""
        if self.classes <= most:
            return np.arange(self.classes)
        wrong = self.true + self.predicted - 2 * self.right
        return np.sort(np.argsort(-wrong, kind="stable")[:most])

    def overlap(self) -> np.ndarray:
        """Return intersection over union of each class; NaN for one that neither occurs nor is predicted."""
        union = self.true + self.predicted - self.right
        return np.divide(self.right, union, out=np.full(self.classes, np.nan), where=union > 0)
