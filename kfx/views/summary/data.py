"""A summary's rows for other programs: records, Markdown, JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence

from kfx.model.facts import LayerGraph
from kfx.text.csv_markdown import markdown_table, markdown_text
from kfx.text.latex import latex_table, latex_text
from kfx.text.untrusted import visible
from kfx.views.summary.columns import columns
from kfx.views.summary.rows import Row
from kfx.views.summary.totals import foot_facts, head_facts


def records(rows: Sequence[Row]) -> list[dict[str, object]]:
    """Return one plain dict a row: text, numbers, and None for what is unknown."""
    shown = [(column.id, column.value) for column in columns("data")]
    return [{name: value(row) for name, value in shown} for row in rows]


def to_markdown(graph: LayerGraph, rows: Sequence[Row], shown: Sequence[Row]) -> str:
    """Return a Markdown table, with the facts above and the totals below; names cannot become markup."""
    parts = columns("markdown")
    cells = (
        ["&emsp;" * row.level + markdown_text(parts[0].text(row)), *(markdown_text(c.text(row)) for c in parts[1:])]
        for row in shown
    )
    heads = {markdown_text(c.head): c.right for c in parts}
    table = markdown_table(list(heads), cells, {head for head, right in heads.items() if right})
    head = f"**{markdown_text(graph.name)}** · {' · '.join(map(str, head_facts(graph, rows)))}"
    return "\n".join([head, "", *table, "", " · ".join(map(str, foot_facts(graph))), ""])


def to_latex(graph: LayerGraph, rows: Sequence[Row], shown: Sequence[Row]) -> str:
    """Return a LaTeX ``tabular`` of the rows, with facts and totals as comments above; names cannot become commands."""
    parts = columns("markdown")
    cells = (
        [r"\quad " * row.level + latex_text(parts[0].text(row)), *(latex_text(column.text(row)) for column in parts[1:])]
        for row in shown
    )
    facts = (graph.name, *map(str, head_facts(graph, rows)), *map(str, foot_facts(graph)))
    comments = [f"% {' · '.join(visible(fact) for fact in facts)}", r"% needs \usepackage{booktabs}"]
    table = latex_table([latex_text(column.head) for column in parts], cells, [column.right for column in parts])
    return "\n".join([*comments, table])


def to_json(graph: LayerGraph, shown: Sequence[Row]) -> str:
    """The model's totals and its rows, shapes as lists with null for an unknown axis."""
    found = [
        {**record, "shapes": [None if s is None else list(s) for s in row.shapes], "connected_to": list(row.connected_to)}
        for record, row in zip(records(shown), shown, strict=True)
    ]
    totals = {"parameters": graph.params, "trainable": graph.trainable}
    sized = {"weight_bytes": graph.weight_bytes if graph.weights_sized else None}
    if graph.active_params is not None:
        sized["active_parameters"] = graph.active_params
    if graph.kv_cache is not None:
        sized["kv_cache_bytes"] = graph.kv_cache.nbytes
    head = {"name": graph.name, "type": graph.type, "reading": graph.kind, **totals, **sized}
    whole = {**head, "rows": found, "notes": list(graph.notes)}
    return json.dumps(whole, indent=1) + "\n"


def type_with_unknown(values: Sequence[object]) -> str:
    """Return the pandas type of numbers some of which are unknown; ``""`` for anything else."""
    known = [value for value in values if value is not None]
    if len(known) in (0, len(values)) or not all(isinstance(value, int | float) for value in known):
        return ""
    whole = all(isinstance(value, int) and abs(value) < 2**63 for value in known)
    return "Int64" if whole else "Float64"
