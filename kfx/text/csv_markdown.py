"""Write tables for other programs: CSV, Markdown and pandas."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from kfx.text.untrusted import visible

if TYPE_CHECKING:
    import pandas

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
    try:
        import pandas
    except ImportError:
        message = f"to_pandas() needs pandas, which is not installed. Run `pip install pandas`, or use {instead}."
        raise ImportError(message) from None
    return pandas.DataFrame.from_records(records, columns=list(columns))
