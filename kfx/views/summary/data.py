"""A summary's rows for other programs: records, CSV, Markdown, JSON, pandas."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from typing import Any

from kfx.model.facts import LayerGraph
from kfx.text.untrusted import visible
from kfx.views.summary.rows import Row
from kfx.views.summary.totals import foot_facts, head_facts

_FORMULA = tuple("=+-@\t\r＝＋－＠")  # what a spreadsheet takes for the start of a formula
_MARKS = re.compile(r"[\\`*\[\]|~$#!]|(?<![^\W_])_|_(?![^\W_])")  # Markdown's; an underscore inside a word is none


def records(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """One plain dict a row: text, numbers, and None for what is unknown."""
    return [
        {
            "address": visible(row.address),
            "level": row.level,
            "layer": visible(row.layer),
            "type": row.type,
            "settings": row.settings,
            "output": row.output,
            "dtype": row.dtype,
            "parameters": row.parameters if row.call.counted else None,
            "trainable": row.trainable if row.call.counted else None,
            "flops": row.flops,
            "activation_bytes": row.activation_bytes,
            "connected_to": ", ".join(map(visible, row.connected_to)),
        }
        for row in rows
    ]


def to_csv(rows: Sequence[Row]) -> str:
    """Comma-separated values with a header line; unknown is empty.

    Text that a spreadsheet would run as a formula (it begins with ``=``, ``+``, ``-`` or ``@``) gets an apostrophe in front.
    """
    out = io.StringIO()
    found = records(rows)
    writer = csv.DictWriter(out, fieldnames=_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: inert(value) for name, value in record.items()} for record in found)
    return out.getvalue()


_COLUMNS = (
    "address",
    "level",
    "layer",
    "type",
    "settings",
    "output",
    "dtype",
    "parameters",
    "trainable",
    "flops",
    "activation_bytes",
    "connected_to",
)


def inert(value: Any) -> Any:
    """A cell of a CSV file that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def to_markdown(graph: LayerGraph, rows: Sequence[Row], shown: Sequence[Row]) -> str:
    """A table as GitHub and JupyterLab read it, with the facts above and the totals below; names cannot become markup."""
    heads = ("Layer", "Type", "Settings", "Output", "Parameters", "FLOPs", "Memory", "Connected to")
    right = {"Output", "Parameters", "FLOPs", "Memory"}
    lines = [
        f"**{markdown_text(graph.name)}** · {' · '.join(map(str, head_facts(graph, rows)))}",
        "",
        markdown_line(heads),
        markdown_line("--:" if head in right else ":--" for head in heads),
    ]
    for row in shown:
        indent = "&emsp;" * row.level
        lines.append(
            markdown_line(
                (
                    indent + markdown_text(row.layer),
                    markdown_text(row.type),
                    markdown_text(row.settings),
                    markdown_text(row.output),
                    row.parameters_text,
                    row.flops_text,
                    row.bytes_text,
                    markdown_text(", ".join(row.connected_to)),
                )
            )
        )
    return "\n".join([*lines, "", " · ".join(map(str, foot_facts(graph))), ""])


def markdown_line(cells: Any) -> str:
    """One row of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def markdown_text(text: str) -> str:
    """Text that Markdown shows as it is: no part of it becomes markup."""
    escaped = visible(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MARKS.sub(lambda mark: "\\" + mark[0], escaped)


def to_json(graph: LayerGraph, shown: Sequence[Row]) -> str:
    """The model's totals and its rows, shapes as lists with null for an unknown axis."""
    found = [
        {**record, "shapes": [None if s is None else list(s) for s in row.shapes], "connected_to": list(row.connected_to)}
        for record, row in zip(records(shown), shown, strict=True)
    ]
    totals = {"parameters": graph.params, "trainable": graph.trainable, "weight_bytes": graph.weight_bytes}
    whole = {"name": graph.name, "type": graph.type, "reading": graph.kind, **totals, "rows": found, "notes": list(graph.notes)}
    return json.dumps(whole, indent=1) + "\n"


def to_pandas(rows: Sequence[Row]) -> Any:
    """A DataFrame with one row a call; unknown numbers are ``<NA>``."""
    try:
        import pandas
    except ImportError:
        raise ImportError("to_pandas() needs pandas, which is not installed. Run `pip install pandas`, or use .rows.") from None
    frame = pandas.DataFrame.from_records(records(rows), columns=list(_COLUMNS))
    return frame.astype(dict.fromkeys(("flops", "activation_bytes"), "Int64"))
