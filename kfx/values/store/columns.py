"""Describe the values of a batch as columns of a folder: one array a column, in the structure of the call's outputs."""

from __future__ import annotations

import re
from itertools import count
from pathlib import Path
from typing import Any

import ml_dtypes  # noqa: F401  makes bfloat16 and float8 known to NumPy by name
import numpy as np

from kfx.errors import FolderError
from kfx.values.data.batches import Batch
from kfx.values.features import Features, address_text, map_arrays
from kfx.values.store.folder import file_name


def columns_of(values: Features) -> dict[str, Any]:
    """Return ``columns`` (file names, shapes, dtypes) and the ``structure`` they fill, for the manifest."""
    ragged = next((label for label, array in values.arrays() if array.dtype == object and _holds_arrays(array)), None)
    if ragged is not None:
        raise ValueError(
            f"The values of {address_text(ragged)!r} are ragged (each example has another shape), and a folder holds arrays. "
            "Leave this address out, or leave out `to`."
        )
    found = []
    for number, (label, array) in enumerate(values.arrays()):
        slug = re.sub(r"[^A-Za-z0-9_.]+", "-", label).strip("-.")[:40]
        file = f"{number:04d}-{slug}.npy" if slug else f"{number:04d}.npy"
        found.append({"address": label, "file": file, "shape": [None, *array.shape[1:]], "dtype": array.dtype.name})
    numbers = count()
    structure = [[address, map_arrays(lambda _: next(numbers), value)] for address, value in values.items()]
    return {"columns": found, "structure": structure}


def _holds_arrays(array: np.ndarray) -> bool:
    return any(isinstance(x, np.ndarray) for x in array.ravel()[:1])


def read_columns(manifest: dict[str, Any], folder: Path) -> list[dict[str, Any]]:
    """Return the columns of a manifest, each with a file inside the folder, a shape and a dtype.

    Raises:
        FolderError: They are not what kfx wrote.
    """
    try:
        columns = manifest["columns"]
        if not isinstance(columns, list) or len({file_name(column["file"]) for column in columns}) != len(columns):
            raise ValueError("Two columns have one file")
        for column in columns:
            shape = column["shape"]
            sizes_fit = isinstance(shape, list) and all(n is None or (type(n) is int and 0 <= n < 2**48) for n in shape)
            if not sizes_fit or len(shape) > 32 or not isinstance(column["address"], str):
                raise ValueError("A column has no shape or address")
            if np.dtype(str(column["dtype"])).names:
                raise ValueError("A column holds records")
        return columns
    except FolderError as error:
        raise FolderError(f"Cannot read 'manifest.json' in {str(folder)!r}: {error}") from error
    except (KeyError, TypeError, ValueError, SyntaxError, AttributeError) as error:
        why = " ".join(str(error).split())[:120]
        raise FolderError(f"Cannot read 'manifest.json' in {str(folder)!r}: {why}. It is not what kfx wrote.") from error


def filled(columns: list[dict[str, Any]], values: Features, batch: Batch) -> list[np.ndarray]:
    """Return the arrays of a batch, one for each column.

    Raises:
        FolderError: They do not fit the columns.
        ValueError: One has no batch axis.
    """
    if batch.lengths:
        raise ValueError(
            f"The arrays have {', '.join(map(str, batch.lengths))} examples, and a folder holds one example in each row. "
            "Leave out `to`."
        )
    for label, array in values.arrays():
        if array.shape[:1] != (batch.size,):
            raise ValueError(
                f"The values of {address_text(label)!r} have shape {array.shape} for {batch.size} examples: without a batch "
                "axis they cannot be written example by example. Leave this address out."
            )
    now = [(label, array.dtype.name) for label, array in values.arrays()]
    before = [(column["address"], column["dtype"]) for column in columns]
    if now != before:
        odd = next((n for n in now if n not in before), now[-1] if now else ("nothing", ""))
        raise FolderError(
            f"{batch} gave {address_text(odd[0])!r} as {odd[1]}, unlike the batches before it; a folder holds one kind of "
            "values."
        )
    return [array for _, array in values.arrays()]
