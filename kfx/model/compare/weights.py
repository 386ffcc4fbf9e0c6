"""Compare the weights of paired layers: the largest relative change of each layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kfx.model.compare.differences import WeightChange
from kfx.model.read.weights import StoredWeight, Weights


def weight_changes(
    pairs: Sequence[tuple[str, str]], a: Weights, b: Weights, *, tolerance: float = 0.0
) -> tuple[WeightChange, ...]:
    """Return the layers whose weights differ, in the order of ``pairs``.

    A layer is measured as a whole: the change of a bias that was zero is relative to the layer's other weights. Weights
    that several calls share are reported once, at the first.

    Args:
        pairs: ``(key in a, key in b)`` of the calls to compare.
        a: The first weights, by call.
        b: The second weights, by call.
        tolerance: The largest relative change to ignore.
    """
    found = []
    for before, after in pairs:
        ours, theirs = a.get(before, ()), b.get(after, ())
        change = _compare(before, after, ours, theirs, tolerance) if ours and theirs else None
        if change is not None:
            found.append(change)
    return tuple(found)


def _compare(
    before: str, after: str, ours: Sequence[StoredWeight], theirs: Sequence[StoredWeight], tolerance: float
) -> WeightChange | None:
    matched, notes = _matched(ours, theirs)
    largest, scale, moved, hashed = 0.0, 0.0, "", False
    for x, y in matched:
        if x.values is None or y.values is None:
            if x.fingerprint() != y.fingerprint():
                hashed, moved = True, moved or y.name
            continue
        gap, size, note = _gap(x.values, y.values)
        scale = max(scale, size)
        if gap > largest:
            largest, moved = gap, y.name
        if note:
            notes.append(f"{y.name}: {note}")
    if hashed:
        notes.append("changed; the snapshot kept fingerprints, so by how much is unknown")
    relative = largest / scale if scale else (float("inf") if largest else 0.0)
    if not notes and relative <= tolerance:
        return None
    known = bool(matched) and not hashed and (relative > 0 or len(matched) == len(ours))
    return WeightChange(before, after, relative if known else None, moved if relative or hashed else "", "; ".join(notes))


def _matched(
    ours: Sequence[StoredWeight], theirs: Sequence[StoredWeight]
) -> tuple[list[tuple[StoredWeight, StoredWeight]], list[str]]:
    """Pair variables by name if both layers have the same names, by position if they have as many, otherwise by the common
    names; return the pairs of equal shape and notes on the rest.
    """
    notes: list[str] = []
    names = [x.name for x in ours]
    if len(set(names)) == len(names) and sorted(names) == sorted(y.name for y in theirs):
        named = {y.name: y for y in theirs}  # a quantised layer creates its variables in another order when it is loaded
        couples = [(x, named[x.name]) for x in ours]
    elif len(ours) == len(theirs):
        couples = list(zip(ours, theirs, strict=True))
    else:
        named = {y.name: y for y in theirs}
        couples = [(x, named[x.name]) for x in ours if x.name in named]
        names_a, names_b = {x.name for x in ours}, {y.name for y in theirs}
        gone, new = [x.name for x in ours if x.name not in names_b], [y.name for y in theirs if y.name not in names_a]
        notes = [f"without {name}" for name in gone] + [f"with {name}" for name in new]
        notes = notes or [f"{len(ours)} → {len(theirs)} weights"]
    differing = [(x, y) for x, y in couples if x.shape != y.shape]
    notes += [f"{y.name}: {_shape(x.shape)} → {_shape(y.shape)}" for x, y in differing]
    return [(x, y) for x, y in couples if x.shape == y.shape], notes


def _gap(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> tuple[float, float, str]:
    """Return the largest ``|b − a|``, the largest ``|a|``, and a note on values that are not finite."""
    if a.size == 0:
        return 0.0, 0.0, ""
    x, y = _computable(a), _computable(b)
    fine = np.isfinite(x) & np.isfinite(y)
    whole = bool(fine.all())
    if not whole:
        broken = ~fine & ~((x == y) | (np.isnan(x) & np.isnan(y)))
        note = _not_finite(x[broken], y[broken])
        x, y = x[fine], y[fine]
    if not x.size:
        return 0.0, 0.0, note
    size = float(np.max(np.abs(x)))
    gap = 0.0 if np.array_equal(x, y) else float(np.max(np.abs(np.subtract(y, x, dtype=np.float64))))
    return gap, size, "" if whole else note


def _not_finite(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> str:
    if not a.size:
        return ""
    became, was = int((~np.isfinite(b)).sum()), int((~np.isfinite(a)).sum())
    values = "value" if (became or was) == 1 else "values"
    return f"{became:,} {values} became NaN or infinite" if became else f"{was:,} {values} no longer NaN or infinite"


def _computable(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return values as float32 or float64, so that 16-bit numbers and integers do not overflow."""
    if values.dtype in (np.float32, np.float64):
        return values
    narrow = values.dtype.itemsize <= 2 and values.dtype.kind not in "iub"
    return values.astype(np.float32 if narrow else np.float64)


def _shape(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape)) or "scalar"
