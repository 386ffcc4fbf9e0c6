"""Measure moments of a tensor inside the compiled graph: few passes over memory, and no noticeable cancellation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from kfx.values.numbers.histogram import Histogram, merged_histograms, trimmed

if TYPE_CHECKING:
    import tensorflow as tf

ROW_LENGTH = 8192  # numbers added up in the tensor's own precision; sums of rows are added in float64
LOWEST = -120  # exponent of the narrowest histogram bin: float32 stays normal


def measure_tensor(x: tf.Tensor, *, how: str, bins: int) -> dict[str, tf.Tensor]:
    """Return small tensors from which `moments` computes the moments, measured in one of three ways (``how``).

    ``"fast"``: all values are finite and their mean is not far from zero, measured by their spread (the caller checks).
    ``"centered"``: a second pass takes the variance around the mean. ``"masked"``: NaN and infinite values are counted apart.
    """
    import tensorflow as tf

    rows = _rows(_floating(x))
    found = {"size": tf.size(rows, tf.int64)}
    lowest = highest = rows
    if how == "masked":
        finite = tf.math.is_finite(rows)
        found |= {"nan": _count_true(tf.math.is_nan(rows)), "inf": _count_true(tf.math.is_inf(rows))}
        lowest, highest = tf.where(finite, rows, rows.dtype.max), tf.where(finite, rows, rows.dtype.min)
        rows = tf.where(finite, rows, tf.zeros_like(rows))
    found |= {"sums": tf.reduce_sum(rows, -1), "norms": _norms(rows), "zeros": _count_true(tf.equal(rows, 0.0))}
    found |= {"min": tf.reduce_min(lowest), "max": tf.reduce_max(highest)}
    if how != "fast":
        count = found["size"] - found.get("nan", 0) - found.get("inf", 0)
        total = tf.reduce_sum(tf.cast(found["sums"], tf.float64))
        mean = tf.cast(tf.math.divide_no_nan(total, tf.cast(count, tf.float64)), rows.dtype)
        off = rows - mean
        if how == "masked":
            off = tf.where(finite, off, tf.zeros_like(off))
        found |= {"center": mean, "off_sums": tf.reduce_sum(off, -1), "off_norms": _norms(off)}
    if bins:
        found |= _histogram(rows, found["min"], found["max"], bins, finite if how == "masked" else None)
    return found


@dataclass(frozen=True)
class Moments:
    """Moments of some data, in float64, that can be merged with others: counts, sums, and the spread ``Σ (x − mean)²``."""

    count: float
    sum: float
    squares: float
    spread: float
    zeros: float
    nan: float
    inf: float
    min: float
    max: float
    histogram: Histogram | None = None


def moments(parts: Mapping[str, tf.Tensor]) -> Moments:
    """Return the moments from what `measure_tensor` measured: rows are added up in float64."""
    at = {name: np.asarray(x) for name, x in parts.items()}
    nan, inf = float(at.get("nan", 0)), float(at.get("inf", 0))
    count = float(at["size"]) - nan - inf
    with np.errstate(invalid="ignore", over="ignore"):  # sums of infinite values are noticed by the caller
        total = float(at["sums"].sum(dtype="float64"))
        squares = float(np.square(at["norms"], dtype="float64").sum())
        if "center" in at:  # the mean in the tensor's own precision; what is off from it adds up to nearly zero
            away = float(at["off_sums"].sum(dtype="float64"))
            total = float(at["center"]) * count + away
            spread = float(np.square(at["off_norms"], dtype="float64").sum()) - (away * away / count if count else 0.0)
        else:
            spread = squares - (total * total / count if count else 0.0)
    histogram = None
    if "counts" in at and np.isfinite(at["first"]):
        histogram = trimmed(Histogram(int(at["exponent"]), int(at["first"]), at["counts"].astype("int64")))
    return Moments(
        count=count,
        sum=total,
        squares=squares,
        spread=max(spread, 0.0) if np.isfinite(spread) else spread,
        zeros=float(at["zeros"]) - nan - inf,
        nan=nan,
        inf=inf,
        min=float(at["min"]),
        max=float(at["max"]),
        histogram=histogram,
    )


def merged_moments(a: Moments, b: Moments, bins: int) -> Moments:
    """Merge two moments: the spreads around two means as one around their mean (Chan, Golub and LeVeque, 1983)."""
    if not a.count or not b.count:
        full, empty = (a, b) if a.count else (b, a)
        return replace(full, nan=full.nan + empty.nan, inf=full.inf + empty.inf)
    sums = {name: getattr(a, name) + getattr(b, name) for name in ("count", "sum", "squares", "zeros", "nan", "inf")}
    apart = b.sum / b.count - a.sum / a.count
    spread = a.spread + b.spread + apart * apart * a.count * b.count / sums["count"]
    histogram = a.histogram or b.histogram
    if a.histogram and b.histogram:
        histogram = merged_histograms(a.histogram, b.histogram, bins)
    return Moments(**sums, spread=spread, min=min(a.min, b.min), max=max(a.max, b.max), histogram=histogram)


def _floating(x: tf.Tensor) -> tf.Tensor:
    """Return the values as a dense floating-point tensor; of complex numbers the magnitudes."""
    import tensorflow as tf

    if isinstance(x, tf.SparseTensor):
        x = tf.sparse.to_dense(x)
    if isinstance(x, tf.RaggedTensor):
        x = x.flat_values
    if x.dtype in (tf.float32, tf.float64):
        return x
    if x.dtype.is_floating or x.dtype == tf.bool:
        return tf.cast(x, tf.float32)
    if x.dtype.is_complex:
        return tf.abs(x)
    return tf.cast(x, tf.float64)


def _rows(x: tf.Tensor) -> tf.Tensor:
    """Return the tensor as ``(rows, numbers)`` with rows short enough to add up in its own precision."""
    import tensorflow as tf

    inner = tuple(x.shape)[1:] if x.shape.rank else ()
    if None in inner or x.shape.rank is None:
        return tf.reshape(x, [1, -1]) if not x.shape.rank else tf.reshape(x, tf.stack([-1, tf.shape(x)[-1]]))
    size = prod(inner)
    if size == 0:
        return tf.reshape(x, [1, -1])
    wide = next((n for n in range(min(size, ROW_LENGTH), 31, -1) if size % n == 0), size)
    return tf.reshape(x, [-1, wide])


def _norms(rows: tf.Tensor) -> tf.Tensor:
    """Return the L2 norm of each row, in one pass."""
    import tensorflow as tf

    return tf.raw_ops.EuclideanNorm(input=rows, axis=[1], keep_dims=False)


def _count_true(truths: tf.Tensor) -> tf.Tensor:
    """Count the true elements. Sums of up to 128 are taken in bytes, a quarter of a float's memory."""
    import tensorflow as tf

    wide = truths.shape[-1]
    small = tf.cast(truths, tf.uint8)
    step = next((n for n in range(128, 1, -1) if wide is not None and wide % n == 0), 0)
    if step:
        small = tf.reduce_sum(tf.reshape(small, [-1, step]), -1)
    return tf.reduce_sum(tf.cast(small, tf.int64))


def _histogram(rows: tf.Tensor, low: tf.Tensor, high: tf.Tensor, bins: int, finite: tf.Tensor | None) -> dict[str, tf.Tensor]:
    """Count values between multiples of a power of two: the narrowest that covers all values in ``bins`` bins."""
    import tensorflow as tf

    f64 = tf.float64
    low, high = tf.cast(low, f64), tf.cast(high, f64)
    size = tf.maximum(tf.abs(low), tf.abs(high))
    span = tf.maximum(high - low, tf.maximum(size * 2.0**-20, 2.0**LOWEST))
    start = tf.math.floor(tf.math.log(span / bins) / 0.6931471805599453) - 1.0
    exponent = tf.maximum(start, float(LOWEST))
    for _ in range(3):  # floor(log2) is off by one at most, and so is the number of bins that a span meets
        wide = tf.math.floor(high * _power(-exponent)) - tf.math.floor(low * _power(-exponent)) + 1.0
        exponent = tf.where(wide > bins, exponent + 1.0, exponent)
    scale = _power(-exponent)
    first = tf.math.floor(low * scale)
    number = tf.math.floor(rows * tf.cast(scale, rows.dtype)) - tf.cast(first, rows.dtype)
    beyond = tf.cast(bins, rows.dtype)  # where NaN and infinite values go, which are then not counted
    number = tf.where(number >= 0, tf.minimum(number, beyond), beyond)
    if finite is not None:
        number = tf.where(finite, number, beyond)
    counts = tf.math.bincount(tf.cast(tf.reshape(number, [-1]), tf.int32), minlength=bins, maxlength=bins)
    return {"exponent": exponent, "first": first, "counts": counts}


def _power(exponent: tf.Tensor) -> tf.Tensor:
    """Return ``2**exponent`` exactly, from a whole float64 exponent."""
    import tensorflow as tf

    return tf.bitcast(tf.bitwise.left_shift(tf.cast(exponent, tf.int64) + 1023, tf.constant(52, tf.int64)), tf.float64)
