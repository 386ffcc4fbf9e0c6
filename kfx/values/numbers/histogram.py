"""Histograms that can be merged exactly: their bins lie between multiples of a power of two."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Histogram:
    """Counts of values between edges.

    Bin ``i`` holds the values from ``(first + i) * 2**exponent`` up to, not including, ``(first + i + 1) * 2**exponent``.

    Attributes:
        exponent: All bins are ``2**exponent`` wide.
        first: The number of the first bin, counted from zero.
        counts: int64, one for each bin.
    """

    exponent: int
    first: int
    counts: np.ndarray

    @property
    def edges(self) -> np.ndarray:
        """float64, one more than there are bins, as `numpy.histogram` returns them."""
        return np.ldexp(np.arange(self.first, self.first + len(self.counts) + 1, dtype="float64"), self.exponent)

    def __repr__(self) -> str:
        edges = self.edges
        return f"<Histogram: {int(self.counts.sum()):,} values in {len(self.counts)} bins from {edges[0]:g} to {edges[-1]:g}>"


def coarser(histogram: Histogram, exponent: int) -> Histogram:
    """Return the same values in bins ``2**exponent`` wide, which must be at least as wide."""
    step = 1 << (exponent - histogram.exponent)
    numbers = (histogram.first + np.arange(len(histogram.counts))) // step
    counts = np.zeros(numbers[-1] - numbers[0] + 1, "int64")
    np.add.at(counts, numbers - numbers[0], histogram.counts)
    return Histogram(exponent, int(numbers[0]), counts)


def trimmed(histogram: Histogram) -> Histogram:
    """Return the histogram without empty bins at its ends."""
    full = np.flatnonzero(histogram.counts)
    if not len(full):
        return Histogram(histogram.exponent, histogram.first, histogram.counts[:1])
    return Histogram(histogram.exponent, histogram.first + int(full[0]), histogram.counts[full[0] : full[-1] + 1])


def merged_histograms(a: Histogram, b: Histogram, bins: int) -> Histogram:
    """Return all values of both in at most ``bins`` bins, as narrow as possible."""
    if not a.counts.any() or not b.counts.any():
        return a if a.counts.any() else b
    exponent = max(a.exponent, b.exponent)
    while True:
        one, two = coarser(a, exponent), coarser(b, exponent)
        first = min(one.first, two.first)
        last = max(one.first + len(one.counts), two.first + len(two.counts))
        if last - first <= bins:
            break
        exponent += 1
    counts = np.zeros(last - first, "int64")
    for part in (one, two):
        counts[part.first - first : part.first - first + len(part.counts)] += part.counts
    return Histogram(exponent, first, counts)
