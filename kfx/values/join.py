"""Values of several batches as one array for each address, with no second copy of what is already joined."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from kfx.values.data.batches import Batch
from kfx.values.features import Features, address_text, refilled


class JoinedBatches:
    """Collects batch after batch. One batch alone is handed on as it is, without a copy.

    Args:
        total: How many examples will come, so that arrays of the final size can be filled in place; None if unknown.
    """

    def __init__(self, total: int | None) -> None:
        self._total = total
        self._first: Features | None = None
        self._arrays: list[list[Any]] = []
        self._whole: list[Any] | None = None
        self._labels: list[str] = []

    def add(self, batch: Batch, values: Features) -> None:
        """The next batch."""
        pairs = list(values.arrays())
        if self._first is None:
            self._first, self._labels = values, [label for label, _ in pairs]
            if self._total is not None and batch.size < self._total:
                self._whole = [self._room(label, array, batch) for label, array in pairs]
            else:
                self._arrays = [[array] for _, array in pairs]
                return
        elif [label for label, _ in pairs] != self._labels:
            raise ValueError(
                f"{batch} gave values for other addresses than the batches before it; extract batches of one shape at a time."
            )
        for i, (label, array) in enumerate(pairs):
            if self._whole is not None:
                if array.shape[1:] != self._whole[i].shape[1:] or array.shape[:1] != (batch.size,):
                    raise ValueError(_unlike(label, array, batch, self._whole[i].shape))
                self._whole[i][batch.start : batch.start + batch.size] = array
            else:
                before = self._arrays[i]
                if array.ndim == 0 or array.shape[:1] != (batch.size,) or array.shape[1:] != before[0].shape[1:]:
                    raise ValueError(_unlike(label, array, batch, before[0].shape))
                before.append(array)

    def _room(self, label: str, array: Any, batch: Batch) -> Any:
        if array.shape[:1] != (batch.size,):
            raise ValueError(_unlike(label, array, batch, (batch.size, *array.shape[1:])))
        return np.empty((self._total, *array.shape[1:]), array.dtype)

    def values(self) -> Mapping[str, Any]:
        """All batches, joined along the first axis."""
        if self._first is None:
            return {}
        if self._whole is None and all(len(parts) == 1 for parts in self._arrays):
            return dict(self._first)
        flat = []
        for i in range(len(self._labels)):
            if self._whole is not None:
                flat.append(self._whole[i])
            else:
                flat.append(np.concatenate(self._arrays[i]))
                self._arrays[i] = []
        for array in flat:
            array.flags.writeable = False
        order = iter(flat)
        return {address: refilled(value, order) for address, value in self._first.items()}


def _unlike(label: str, array: Any, batch: Batch, before: tuple[int, ...]) -> str:
    if array.ndim == 0 or array.shape[0] != batch.size:
        return (
            f"the values of {address_text(label)!r} have shape {array.shape} for {batch.size} examples: no batch axis to join along. "
            "Extract it from one batch, or leave it out."
        )
    return (
        f"in {batch} the values of {address_text(label)!r} have shape {array.shape}, before it {tuple(before)}: not one array. "
        "Pad the data to one length, extract batch by batch, or write them with to='folder'."
    )
