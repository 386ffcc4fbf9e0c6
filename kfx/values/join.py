"""Join the values of several batches in memory."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from kfx.keras_access.importing import import_keras
from kfx.values.data.batches import Batch, Batches
from kfx.values.features import Features, address_text, map_arrays


def join_batches(values_of: Callable[[Batch], Features], batches: Batches) -> dict[str, object]:
    """Compute and join the values of all batches along the first axis; those of a single batch are not copied.

    Raises:
        ValueError: The values of two batches cannot be joined.
    """
    first: Features | None = None
    waiting: list[list[np.ndarray]] = []  # by label, the arrays of each batch
    whole: list[np.ndarray] = []  # by label, where the total is known: an array of the final size, filled in place
    for batch in batches:
        values = values_of(batch)
        labels, arrays = [label for label, _ in values.arrays()], [array for _, array in values.arrays()]
        if first is None:
            first, expected = values, labels
            if batches.total is None or batch.size >= batches.total:
                waiting = [[array] for array in arrays]
                continue
            rows = batches.total
            fixed = [array.shape[:1] != (batch.size,) and not batch.lengths for array in arrays]
            whole = [
                array if once else np.empty((rows, *array.shape[1:]), array.dtype)
                for array, once in zip(arrays, fixed, strict=True)
            ]
        elif labels != expected:
            missing = next((label for label in expected if label not in labels), None)
            raise ValueError(
                f"{batch} gave values for other addresses than the batches before it"
                + (
                    f": {missing!r} was not called this time; the model called {', '.join(map(repr, labels[:40]))}"
                    if missing
                    else ""
                )
                + "; extract batches of one shape at a time."
            )
        for i, array in enumerate(arrays):
            before = whole[i] if whole else waiting[i][0]
            if before.ndim == 0 and _comes_with_every_batch(array, batch) and np.array_equal(array, before):
                continue
            if _is_fixed(array, before, batch):
                continue
            long = array.ndim > 0 if batch.lengths else array.shape[:1] == (batch.size,)
            if not long or array.shape[1:] != before.shape[1:]:
                raise ValueError(_mismatch(labels[i], array, batch, before.shape))
            if whole:
                whole[i][batch.start : batch.start + batch.size] = array
            else:
                waiting[i].append(array)
    if first is None or (not whole and all(len(arrays) == 1 for arrays in waiting)):
        return dict(first or {})
    while waiting:
        parts = waiting.pop(0)
        whole.append(np.concatenate(parts) if len(parts) > 1 else parts[0])
    for array in whole:
        array.flags.writeable = False
    order = iter(whole)
    return {address: map_arrays(lambda _: next(order), value) for address, value in first.items()}


def _is_fixed(array: np.ndarray, before: np.ndarray, batch: Batch) -> bool:
    """Return whether values without an axis of the examples, such as angles of positions, are those of the batches before."""
    if batch.lengths or array.shape[:1] == (batch.size,) or array.shape != before.shape:
        return False
    return np.array_equal(array, before, equal_nan=array.dtype.kind == "f")


def _comes_with_every_batch(value: np.ndarray, batch: Batch) -> bool:
    """Return whether a value is a single number that is one of the inputs, as it is for every batch."""
    if value.ndim:
        return False
    numbers = [x for x in import_keras().tree.flatten(batch.inputs) if x is not None and len(x.shape) == 0]
    return any(np.array_equal(value, np.asarray(x), equal_nan=value.dtype.kind == "f") for x in numbers)


def _mismatch(label: str, array: np.ndarray, batch: Batch, before: tuple[int, ...]) -> str:
    if array.ndim == 0 or array.shape[0] != batch.size:
        return (
            f"The values of {address_text(label)!r} have shape {array.shape} for {batch.size} examples: no batch axis to join "
            "along. Extract it from one batch, or leave it out."
        )
    return (
        f"In {batch} the values of {address_text(label)!r} have shape {array.shape}, before it {tuple(before)}: not one array. "
        "Pad the data to one length, extract batch by batch, or write them with to='folder'."
    )
