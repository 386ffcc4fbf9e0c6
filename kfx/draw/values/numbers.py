"""Describe values by a few numbers and a histogram, rank channels by strength, and write numbers."""

from __future__ import annotations

from dataclasses import dataclass
from math import isinf, isnan

import numpy as np

BINS = 30


@dataclass(frozen=True)
class Figures:
    """Figures of finite values; ``nan`` and ``inf`` count the others.

    Attributes:
        count: Finite values.
        mean: Arithmetic mean.
        std: Standard deviation (``ddof=0``).
        smallest: The least value.
        largest: The greatest value.
        zeros: Share of exact zeros, 0.0 to 1.0.
        nan: How many are not a number.
        inf: How many are infinite.
        bins: int counts of `BINS` equal intervals from ``smallest`` to ``largest``; one where all values are equal.
    """

    count: int
    mean: float
    std: float
    smallest: float
    largest: float
    zeros: float
    nan: int
    inf: int
    bins: tuple[int, ...]


def figures(values: np.ndarray) -> Figures:
    """Return the figures of any values."""
    values = np.asarray(values)
    nan, inf = int(np.isnan(values).sum()), int(np.isinf(values).sum())
    finite = values[np.isfinite(values)].astype("float64")
    if not finite.size:
        none = float("nan")
        return Figures(0, none, none, none, none, none, nan, inf, ())
    with np.errstate(over="ignore"):
        mean, std = float(finite.mean()), float(finite.std())
    zeros = float((finite == 0).mean())
    return Figures(finite.size, mean, std, float(finite.min()), float(finite.max()), zeros, nan, inf, _bins(finite))


def _bins(finite: np.ndarray) -> tuple[int, ...]:
    low, high = finite.min(), finite.max()
    if low == high:
        return (finite.size,)
    with np.errstate(over="ignore"):
        if not np.isfinite(high - low):  # as far apart as floats can be
            finite, low, high = finite / 4, low / 4, high / 4
    return tuple(np.histogram(finite, BINS, (low, high))[0].tolist())


@dataclass(frozen=True)
class Ranking:
    """Channels by strength.

    Attributes:
        order: int32, all channels, the strongest first, by mean size; equal ones by number.
        dead: int32, the channels that are zero everywhere.
    """

    order: np.ndarray
    dead: np.ndarray


def ranking(stack: np.ndarray) -> Ranking:
    """Rank the channels of ``(channels, rows, columns)``. Strengths are compared to four digits, so that noise moves none."""
    if not stack.size:
        return Ranking(np.zeros(0, "int32"), np.zeros(0, "int32"))
    flat = stack.reshape(len(stack), -1)
    sizes = np.abs(flat, dtype="float32") if flat.dtype != np.float64 else np.abs(flat)
    with np.errstate(over="ignore", invalid="ignore"):
        strength = sizes.mean(axis=1, dtype="float64")
    whole = np.isfinite(strength)
    if not whole.all():
        sound = np.isfinite(flat[~whole])
        sums = np.where(sound, sizes[~whole], 0).sum(axis=1, dtype="float64")
        strength[~whole] = sums / np.maximum(sound.sum(axis=1), 1)
    dead = np.flatnonzero((strength == 0) & whole).astype("int32")
    coarse = np.array([float(f"{s:.4g}") for s in strength])
    return Ranking(np.argsort(-coarse, kind="stable").astype("int32"), dead)


def number_text(x: float) -> str:
    """Return a number rounded to three digits, which hold on every machine: ``0``, ``66.7``, ``1,230``, ``4.1e-07``."""
    if isnan(x):
        return "NaN"
    if isinf(x):
        return "Inf" if x > 0 else "−Inf"
    text = f"{x:.3g}"
    if "e" in text and 1 <= abs(x) < 1e7:
        text = f"{float(text):,.0f}"
    return "0" if text == "-0" else text.replace("-", "−", 1) if text.startswith("-") else text


def whole_text(x: float) -> str:
    """Return an integer exactly, without commas: ``50256``; a number that is none as `number_text` does."""
    return f"{x:.0f}".replace("-", "−") if np.isfinite(x) and x == round(x) else number_text(x)
