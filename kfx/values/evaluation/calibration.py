"""Compare how sure a model is with how often it is right."""

from __future__ import annotations

import numpy as np

BINS = 10


class Calibration:
    """Counts predictions by the probability that the model gave them, in ten bins of equal width.

    Attributes:
        counts: Predictions in each bin, int64.
    """

    def __init__(self) -> None:
        self.counts = np.zeros(BINS, "int64")
        self._sure, self._right = np.zeros(BINS), np.zeros(BINS)

    def add(self, sure: np.ndarray, right: np.ndarray) -> None:
        """Count predictions: their probabilities, 0 to 1, and whether each is right."""
        places = np.clip((sure.astype("float64") * BINS).astype("int64"), 0, BINS - 1)
        self.counts += np.bincount(places, minlength=BINS)
        self._sure += np.bincount(places, sure, minlength=BINS)
        self._right += np.bincount(places, right.astype("float64"), minlength=BINS)

    @property
    def sure(self) -> np.ndarray:
        """The mean probability of each bin; NaN for an empty one."""
        return np.divide(self._sure, self.counts, out=np.full(BINS, np.nan), where=self.counts > 0)

    @property
    def right(self) -> np.ndarray:
        """The share of each bin that is right; NaN for an empty one."""
        return np.divide(self._right, self.counts, out=np.full(BINS, np.nan), where=self.counts > 0)

    @property
    def error(self) -> float:
        """The expected calibration error: the mean distance of the two, weighted by the counts (Naeini et al. 2015)."""
        total = int(self.counts.sum())
        return float(np.abs(self._sure - self._right).sum() / total) if total else float("nan")
