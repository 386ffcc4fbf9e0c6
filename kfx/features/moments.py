"""Moments of a tensor inside the compiled graph: few passes over memory, and no cancellation that would be noticed."""

from __future__ import annotations

from math import prod
from typing import Any

ROW = 8192  # numbers added up in the tensor's own precision; sums of rows are added in float64
LOWEST = -120  # exponent of the narrowest histogram bin: float32 stays normal


def measure(x: Any, *, how: str, bins: int) -> dict[str, Any]:
    """Small tensors that say what a tensor's values are like, taken in one of three ways (``how``).

    ``"fast"``: all values are finite and their mean is not far from zero, measured by their spread (the caller checks).
    ``"centered"``: a second pass takes the variance around the mean. ``"masked"``: NaN and infinite values are left out and counted.
    """
    import tensorflow as tf

    x = _floating(x)
    rows = _rows(x)
    f64 = tf.float64
    count = tf.cast(tf.size(rows, tf.int64), f64)
    found = {"nan": tf.constant(0.0, f64), "inf": tf.constant(0.0, f64)}
    lowest = highest = rows
    if how == "masked":
        finite = tf.math.is_finite(rows)
        found["nan"] = _share(tf.math.is_nan(rows))
        found["inf"] = _share(tf.math.is_inf(rows))
        lowest, highest = tf.where(finite, rows, rows.dtype.max), tf.where(finite, rows, rows.dtype.min)
        rows = tf.where(finite, rows, tf.zeros_like(rows))
        count -= found["nan"] + found["inf"]
    total = tf.reduce_sum(tf.cast(tf.reduce_sum(rows, -1), f64))
    squares = _squares(rows)
    mean = tf.math.divide_no_nan(total, count)
    spread = tf.maximum(squares - count * mean * mean, 0.0)
    if how != "fast":
        off = rows - tf.cast(mean, rows.dtype)
        if how == "masked":
            off = tf.where(finite, off, tf.zeros_like(off))
        away = tf.reduce_sum(tf.cast(tf.reduce_sum(off, -1), f64))  # the mean was rounded to the tensor's precision
        spread = tf.maximum(_squares(off) - tf.math.divide_no_nan(away * away, count), 0.0)
    zeros = _share(tf.equal(rows, 0.0))
    if how == "masked":
        zeros -= found["nan"] + found["inf"]
    found |= {"count": count, "sum": total, "squares": squares, "spread": spread, "zeros": zeros}
    found |= {"min": tf.reduce_min(lowest), "max": tf.reduce_max(highest)}
    if bins:
        found |= _histogram(rows, found["min"], found["max"], bins, finite if how == "masked" else None)
    return found


def _floating(x: Any) -> Any:
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


def _rows(x: Any) -> Any:
    """The tensor as ``(rows, numbers)`` with rows short enough to add up in its own precision."""
    import tensorflow as tf

    inner = tuple(x.shape)[1:] if x.shape.rank else ()
    if None in inner or x.shape.rank is None:
        return tf.reshape(x, [1, -1]) if not x.shape.rank else tf.reshape(x, tf.stack([-1, tf.shape(x)[-1]]))
    size = prod(inner)
    if size == 0:
        return tf.reshape(x, [1, -1])
    wide = next((n for n in range(min(size, ROW), 31, -1) if size % n == 0), size)
    return tf.reshape(x, [-1, wide])


def _squares(rows: Any) -> Any:
    """The sum of squares: one pass a row, the rows in float64."""
    import tensorflow as tf

    norms = tf.cast(tf.raw_ops.EuclideanNorm(input=rows, axis=[1], keep_dims=False), tf.float64)
    return tf.reduce_sum(norms * norms)


def _share(truths: Any) -> Any:
    """How many are true, as float64. Counted in bytes first: 128 truths fit, and a byte is a quarter of a float."""
    import tensorflow as tf

    wide = truths.shape[-1]
    small = tf.cast(truths, tf.uint8)
    step = next((n for n in range(128, 1, -1) if wide is not None and wide % n == 0), 0)
    if step:
        small = tf.reduce_sum(tf.reshape(small, [-1, step]), -1)
    return tf.cast(tf.reduce_sum(tf.cast(small, tf.int64)), tf.float64)


def _histogram(rows: Any, low: Any, high: Any, bins: int, finite: Any) -> dict[str, Any]:
    """Counts between multiples of a power of two: the narrowest that covers all values in ``bins`` bins."""
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


def _power(exponent: Any) -> Any:
    """``2**exponent`` exactly, from a whole float64 exponent."""
    import tensorflow as tf

    return tf.bitcast(tf.bitwise.left_shift(tf.cast(exponent, tf.int64) + 1023, tf.constant(52, tf.int64)), tf.float64)
