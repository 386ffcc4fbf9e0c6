"""The attribution of some examples: maps by method and input, and the numbers that they belong to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kfx.values.attribution.by_gradient import Completeness
from kfx.values.data.batches import Batch
from kfx.values.features import address_text

Arrays = dict[str, np.ndarray]


@dataclass
class Explained:
    """The attribution of one batch; every array begins with its examples.

    Attributes:
        maps: By method and input.
        coarse: The same at a layer (Grad-CAM, Layer-CAM) or a patch (occlusion).
        score: Of each example.
        units: Those that it is of, ``(batch, 1 or 2)``.
        outputs: The model's outputs by name.
        logits: The same with logits where there are such.
        completeness: Of integrated gradients.
        tries: The number of patches of occlusion.
    """

    maps: dict[str, Arrays]
    coarse: dict[str, Arrays]
    score: np.ndarray
    units: np.ndarray
    outputs: Arrays
    logits: Arrays
    completeness: Completeness | None = None
    tries: int = 0


def joined(parts: Sequence[Explained]) -> Explained:
    """Return the attribution of several batches as one.

    Raises:
        ValueError: Their maps have different forms.
    """
    if len(parts) == 1:
        return parts[0]

    def both(arrays: Sequence[np.ndarray]) -> np.ndarray:
        if len({x.shape[1:] for x in arrays}) > 1:
            forms = " and ".join(str(shape) for shape in sorted({x.shape[1:] for x in arrays})[:2])
            raise ValueError(f"The examples of the batches have different forms, {forms}; pad the data to one length.")
        return np.concatenate(arrays)

    def by_name(some: Sequence[Arrays]) -> Arrays:
        return {name: both([one[name] for one in some]) for name in some[0]}

    first = parts[0]
    fits = [part.completeness for part in parts if part.completeness is not None]
    fields = ("score", "baseline", "total", "steps")
    return Explained(
        {method: by_name([part.maps[method] for part in parts]) for method in first.maps},
        {method: by_name([part.coarse[method] for part in parts]) for method in first.coarse},
        both([part.score for part in parts]),
        both([part.units for part in parts]),
        by_name([part.outputs for part in parts]),
        by_name([part.logits for part in parts]),
        Completeness(*(np.concatenate([getattr(fit, name) for fit in fits]) for name in fields)) if fits else None,
        first.tries,
    )


def row_of(every: Explained, example: int, count: int) -> Explained:
    """Return the attribution of one example of so many, with an axis of one example."""

    def one(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {name: x[example : example + 1] if len(x) == count else x for name, x in arrays.items()}

    fit = every.completeness
    if fit is not None:
        fit = Completeness(*(x[example : example + 1] for x in (fit.score, fit.baseline, fit.total, fit.steps)))
    return Explained(
        {method: one(by) for method, by in every.maps.items()},
        {method: one(by) for method, by in every.coarse.items()},
        every.score[example : example + 1],
        every.units[example : example + 1],
        one(every.outputs),
        one(every.logits),
        fit,
        every.tries,
    )


def require_finite(batch: Batch, flat: Sequence[Any], names: Sequence[str]) -> None:
    """Refuse inputs that hold NaN or infinite values."""
    for name, x in zip(names, flat, strict=False):
        if x is None or not hasattr(x, "numpy") or not x.dtype.is_floating:
            continue
        bad = np.argwhere(~np.isfinite(np.asarray(x)))
        if len(bad):
            where = f"Example {batch.start + int(bad[0][0])}" if bad.shape[1] > 0 else "The single number"
            raise ValueError(
                f"{where} of the input {address_text(name)!r} holds values that are not finite (NaN or infinite), so that "
                "nothing can be attributed to its parts."
            )


def require_finite_score(batch: Batch, score: np.ndarray) -> None:
    """Refuse a target that is NaN or infinite."""
    bad = np.flatnonzero(~np.isfinite(score))
    if len(bad):
        raise ValueError(
            f"The target of example {batch.start + int(bad[0])} is {float(score[bad[0]])}: the model's own output is not "
            "finite, so that there is nothing to attribute."
        )
