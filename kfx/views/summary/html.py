"""A summary as HTML that needs no script, no style sheet and no kernel, and survives a notebook's sanitizer.

The table's body is right-aligned as a whole; only left-aligned cells have a style of their own. Large models get a leaner
table: one inline style costs 20 bytes a cell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from html import escape

from kfx.draw.markup import DIM, html_text
from kfx.model.facts import LayerGraph
from kfx.text import numbers
from kfx.views.summary.columns import Column, columns
from kfx.views.summary.rows import Row
from kfx.views.summary.totals import Fact, foot_facts, head_facts, reading_notes

_FULL, _LEAN, _LEAST = "full", "lean", "least"
_MANY = 250  # with more rows there are no bars, and settings follow the type
_text = partial(html_text, longest=40)  # a long name may break: a sanitizer drops the style that would say so
_LEFT = " style=text-align:left"
_LONG, _BROKEN = 14, 100  # letters of a name that is kept on one line, and of one that may break anywhere
_PLACES = re.compile(r"(?<=[_/])(?=\w)|(?<=[a-z])(?=[A-Z])")
_ONE_LINE = " style=white-space:nowrap"


def summary_html(
    graph: LayerGraph,
    rows: Sequence[Row],
    shown: Sequence[Row],
    *,
    expand_nested: bool = False,
    show_trainable: bool = False,
    least: bool = False,
) -> str:
    """Return facts, a table and totals; nested models fold as `details`.

    Args:
        graph: The facts.
        rows: All rows of the model.
        shown: Those of the table's top level; what is inside nested models comes with them.
        expand_nested: With nested models unfolded at first.
        show_trainable: With a column that says whether training changes the layer.
        least: Only names, types, shapes, parameters and FLOPs: the smallest useful table.
    """
    inside: dict[str | None, list[Row]] = {}
    for row in rows:
        inside.setdefault(row.call.parent, []).append(row)
    detail = _LEAST if least else _LEAN if len(rows) > _MANY else _FULL
    table = _Table(inside, detail, expand_nested, _columns(detail, show_trainable))
    top = [row for row in shown if row.level == 0]
    name, facts, foot = _text(graph.name), _joined(head_facts(graph, rows)), foot_facts(graph)
    notes = reading_notes(graph, rows, shown)
    return (
        f'<div style="overflow-x:auto;font-size:13px"><div><b style="font-size:14px">{name}</b> &nbsp; {facts}</div>\n'
        f"{table.of(top)}\n"
        f"<div>{_joined([Fact(foot[0].text, ''), *foot[1:]])}</div>\n"
        + "".join(f'<div style="{DIM};font-size:11px">{escape(note)}</div>\n' for note in notes)
        + "</div>"
    )


def _joined(facts: Sequence[tuple[str, str]]) -> str:
    return " · ".join(f"<b>{escape(strong)}</b> {escape(text)}".strip() if strong else escape(text) for strong, text in facts)


def _columns(detail: str, show_trainable: bool) -> list[Column]:
    every = columns("html", optional=show_trainable)
    if detail == _LEAST:
        return [column for column in every if column.small or column.optional]
    return [column for column in every if detail == _FULL or column.id != "settings"]  # a lean table joins them to the type


class _Table:
    def __init__(self, inside: dict[str | None, list[Row]], detail: str, expand: bool, parts: list[Column]):
        self.inside, self.detail, self.open = inside, detail, " open" if expand else ""
        self.columns = parts
        self.cells = [_cell(column, detail) for column in parts]

    def of(self, rows: Sequence[Row]) -> str:
        heads = "".join(f"<th scope=col{'' if one.right else _LEFT}>{escape(one.head)}</th>" for one in self.columns)
        body = "".join(map(self.row, rows))
        return (
            f'<table class=kfx-{self.detail} cellpadding=3 style="font-size:12px;border-collapse:collapse;margin:4px 0">'
            f'<thead style="text-align:right"><tr>{heads}</tr></thead><tbody style="text-align:right">{body}</tbody></table>'
        )

    def row(self, row: Row) -> str:
        cells = "".join([cell(row) for cell in self.cells])
        within = self.inside.get(row.address)
        if not within:
            return f"<tr>{cells}\n"
        summary = f"{row.inside} inside {_text(row.layer)}"
        return (
            f"<tr>{cells}\n<tr><td colspan={len(self.columns)}{_LEFT}>"
            f"<details{self.open} style=margin-left:14px><summary>{summary}</summary>{self.of(within)}</details>\n"
        )


def _cell(column: Column, detail: str) -> Callable[[Row], str]:
    """Return the function that writes a row's cell of the column."""
    start, text = f"<td{'' if column.right else _LEFT}>", column.text
    if column.cell == "bar" and detail == _FULL:
        return lambda row: f"<td{_ONE_LINE if row.parameters else ''}>{text(row)}{_bar(row)}"
    if column.cell == "type" and detail == _LEAN:
        return lambda row: start + _text(f"{row.type} {row.settings}".strip())
    if column.cell in ("layer", "type") and detail == _FULL:
        return lambda row: start + _breakable(text(row))
    if column.cell in ("layer", "type", "names"):
        return lambda row: start + _text(text(row))
    if column.cell == "text":
        return lambda row: start + escape(text(row), quote=False)
    return lambda row: start + escape(text(row), quote=False).replace(" ", "&nbsp;")  # a unit stays with its number


def _breakable(text: str) -> str:
    """Return a name with places to break where there is little room: after `_` or `/`, before a capital; never in a word."""
    if not _LONG < len(text) <= _BROKEN:
        return _text(text)
    return "<wbr>".join(_text(part) for part in _PLACES.split(text))


def _bar(row: Row) -> str:
    if not row.parameters:
        return ""
    return f' <meter style="width:44px" value={row.share:.3f}>({numbers.percent(row.share)})</meter>'
