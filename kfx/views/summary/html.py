"""A summary as HTML that needs no script, no style sheet and no kernel, and survives a notebook's sanitizer.

Right-aligned is what Jupyter and the table's body say once; only the cells that stand left say so themselves. Large models get
a leaner table: one inline style costs 20 bytes a cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from html import escape

from kfx.draw.markup import DIM, html_text
from kfx.model.facts import LayerGraph
from kfx.text import numbers
from kfx.views.summary.rows import Row
from kfx.views.summary.totals import Fact, foot_facts, head_facts, reading_notes

_FULL, _LEAN, _LEAST = "full", "lean", "least"
_MANY = 250  # rows from which on there are no bars, and settings stand beside the type
_text = partial(html_text, longest=40)  # a long name may break: a sanitizer drops the style that would say so
_LEFT = " style=text-align:left"
_ONE_LINE = " style=white-space:nowrap"
_HEADS = {
    _FULL: ("Layer", "Type", "Settings", "Output", "Parameters", "FLOPs", "Memory", "Connected to"),
    _LEAN: ("Layer", "Type", "Output", "Parameters", "FLOPs", "Memory", "Connected to"),
    _LEAST: ("Layer", "Type", "Output", "Parameters", "FLOPs"),
}
_STANDS_LEFT = {"Layer", "Type", "Settings", "Connected to", "Trainable"}


def summary_html(
    graph: LayerGraph,
    rows: Sequence[Row],
    shown: Sequence[Row],
    *,
    expand_nested: bool = False,
    show_trainable: bool = False,
    least: bool = False,
) -> str:
    """Facts, a table and totals; nested models fold as `details`.

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
    table = _Table(inside, detail, expand_nested, show_trainable)
    top = [row for row in shown if row.level == 0]
    name, facts, foot = _text(graph.name), _joined(head_facts(graph, rows)), foot_facts(graph)
    left_out = len(inside.get(None, ())) - len(top)
    notes = [f"{len(top):,} of {len(top) + left_out:,} rows; the totals are the whole model's."] if left_out else []
    notes += reading_notes(graph, rows)
    return (
        f'<div style="overflow-x:auto;font-size:13px"><div><b style="font-size:14px">{name}</b> &nbsp; {facts}</div>\n'
        f"{table.of(top)}\n"
        f"<div>{_joined([Fact(foot[0].text, ''), *foot[1:]])}</div>\n"
        + "".join(f'<div style="{DIM};font-size:11px">{escape(note)}</div>\n' for note in notes)
        + "</div>"
    )


def _joined(facts: Sequence[tuple[str, str]]) -> str:
    return " · ".join(f"<b>{escape(strong)}</b> {escape(text)}".strip() if strong else escape(text) for strong, text in facts)


def _unbroken(figure: str) -> str:
    """A figure whose unit stays beside it."""
    return figure.replace(" ", "&nbsp;")


class _Table:
    def __init__(self, inside: dict[str | None, list[Row]], detail: str, expand: bool, show_trainable: bool):
        self.inside, self.detail, self.open = inside, detail, " open" if expand else ""
        self.heads = [*_HEADS[detail], *(["Trainable"] if show_trainable else [])]

    def of(self, rows: Sequence[Row]) -> str:
        heads = "".join(f"<th scope=col{_LEFT if head in _STANDS_LEFT else ''}>{head}</th>" for head in self.heads)
        body = "".join(map(self.row, rows))
        return (
            f'<table class=kfx-{self.detail} cellpadding=3 style="font-size:12px;border-collapse:collapse;margin:4px 0">'
            f'<thead style="text-align:right"><tr>{heads}</tr></thead><tbody style="text-align:right">{body}</tbody></table>'
        )

    def row(self, row: Row) -> str:
        cells = "".join(f"<td{self.attribute(head, row)}>{self.cell(head, row)}" for head in self.heads)
        within = self.inside.get(row.address)
        if not within:
            return f"<tr>{cells}\n"
        said = f"{row.inside} inside {_text(row.layer)}"
        return (
            f"<tr>{cells}\n<tr><td colspan={len(self.heads)}{_LEFT}>"
            f"<details{self.open} style=margin-left:14px><summary>{said}</summary>{self.of(within)}</details>\n"
        )

    def attribute(self, head: str, row: Row) -> str:
        """A number and its bar stay on one line."""
        barred = head == "Parameters" and self.detail == _FULL and row.parameters
        return _LEFT if head in _STANDS_LEFT else _ONE_LINE if barred else ""

    def cell(self, head: str, row: Row) -> str:
        if head == "Layer":
            return _text(row.layer)
        if head == "Parameters":
            bar = ""
            if self.detail == _FULL and row.parameters:
                bar = f' <meter style="width:44px" value={row.share:.3f}>({numbers.percent(row.share)})</meter>'
            return row.parameters_text + bar
        return {
            "Type": lambda: _text(row.type if self.detail != _LEAN else f"{row.type} {row.settings}".strip()),
            "Settings": lambda: escape(row.settings, quote=False),
            "Output": lambda: escape(row.output, quote=False),
            "FLOPs": lambda: _unbroken(row.flops_text),
            "Memory": lambda: _unbroken(row.bytes_text),
            "Connected to": lambda: _text(", ".join(row.connected_to)),
            "Trainable": lambda: row.can_train,
        }[head]()
