"""A summary's rows for other programs: records, CSV, Markdown, JSON, pandas."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from kfx.model.facts import LayerGraph
from kfx.text.csv_markdown import csv_text, data_frame, markdown_table, markdown_text
from kfx.text.untrusted import visible
from kfx.views.summary.rows import Row
from kfx.views.summary.totals import foot_facts, head_facts


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
    return csv_text(_COLUMNS, map(dict.values, records(rows)))


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


def to_markdown(graph: LayerGraph, rows: Sequence[Row], shown: Sequence[Row]) -> str:
    """A table as GitHub and JupyterLab read it, with the facts above and the totals below; names cannot become markup."""
    heads = ("Layer", "Type", "Settings", "Output", "Parameters", "FLOPs", "Memory", "Connected to")
    right = {"Output", "Parameters", "FLOPs", "Memory"}
    cells = (
        (
            "&emsp;" * row.level + markdown_text(row.layer),
            markdown_text(row.type),
            markdown_text(row.settings),
            markdown_text(row.output),
            row.parameters_text,
            row.flops_text,
            row.bytes_text,
            markdown_text(", ".join(row.connected_to)),
        )
        for row in shown
    )
    head = f"**{markdown_text(graph.name)}** · {' · '.join(map(str, head_facts(graph, rows)))}"
    lines = [head, "", *markdown_table(heads, cells, right)]
    return "\n".join([*lines, "", " · ".join(map(str, foot_facts(graph))), ""])


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
    frame = data_frame(records(rows), _COLUMNS, instead=".rows")
    return frame.astype(dict.fromkeys(("flops", "activation_bytes"), "Int64"))
