"""Read a table from a .csv or .parquet file as the arrays that a model takes, with columns chosen by the inputs' names."""

from __future__ import annotations

import contextlib
import csv
from collections.abc import Iterable, Sequence
from math import prod
from pathlib import Path

import numpy as np

from kfx.errors import KfxError
from kfx.model.read.sizes.graph_inputs import Expected

Columns = dict[str, np.ndarray]


def read_csv(path: Path) -> Columns:
    """Return the columns of a CSV file by their names: numbers as arrays of numbers, all else as text.

    Raises:
        ValueError: The file is not a table.
    """
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            rows = [row for row in csv.reader(file) if row]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"Cannot read {str(path)!r} as a table: {error}. Save it as CSV in UTF-8.") from error
    if len(rows) < 2:
        raise ValueError(f"{str(path)!r} holds no rows below its line of column names.")
    names, body = rows[0], rows[1:]
    odd = next((n for n, row in enumerate(body) if len(row) != len(names)), None)
    if odd is not None:
        raise ValueError(f"{str(path)!r} has {len(names)} columns; row {odd + 1} below the names has {len(body[odd])}.")
    if len(set(names)) != len(names):
        raise ValueError(f"{str(path)!r} names a column twice: {_quoted(names)}.")
    return {name: _typed([row[k] for row in body]) for k, name in enumerate(names)}


def _typed(cells: list[str]) -> np.ndarray:
    """Return whole numbers, else numbers (an empty cell is NaN), else text."""
    for dtype, empty in (("int64", ""), ("float64", "nan")):
        with contextlib.suppress(ValueError, OverflowError):
            return np.array([cell.strip() or empty for cell in cells]).astype(dtype)
    return np.array(cells, dtype=object)


def read_parquet(path: Path) -> Columns:
    """Return the columns of a Parquet file by their names.

    Raises:
        ValueError: The file is not a table.
        KfxError: pyarrow is not installed.
    """
    try:
        from pyarrow import ArrowException, parquet
    except ImportError:
        raise KfxError(
            "Reading .parquet needs pyarrow, which is not installed here. Install it with: pip install pyarrow"
        ) from None
    try:
        table = parquet.read_table(path)
    except (ArrowException, OSError) as error:
        raise ValueError(f"Cannot read {str(path)!r} as a table: {error}") from error
    found = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        cells = column.to_pylist() if str(column.type).startswith(("list", "fixed_size_list", "large_list")) else None
        try:
            found[name] = np.array(cells) if cells is not None else column.to_numpy()
        except ValueError:
            raise ValueError(f"Column {name!r} of {str(path)!r} holds lists of different lengths. Pad them first.") from None
    return found


def fitted(
    table: Columns, expected: Sequence[Expected] | None, chosen: Sequence[str] | None, file: str
) -> np.ndarray | Columns:
    """Return the columns as the model takes them: one for each input of its name, or side by side in its only input.

    Args:
        table: All columns.
        expected: The model's inputs; None where its own code decides.
        chosen: Names of the columns to use, in this order; None takes those that the inputs name, else all.
        file: The file's name, for error messages.

    Raises:
        ValueError: The columns do not fit the model.
    """
    unknown = [name for name in chosen or () if name not in table]
    if unknown:
        raise ValueError(f"{file!r} has no column {unknown[0]!r}; its columns: {_quoted(table)}.")
    if chosen is None and expected is not None and all(one.name in table for one in expected):
        found = {one.name: _as_input(table[one.name], one) for one in expected}
        return next(iter(found.values())) if len(found) == 1 else found
    if expected is not None and len(expected) > 1:
        missing = next(one.name for one in expected if one.name not in table)
        raise ValueError(f"{file!r} has no column {missing!r}, an input of the model; its columns: {_quoted(table)}.")
    names = list(chosen or table)
    columns = [table[name] for name in names]
    if len(columns) == 1:
        return _as_input(columns[0], expected[0]) if expected else columns[0]
    text = next((name for name, column in zip(names, columns, strict=True) if column.dtype.kind not in "biuf"), None)
    if text is not None and not (expected and expected[0].dtype == "string"):
        raise ValueError(f"Column {text!r} of {file!r} is not numeric; leave it out with --columns.")
    joined = np.column_stack(columns)
    shape = [] if not expected else [side for side in expected[0].shape[1:] if side is not None]
    if expected and 0 < len(shape) == len(expected[0].shape) - 1:
        want = prod(shape)
        if joined.shape[1] != want:
            raise ValueError(
                f"{file!r} has {joined.shape[1]} columns ({_quoted(names)}); the model takes {want} numbers an example. "
                "Choose with --columns."
            )
        return joined.reshape(len(joined), *shape)
    return joined


def _as_input(column: np.ndarray, want: Expected) -> np.ndarray:
    """Return a column with the axes of an input, where only an axis of length 1 is missing."""
    if column.ndim == 1 and len(want.shape) == 2 and want.shape[1] == 1:
        return column[:, None]
    return column


def _quoted(columns: Iterable[str]) -> str:
    names = list(columns)
    return ", ".join(map(repr, names[:20])) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
