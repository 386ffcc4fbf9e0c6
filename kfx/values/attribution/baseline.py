"""What stands for nothing in each input: grey for a picture, 0 for numbers, word 0 for a text, or what the user gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kfx.values.attribution.settings import by_input

CHANNELS = (1, 3, 4)


def baselines(inputs: Sequence[Any], names: Sequence[str], given: object, whole: Mapping[str, np.ndarray] | None) -> list[Any]:
    """Return a baseline for each example of each input, shaped and typed like the input; None for an input left out.

    Args:
        inputs: Tensors, flat.
        names: Of the inputs.
        given: None, a number, a text, ``"mean"``, ``"grey"``, ``"zero"``, an array, or a dict of these by input.
        whole: All examples of each input, for their mean; None for a stream.

    Raises:
        ValueError: It does not fit an input.
    """
    import tensorflow as tf

    wanted = by_input(given, list(names), "baseline")
    found = []
    for name, x in zip(names, inputs, strict=False):
        if not isinstance(x, tf.Tensor) or not len(x.shape):
            found.append(x)
            continue
        found.append(_like(x, _one(name, x.numpy(), wanted[name], whole), name))
    return found


def baseline_words(given: object, name: str, values: np.ndarray) -> str:
    """Return what the baseline of an input is, in a word or two."""
    one = given.get(name) if isinstance(given, Mapping) else given
    if one is None:
        return "grey" if values.dtype.kind in "uif" and _is_grey(values) else "no words" if values.dtype.kind in "OSU" else "0"
    if isinstance(one, str) and one in ("mean", "grey", "zero"):
        return {"mean": "the mean", "grey": "grey", "zero": "0"}[one]
    return str(one) if np.ndim(np.asarray(one)) == 0 and not isinstance(one, str) else "given"


def _one(name: str, values: np.ndarray, given: object, whole: Mapping[str, np.ndarray] | None) -> Any:
    text = values.dtype.kind in "OSU"
    if isinstance(given, str) and not text:
        if given == "zero":
            return 0
        if given == "grey":
            return _grey(values)
        if given == "mean":
            if whole is None:
                raise ValueError(
                    "`baseline` is 'mean', which needs all the data at once; of a stream, give the mean as an array."
                )
            return np.mean(np.asarray(whole[name], "float64"), axis=0)
        raise ValueError(f"`baseline` is {given[:60]!r}; expected 'mean', 'grey', 'zero', a number, an array.")
    if given is not None:
        return given
    return "" if text else _grey(values) if _is_grey(values) else 0


def _is_grey(values: np.ndarray) -> bool:
    """Return whether values are pictures from 0 upwards, so that 0 is black and not the middle."""
    return values.ndim == 4 and (values.shape[-1] in CHANNELS or values.shape[1] in CHANNELS) and bool(np.min(values) >= 0)


def _grey(values: np.ndarray) -> np.ndarray:
    """Return the middle of the range of each picture's values: 0 to 1 or 0 to 255; 0 where some are below 0."""
    axes = tuple(range(1, values.ndim))
    low, high = values.min(axis=axes, keepdims=True), values.max(axis=axes, keepdims=True)
    return np.where(low < 0, 0, np.where(high > 1, 127.5, 0.5))


def _like(x: Any, baseline: Any, name: str) -> Any:
    import tensorflow as tf

    dtype = np.dtype(object) if x.dtype == tf.string else np.dtype(x.dtype.as_numpy_dtype)
    try:
        value = np.asarray(baseline, dtype if dtype.kind == "O" else None)
        if dtype.kind != "O" and value.dtype.kind not in "buif":
            raise TypeError
        wide = np.broadcast_to(value.astype(dtype), tuple(x.shape))
    except (TypeError, ValueError):
        raise ValueError(
            f"`baseline` of the input {name!r} is {type(baseline).__name__} of shape {np.shape(baseline)}; expected a value or "
            f"an array {tuple(x.shape[1:])} like one example."
        ) from None
    if wide.dtype.kind == "f" and not np.isfinite(wide).all():
        raise ValueError(f"`baseline` of the input {name!r} holds values that are not finite.")
    return tf.constant(wide.tolist() if dtype.kind == "O" else np.ascontiguousarray(wide), x.dtype)
