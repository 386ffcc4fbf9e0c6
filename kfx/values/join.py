"""Join the values of several batches in memory. (features.py knows nothing of batches.)"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from kfx.values.data.batches import Batch, Batches
from kfx.values.features import Features, address_text, map_arrays


def join_batches(values_of: Callable[[Batch], Features], batches: Batches) -> dict[str, object]:
    """Compute and join the values of all batches along the first axis; those of a single batch are not copied.

    Raises:
        ValueError: The values of two batches cannot be joined.
    """
    joined = _Joined(batches.total)
    for batch in batches:
        joined.add(batch, values_of(batch))
    return joined.values()


class _Joined:
    """Batches joined so far; where the total is known, arrays of the final size are filled in place."""

    def __init__(self, total: int | None) -> None:
        self._total = total
        self._first: Features | None = None
        self._arrays: list[list[np.ndarray]] = []
        self._whole: list[np.ndarray] | None = None
        self._labels: list[str] = []

    def add(self, batch: Batch, values: Features) -> None:
        pairs = list(values.arrays())
        if self._first is None:
            self._first, self._labels = values, [label for label, _ in pairs]
            if self._total is None or batch.size >= self._total:
                self._arrays = [[array] for _, array in pairs]
                return
            self._whole = [_array_for_all(self._total, label, array, batch) for label, array in pairs]
        elif [label for label, _ in pairs] != self._labels:
            raise ValueError(
                f"{batch} gave values for other addresses than the batches before it; extract batches of one shape at a time."
            )
        for i, (label, array) in enumerate(pairs):
            before = self._arrays[i][0] if self._whole is None else self._whole[i]
            if array.shape[:1] != (batch.size,) or array.shape[1:] != before.shape[1:]:
                raise ValueError(_mismatch(label, array, batch, before.shape))
            if self._whole is None:
                self._arrays[i].append(array)
            else:
                self._whole[i][batch.start : batch.start + batch.size] = array

    def values(self) -> dict[str, object]:
        if self._first is None:
            return {}
        if self._whole is None and all(len(parts) == 1 for parts in self._arrays):
            return dict(self._first)
        flat = self._whole or []
        while self._arrays:
            flat.append(np.concatenate(self._arrays.pop(0)))
        for array in flat:
            array.flags.writeable = False
        order = iter(flat)
        return {address: map_arrays(lambda _: next(order), value) for address, value in self._first.items()}


def _array_for_all(total: int, label: str, array: np.ndarray, batch: Batch) -> np.ndarray:
    if array.shape[:1] != (batch.size,):
        raise ValueError(_mismatch(label, array, batch, (batch.size, *array.shape[1:])))
    return np.empty((total, *array.shape[1:]), array.dtype)


def _mismatch(label: str, array: np.ndarray, batch: Batch, before: tuple[int, ...]) -> str:
    if array.ndim == 0 or array.shape[0] != batch.size:
        return (
            f"the values of {address_text(label)!r} have shape {array.shape} for {batch.size} examples: no batch axis to join "
            "along. Extract it from one batch, or leave it out."
        )
    return (
        f"in {batch} the values of {address_text(label)!r} have shape {array.shape}, before it {tuple(before)}: not one array. "
        "Pad the data to one length, extract batch by batch, or write them with to='folder'."
    )
