"""Join the values of several batches in memory. Apart from features.py, which knows nothing of batches."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from kfx.values.data.batches import Batch
from kfx.values.features import Features, address_text, map_arrays


class JoinedBatches:
    """Collect batch after batch. A single batch is returned unchanged, without a copy.

    Args:
        total: Number of examples to come, so that arrays of the final size can be filled in place; None if unknown.
    """

    def __init__(self, total: int | None) -> None:
        self._total = total
        self._first: Features | None = None
        self._arrays: list[list[np.ndarray]] = []
        self._whole: list[np.ndarray] | None = None
        self._labels: list[str] = []

    def add(self, batch: Batch, values: Features) -> None:
        """Add the next batch.

        Raises:
            ValueError: Its values cannot be joined with those before it.
        """
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

    def values(self) -> Mapping[str, object]:
        """Return all batches, joined along the first axis."""
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
