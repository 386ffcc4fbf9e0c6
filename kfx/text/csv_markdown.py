"""Write tables for other programs: CSV, Markdown, pandas and xarray."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from types import ModuleType
from typing import TYPE_CHECKING

from kfx.text.untrusted import visible

if TYPE_CHECKING:
    import numpy as np
    import pandas
    import xarray

_FORMULA = tuple("=+-@\t\r＝＋－＠")  # what a spreadsheet takes for the start of a formula
_MARKS = re.compile(r"[\\`*\[\]|~$#!]|(?<![^\W_])_|_(?![^\W_])")  # Markdown's; an underscore inside a word is not one


def csv_text(heads: Sequence[str], rows: Iterable[Iterable[object]]) -> str:
    """Return comma-separated values with a header line; None is an empty cell.

    Text that a spreadsheet would run as a formula (it begins with ``=``, ``+``, ``-`` or ``@``) gets an apostrophe in front.
    """
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([map(_inert, row) for row in (heads, *rows)])
    return out.getvalue()


def _inert(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def markdown_table(heads: Sequence[str], rows: Iterable[Iterable[str]], right: Iterable[str] = ()) -> list[str]:
    """Return the lines of a table as GitHub and JupyterLab read it; the cells are Markdown already, see `markdown_text`."""
    marks = ["--:" if head in right else ":--" for head in heads]
    return [f"| {' | '.join(cells)} |" for cells in (heads, marks, *rows)]


def markdown_text(text: str) -> str:
    """Return text that Markdown shows unchanged: no part of it becomes markup."""
    escaped = visible(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MARKS.sub(lambda mark: "\\" + mark[0], escaped)


def data_frame(records: Sequence[Mapping[str, object]], columns: Sequence[str], *, instead: str) -> pandas.DataFrame:
    """Return the records as a pandas DataFrame.

    Raises:
        ImportError: pandas is not installed; the message names ``instead``, which needs no pandas.
    """
    return _pandas(instead).DataFrame.from_records(records, columns=list(columns))


def value_table(array: np.ndarray, axes: Sequence[str], name: str) -> pandas.DataFrame:
    """Return an array as a pandas DataFrame: its last axis as columns, the others as the index, by their names.

    Raises:
        ImportError: pandas is not installed.
    """
    frames = _pandas("values[address]")
    if array.ndim < 2:
        return frames.DataFrame({name: array.reshape(-1)}).rename_axis(index=axes[0] if axes else None)
    rows = [range(n) for n in array.shape[:-1]]
    single = len(rows) == 1
    index = frames.RangeIndex(len(array), name=axes[0]) if single else frames.MultiIndex.from_product(rows, names=axes[:-1])
    columns = frames.RangeIndex(array.shape[-1], name=axes[-1])
    return frames.DataFrame(array.reshape(-1, array.shape[-1]), index=index, columns=columns)


def dataset(arrays: Mapping[str, tuple[Sequence[str], np.ndarray]]) -> xarray.Dataset:
    """Return arrays, each with the names of its axes, as an xarray Dataset.

    Of several arrays, all but the first axis get the array's name in front.

    Raises:
        ImportError: xarray is not installed.
    """
    try:
        import xarray
    except ImportError:
        raise ImportError("The call to_xarray() needs xarray, which is not installed. Run `pip install xarray`.") from None
    lengths: dict[str, int] = {}
    variables = {}
    for name, (axes, array) in arrays.items():
        dims = list(axes) if len(arrays) == 1 else [f"{name}.{axis}" for axis in axes]
        if axes and lengths.setdefault(axes[0], array.shape[0]) == array.shape[0]:
            dims[0] = axes[0]
        variables[name] = (dims, array)
    return xarray.Dataset(variables)


def _pandas(instead: str) -> ModuleType:
    try:
        import pandas
    except ImportError:
        message = f"to_pandas() needs pandas, which is not installed. Run `pip install pandas`, or use {instead}."
        raise ImportError(message) from None
    return pandas
