"""Join the values of several batches in memory."""

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
        self._labels: list[str] = []
        self._waiting: list[list[np.ndarray]] = []  # by label, the arrays of each batch
        self._whole: list[np.ndarray] = []

    def add(self, batch: Batch, values: Features) -> None:
        pairs = list(values.arrays())
        if self._first is None:
            self._first, self._labels = values, [label for label, _ in pairs]
            if self._total is None or batch.size >= self._total:
                self._waiting = [[array] for _, array in pairs]
                return
            self._whole = [np.empty((self._total, *array.shape[1:]), array.dtype) for _, array in pairs]
        elif [label for label, _ in pairs] != self._labels:
            raise ValueError(
                f"{batch} gave values for other addresses than the batches before it; extract batches of one shape at a time."
            )
        for i, (label, array) in enumerate(pairs):
            before = self._whole[i] if self._whole else self._waiting[i][0]
            if array.shape[:1] != (batch.size,) or array.shape[1:] != before.shape[1:]:
                raise ValueError(_mismatch(label, array, batch, before.shape))
            if self._whole:
                self._whole[i][batch.start : batch.start + batch.size] = array
            else:
                self._waiting[i].append(array)

    def values(self) -> dict[str, object]:
        if self._first is None:
            return {}
        if not self._whole and all(len(arrays) == 1 for arrays in self._waiting):
            return dict(self._first)
        while self._waiting:
            self._whole.append(np.concatenate(self._waiting.pop(0)))
        for array in self._whole:
            array.flags.writeable = False
        order = iter(self._whole)
        return {address: map_arrays(lambda _: next(order), value) for address, value in self._first.items()}


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
