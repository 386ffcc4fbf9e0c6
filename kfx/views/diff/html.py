"""A comparison as HTML that needs no script, no style sheet and no kernel, and survives a notebook's sanitizer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from html import escape

from kfx.draw.markup import BLUE, DIM, ORANGE, badge, html_text
from kfx.views.diff.rows import Tables

MOST_ROWS = 400  # of a table in a notebook; a page and the other forms hold all
_GROUNDS = {"A": ORANGE, "B": BLUE, "−": ORANGE, "+": BLUE}  # of the signs: what is in the first only, in the second only
_LEFT = ' style="text-align:left"'
_text = partial(html_text, longest=32)


def diff_html(tables: Tables, drawing: str, *, most: int | None = None) -> str:
    """Return head, drawing and tables as HTML.

    Args:
        tables: The words.
        drawing: An ``img``, or a sentence why there is none.
        most: Rows of a table; all by default.
    """
    a, b = (f"{_sign(side)} <b>{_text(name)}</b>" for side, name in zip("AB", tables.names, strict=True))
    facts = escape(tables.head[1])
    head = f'<div style="font-size:14px">{a} → {b}</div><div style="{DIM};font-size:12px">{facts}</div>'
    parts = (_changes(tables, most) if tables.rows else "") + (_weights(tables, most) if tables.weights else "")
    parts += "".join(f'<div style="{DIM};font-size:11px">{_text(note)}</div>' for note in tables.notes)
    columns = (
        '<div style="display:flex;flex-wrap:wrap;align-items:flex-start;gap:8px 16px">'
        f'<div style="max-width:100%">{drawing}</div>'
        f'<div style="flex:1 1 400px;min-width:0;max-width:100%;overflow-x:auto">{parts}</div></div>'
    )
    return f'<div style="font-size:13px">{head}{columns}</div>'


def _changes(tables: Tables, most: int | None) -> str:
    heads = "".join(f"<th scope=col{_LEFT}>{_sign(head)}</th>" for head in ("", "Layer", "What", "A", "B"))
    body = [
        f"<tr><td{_LEFT}>{_sign(sign)}<td{_LEFT}><b>{_text(layer)}</b>"
        f'<td style="text-align:left;{DIM}">{_text(what)}<td{_LEFT}>{_text(a)}<td{_LEFT}>{_text(b)}'
        for sign, layer, what, a, b in tables.cells[:most]
    ]
    return _table(heads, body) + _rest(len(tables.rows), most)


def _sign(sign: str) -> str:
    """Return A, B, + and − on the colours of the drawing; other words without."""
    return badge(sign, _GROUNDS[sign]) if sign in _GROUNDS else f"<b>{sign}</b>" if sign == "~" else sign


def _weights(tables: Tables, most: int | None) -> str:
    heads = "".join(f"<th scope=col{_LEFT}>{head}</th>" for head in ("Weights that differ", "Most in"))
    heads += "<th scope=col>Largest relative change</th>"
    body = []
    for row in tables.weights[:most]:
        bar = f' <meter style="width:96px" value="{row.share:.3f}"></meter>' if row.relative is not None else ""
        cells = f'<td{_LEFT}><b>{_text(row.layer)}</b><td style="text-align:left;{DIM}">{_text(row.weight)}'
        body.append(f'<tr>{cells}<td style="text-align:right">{_text(row.text)}{bar}')
    return _table(heads, body) + _rest(len(tables.weights), most)


def _table(heads: str, body: Sequence[str]) -> str:
    return (
        '<table cellpadding=3 style="font-size:12px;border-collapse:collapse;margin:4px 0 12px">'
        f"<thead><tr>{heads}</tr></thead><tbody>{''.join(line + chr(10) for line in body)}</tbody></table>"
    )


def _rest(rows: int, most: int | None) -> str:
    left = rows - (rows if most is None else most)
    return f'<div style="{DIM};font-size:11px">{left:,} more rows: .save("diff.html") writes all.</div>' if left > 0 else ""
