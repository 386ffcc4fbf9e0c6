"""Tables of pandas and polars as the arrays that a model takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def is_table(x: object) -> bool:
    """Return whether ``x`` is a data frame of pandas or polars."""
    return _library(x) is not None and type(x).__name__ == "DataFrame"


def is_column(x: object) -> bool:
    """Return whether ``x`` is a column (a Series) of pandas or polars."""
    return _library(x) is not None and type(x).__name__ == "Series"


def _library(x: object) -> str | None:
    name = type(x).__module__.partition(".")[0]
    return name if name in ("pandas", "polars") else None


def by_input(table: Any, names: Sequence[str]) -> dict[str, np.ndarray] | np.ndarray:
    """Return a table's columns by the names of a model's inputs, where it has them all; otherwise the table as one array.

    Args:
        names: Of the model's inputs.
    """
    columns = {str(name): name for name in table.columns}
    if len(names) > 1 and all(name in columns for name in names):
        return {name: column_array(table[columns[name]]) for name in names}
    parts = [column_array(table[name]) for name in table.columns]
    if len({part.shape for part in parts}) > 1 or any(part.ndim != 2 for part in parts):
        raise ValueError("The columns of the table hold arrays of different shapes; give each as an array of its own.")
    return np.concatenate(parts, axis=1) if parts else np.empty((len(table), 0))


def column_array(column: Any) -> np.ndarray:
    """Return a column as an array ``(rows, 1)``, as Keras's own ``predict`` takes it; a missing number is NaN."""
    numeric = _is_numeric(column)
    found = column.to_numpy()
    if found.dtype == object and numeric:  # pandas' numbers that may be missing
        found = column.to_numpy(dtype="float64", na_value=np.nan)
    if found.dtype == object and len(found) and isinstance(found[0], np.ndarray | list):
        return np.stack(found)[:, None]
    return found[:, None]


def _is_numeric(column: Any) -> bool:
    if _library(column) == "polars":
        return bool(column.dtype.is_numeric())
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    return bool(is_numeric_dtype(column) or is_bool_dtype(column))
