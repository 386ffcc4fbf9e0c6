"""Decide what an output is evaluated as: one class of several, labels that hold or not, or numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

KINDS = ("classes", "labels", "values")
_CLASSES, _BINARY = re.compile("categorical"), re.compile("binary|^(squared)?hinge|bce")
_OVERLAP = re.compile("dice|tversky|focal|iou|kl_?divergence|kld|crossentropy")
_VALUES = re.compile("mean_?(squared|absolute)|^m(se|ae|ape|sle)$|huber|log_?cosh|poisson|cosine")


@dataclass(frozen=True)
class Task:
    """What an output is evaluated as.

    Attributes:
        kind: ``"classes"`` (one of several), ``"labels"`` (each holds or not) or ``"values"`` (numbers).
        places: Axes between the examples and the units: 0 for one answer an example, 1 for a sequence, 2 for a picture.
        units: Classes, labels or numbers at a place.
        single: Two classes from one number, the probability of the second.
        onehot: The true class is given as a vector with a unit for each.
        logits: The output becomes probabilities by a softmax or sigmoid that kfx applies.
    """

    kind: str
    places: int = 0
    units: int = 1
    single: bool = False
    onehot: bool = False
    logits: bool = False


def loss_name(loss: object) -> str:
    """Return the name of a loss as the user gave it, in small letters, ``""`` for none."""
    if loss is None:
        return ""
    name = loss if isinstance(loss, str) else getattr(loss, "name", None) or getattr(loss, "__name__", type(loss).__name__)
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", str(name)).lower()


def says_logits(loss: object) -> bool | None:
    """Return whether a loss takes logits; None where it does not tell."""
    if isinstance(loss, str):
        return False
    found = getattr(loss, "from_logits", None)
    if found is None and hasattr(loss, "get_config"):
        try:
            config = loss.get_config()
            found = config.get("from_logits", (config.get("fn_kwargs") or {}).get("from_logits"))
        except Exception:  # a user's own loss
            found = None
    return None if found is None else bool(found)


def task_of(truth: np.ndarray, predicted: np.ndarray, loss: object = None, kind: str | None = None) -> Task:
    """Return what to evaluate, from the first batch and the loss.

    Args:
        truth: Expected values of a batch.
        predicted: The output for them.
        loss: The loss of this output, as the user gave it to ``compile``.
        kind: One of `KINDS`, to decide it; None decides by the loss, and where that says nothing by the values.

    Raises:
        ValueError: The values cannot be of that kind.
    """
    name = loss_name(loss)
    sparse = _is_sparse(truth, predicted)
    same = truth.shape == predicted.shape or _is_flat(truth, predicted)
    if not sparse and not same:
        raise ValueError(f"The labels have shape {truth.shape} and the output {predicted.shape}.")
    chosen = kind or _kind(truth, predicted, name, sparse=sparse)
    if chosen == "values":
        if not same:
            raise ValueError(f"The labels have shape {truth.shape} and the output {predicted.shape}; expected the same.")
        return Task("values", max(0, predicted.ndim - 2), int(np.prod(predicted.shape[1:], dtype="int64")))
    units, logits = int(predicted.shape[-1]) if predicted.ndim > 1 else 1, says_logits(loss)
    if chosen == "labels":
        return Task("labels", predicted.ndim - 2, units, logits=_outside(predicted) if logits is None else logits)
    if not sparse and (predicted.ndim == 1 or units == 1 or not _is_onehot(truth, predicted, name, kind)):
        places = predicted.ndim - (2 if units == 1 and predicted.ndim > 1 else 1)
        return Task("classes", places, 2, single=True, logits=_outside(predicted) if logits is None else logits)
    scores = _not_shares(predicted) if not logits else True
    return Task("classes", predicted.ndim - 2, units, onehot=not sparse, logits=scores)


def _kind(truth: np.ndarray, predicted: np.ndarray, name: str, *, sparse: bool) -> str:
    last = predicted.shape[-1] if predicted.ndim > 1 else 1
    if _CLASSES.search(name):
        return "classes"
    if _BINARY.search(name):
        return "labels" if last > 1 and predicted.ndim == 2 else "classes"
    if _VALUES.search(name):
        return "values"
    whole = truth.dtype.kind in "biu"
    if sparse and (whole or _OVERLAP.search(name)):
        return "classes"
    zeros_and_ones = bool(np.isin(truth, (0, 1)).all())
    if zeros_and_ones and last > 1 and _sums_to_one(truth):
        return "classes"
    if zeros_and_ones and (whole or _OVERLAP.search(name) or not _outside(predicted)):
        return "classes" if last == 1 or predicted.ndim == 1 else "labels"
    return "values"


def _is_sparse(truth: np.ndarray, predicted: np.ndarray) -> bool:
    """Return whether labels are numbers of classes: they lack the last axis of the output, or have it with length 1."""
    if predicted.ndim < 2 or predicted.shape[-1] < 2:
        return False
    return truth.shape in (predicted.shape[:-1], (*predicted.shape[:-1], 1))


def _is_flat(truth: np.ndarray, predicted: np.ndarray) -> bool:
    """Return whether one of them only has a last axis of length 1 more."""
    return truth.shape == (*predicted.shape, 1) or predicted.shape == (*truth.shape, 1)


def _is_onehot(truth: np.ndarray, predicted: np.ndarray, name: str, kind: str | None) -> bool:
    return bool(_CLASSES.search(name)) or kind == "classes" or predicted.ndim == 2 or _sums_to_one(truth)


def _sums_to_one(x: np.ndarray) -> bool:
    return bool(np.abs(x.astype("float64").sum(axis=-1) - 1).max(initial=0) < 1e-6)


def _outside(x: np.ndarray) -> bool:
    """Return whether some finite value cannot be a probability."""
    finite = x[np.isfinite(x)]
    return bool(((finite < 0) | (finite > 1)).any())


def _not_shares(x: np.ndarray) -> bool:
    """Return whether some row is not a distribution over classes."""
    rows = x.reshape(-1, x.shape[-1]).astype("float64")
    rows = rows[np.isfinite(rows).all(axis=1)]
    return bool(((rows < -1e-6).any(axis=1) | (np.abs(rows.sum(axis=1) - 1) > 2e-2)).any())
