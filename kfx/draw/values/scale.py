"""From values to colours: the ends of a scale that outliers do not stretch, and values as bytes between two ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kfx.draw.values.colormap import NOT_FINITE, STEPS

MOST = 500_000  # values that the ends are taken from; of more, evenly many are looked at
SHARE = 99.5  # percent of the values that a scale holds; the rest is drawn in the colour of its end


@dataclass(frozen=True, slots=True)
class Limits:
    """The ends of a colour scale.

    Attributes:
        low: The value of the first colour: 0, or minus ``high`` for signed values.
        high: The value of the last colour.
        signed: Zero is the middle of the scale.
        clipped: Some values lie beyond the ends.
    """

    low: float
    high: float
    signed: bool
    clipped: bool


def limits(values: np.ndarray) -> Limits:
    """Return a scale for values: from zero up, or around zero where some are below it. What is not finite is left out."""
    finite = values[np.isfinite(values)]
    least, most = float(finite.min(initial=0.0)), float(finite.max(initial=0.0))
    signed, far = least < 0, max(-least, most)
    if far == 0:
        return Limits(0.0, 1.0, False, False)
    some = finite[:: -(-finite.size // MOST)]
    end = float(np.percentile(np.abs(some), SHARE))
    if end < far / 1000 or end == 0:  # almost all is zero: the few that are not are what there is to see
        end = far
    return Limits(-end if signed else 0.0, end, signed, end < far)


def quantised(maps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each map as bytes between its own smallest and largest value.

    Returns:
        Levels ``(map, row, column)`` uint8, 0 to 254, and 255 for what is not finite; ends ``(map, 2)`` float32. A level is
        off by at most half a 254th of the distance between the ends.
    """
    maps = np.asarray(maps, "float32")
    finite = np.isfinite(maps)
    whole = finite.all()
    low = maps.min(axis=(1, 2), initial=np.inf, where=True if whole else finite)
    high = maps.max(axis=(1, 2), initial=-np.inf, where=True if whole else finite)
    ends = np.where(low > high, np.float32(0), [low, high]).T
    low, high = ends.T[:, :, None, None].astype("float64")
    step = np.divide(STEPS - 1, high - low, out=np.zeros_like(low), where=high > low)
    levels = np.round(((maps if whole else np.where(finite, maps, 0)) - low) * step).clip(0, STEPS - 1).astype("uint8")
    if not whole:
        levels[~finite] = NOT_FINITE
    return levels, ends


def levels(values: np.ndarray, scale: Limits) -> np.ndarray:
    """Return values as the levels 0 to 254 of one scale, 255 for what is not finite; a value beyond an end gets the end's."""
    values = np.asarray(values, "float64")
    finite = np.isfinite(values)
    span = scale.high - scale.low
    share = np.where(finite, values - scale.low, 0) / (span if span > 0 else 1)
    return np.where(finite, np.round(share * (STEPS - 1)).clip(0, STEPS - 1), NOT_FINITE).astype("uint8")


def smaller(maps: np.ndarray, most: int) -> tuple[np.ndarray, int]:
    """Return maps of at most ``most`` rows and columns, each point the mean of a square, and the square's side.

    What is left of a square at the last rows and columns counts as a square of its own. A square with a value that is not
    finite is not finite.
    """
    _, rows, columns = maps.shape
    side = -(-max(rows, columns) // most)
    if side <= 1:
        return maps, 1
    down, across = min(side, rows), min(side, columns)
    starts = np.arange(0, rows, down), np.arange(0, columns, across)
    sums = np.add.reduceat(np.add.reduceat(maps.astype("float64"), starts[0], axis=1), starts[1], axis=2)
    counts = np.diff([*starts[0], rows])[:, None] * np.diff([*starts[1], columns])[None]
    return (sums / counts).astype("float32"), side
