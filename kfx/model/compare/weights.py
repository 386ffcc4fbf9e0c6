"""Compare the weights of paired layers: the largest relative change of each layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kfx.model.compare.differences import WeightChange
from kfx.model.read.weights import StoredWeight, Weights

_LEAST_UNRELATED = 0.5  # relative change from which on weights may have nothing in common
_LEAST_NUMBERS = 24  # of a layer's kernels, fewer cannot be told from chance


def weight_changes(
    pairs: Sequence[tuple[str, str]], a: Weights, b: Weights, *, tolerance: float = 0.0, on_both_sides: bool = False
) -> tuple[WeightChange, ...]:
    """Return the layers whose weights differ, in the order of ``pairs``.

    A layer is measured as a whole: the change of a bias that was zero is relative to the layer's other weights. Weights
    that several calls share are reported once, at the first.

    Args:
        pairs: ``(key in a, key in b)`` of the calls to compare.
        a: The first weights, by call.
        b: The second weights, by call.
        tolerance: The largest relative change to ignore.
        on_both_sides: Weights that one side lacks are a difference; otherwise they are, as far as is known, shared.
    """
    found = []
    for before, after in pairs:
        ours, theirs = a.get(before, ()), b.get(after, ())
        if ours and theirs:
            change = _Comparison(ours, theirs).change(before, after, tolerance)
        elif on_both_sides and (ours or theirs):
            change = WeightChange(before, after, None, "", f"only {'A' if ours else 'B'} holds weights of it")
        else:
            change = None
        if change is not None:
            found.append(change)
    return tuple(found)


class _Comparison:
    """The weights of one layer, compared."""

    def __init__(self, ours: Sequence[StoredWeight], theirs: Sequence[StoredWeight]):
        self.ours = ours
        self.matched, self.notes = _matched(ours, theirs)
        self.largest = self.scale = 0.0
        self.moved, self.unmeasured = "", False
        self.likeness = _Likeness()
        for x, y in self.matched:
            self._compare(x, y)

    def _compare(self, x: StoredWeight, y: StoredWeight) -> None:
        if x.values is None or y.values is None:
            if x.fingerprint() != y.fingerprint():
                self.unmeasured, self.moved = True, self.moved or y.name
                self._note("changed; the snapshot kept fingerprints, so by how much is unknown")
            return
        if (x.values.dtype.kind in "iu") != (y.values.dtype.kind in "iu"):
            self.unmeasured, self.moved = True, self.moved or y.name
            self._note(f"{y.name}: {x.values.dtype} → {y.values.dtype}, codes that are not measured against numbers")
            return
        gap, size, note = _gap(x.values, y.values)
        self.scale = max(self.scale, size)
        if gap > self.largest:
            self.largest, self.moved = gap, y.name
        if note:
            self.notes.append(f"{y.name}: {note}")
        self.likeness.add(x.values, y.values)

    def _note(self, note: str) -> None:
        if note not in self.notes:
            self.notes.append(note)

    def change(self, before: str, after: str, tolerance: float) -> WeightChange | None:
        """Return the change of the whole layer, or None."""
        relative = self.largest / self.scale if self.scale else (float("inf") if self.largest else 0.0)
        if not self.notes and relative <= tolerance:
            return None
        known = bool(self.matched) and not self.unmeasured and (relative > 0 or len(self.matched) == len(self.ours))
        moved = self.moved if relative or self.unmeasured else ""
        unrelated = not self.notes and relative > _LEAST_UNRELATED and self.likeness.none
        return WeightChange(before, after, relative if known else None, moved, "; ".join(self.notes), unrelated)


class _Likeness:
    """How far kernels point in one direction: those of two separate initialisations have no direction in common."""

    def __init__(self) -> None:
        self._count, self._both, self._a, self._b = 0, 0.0, 0.0, 0.0

    def add(self, a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> None:
        """Count two kernels; vectors, such as biases, are often alike by their initial values."""
        if a.ndim > 1 and a.dtype.kind in "fV":
            x, y = (_computable(values).ravel().astype(np.float64) for values in (a, b))
            fine = np.isfinite(x) & np.isfinite(y)
            x, y = x[fine], y[fine]
            self._count += x.size
            self._both += float(x @ y)
            self._a += float(x @ x)
            self._b += float(y @ y)

    @property
    def none(self) -> bool:
        """True where the cosine of both is within four standard deviations of that of random numbers."""
        length = (self._a * self._b) ** 0.5
        return self._count >= _LEAST_NUMBERS and length > 0 and abs(self._both) / length < min(0.5, 4 / self._count**0.5)


def _matched(
    ours: Sequence[StoredWeight], theirs: Sequence[StoredWeight]
) -> tuple[list[tuple[StoredWeight, StoredWeight]], list[str]]:
    """Pair variables by name if both layers have the same names, otherwise those that are equal, then by position if as many
    are left, otherwise by the common names; return the pairs of equal shape and notes on the rest.
    """
    notes: list[str] = []
    names = [x.name for x in ours]
    if len(set(names)) == len(names) and sorted(names) == sorted(y.name for y in theirs):
        named = {y.name: y for y in theirs}  # a quantised layer creates its variables in another order when it is loaded
        couples = [(x, named[x.name]) for x in ours]
    else:
        couples, ours, theirs = _equal_ones(ours, theirs)
        if len(ours) == len(theirs):
            couples += zip(ours, theirs, strict=True)
        else:
            named = {y.name: y for y in theirs}
            couples += [(x, named[x.name]) for x in ours if x.name in named]
            names_a, names_b = {x.name for x in ours}, {y.name for y in theirs}
            gone, new = [x.name for x in ours if x.name not in names_b], [y.name for y in theirs if y.name not in names_a]
            notes = [f"without {name}" for name in gone] + [f"with {name}" for name in new]
            notes = notes or [f"{len(ours)} → {len(theirs)} weights"]
    differing = [(x, y) for x, y in couples if x.shape != y.shape]
    notes += [f"{y.name}: {_shape(x.shape)} → {_shape(y.shape)}" for x, y in differing]
    return [(x, y) for x, y in couples if x.shape == y.shape], notes


def _equal_ones(
    ours: Sequence[StoredWeight], theirs: Sequence[StoredWeight]
) -> tuple[list[tuple[StoredWeight, StoredWeight]], list[StoredWeight], list[StoredWeight]]:
    """Pair variables with the same shape and numbers, whatever they are called; return the pairs and what is left."""
    waiting: dict[bytes, list[StoredWeight]] = {}
    for y in theirs:
        waiting.setdefault(y.fingerprint(), []).append(y)
    couples, left = [], []
    for x in ours:
        if equal := waiting.get(x.fingerprint()):
            couples.append((x, equal.pop(0)))
        else:
            left.append(x)
    rest = {id(y) for equal in waiting.values() for y in equal}
    return couples, left, [y for y in theirs if id(y) in rest]


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
