"""Write the explanation of a failed call as HTML that survives a sanitizer: tables, folded text, inline styles."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from kfx.views.mistake.data import MistakeWords

_RED = "color:var(--jp-error-color1,#C1121F)"
_DIM = "color:var(--jp-ui-font-color2,#535D69)"
_RULE = "border-top:1px solid var(--jp-border-color2,#D5DAE0)"
_LABEL = f"font-size:11px;{_DIM};margin:10px 0 2px"
_CODE = "font-family:var(--jp-code-font-family,monospace);font-size:12px"


def mistake_html(words: MistakeWords) -> str:
    """Return the explanation as HTML, for the right-hand side of the drawing."""
    expects = f'<p style="margin:0 0 8px;{_DIM}"><b>Expected:</b> {escape(words.expects)}</p>' if words.expects else ""
    return (
        f'<p style="margin:0;{_RED};font-size:14px"><b>⊗ {escape(words.title)}</b></p>'
        f'<p style="margin:4px 0 8px">{escape(words.sentence)}</p>{expects}'
        f"{_inputs(words)}{_arithmetic(words)}{_repairs(words)}{_error(words)}"
    )


def _inputs(words: MistakeWords) -> str:
    if not words.inputs:
        return ""
    kinds = any(row.dtype for row in words.inputs)
    heads = ["Input", "From", *(["dtype"] if kinds else []), *words.heads]
    first = len(heads) - len(words.heads)
    top = "".join(_cell(head, ";font-size:11px;font-weight:500", right=i >= first, tag="th") for i, head in enumerate(heads))
    rows = []
    for n, row in enumerate(words.inputs):
        variable = f' <span style="{_CODE};{_DIM}">= {escape(row.variable)}</span>' if row.variable else ""
        cells = [_cell(str(n)), _cell(row.source, ";font-weight:500", more=variable)]
        cells += [_cell(row.dtype)] if kinds else []
        cells += [_cell(size.text, f";{_RED}" if size.clash else "", right=True, bold=size.clash) for size in row.sizes]
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return _table(f"<thead><tr>{top}</tr></thead>", rows)


def _cell(text: str, style: str = "", *, right: bool = False, bold: bool = False, tag: str = "td", more: str = "") -> str:
    shown = f"<b>{escape(text)}</b>" if bold else escape(text)
    return f'<{tag} style="text-align:{"right" if right else "left"}{style}">{shown}{more}</{tag}>'


def _table(head: str, rows: Sequence[str]) -> str:
    return f'<table style="margin:0;font-size:12px">{head}<tbody>{"".join(rows)}</tbody></table>'


def _arithmetic(words: MistakeWords) -> str:
    if not words.arithmetic:
        return ""
    styles = (";font-weight:500", f";{_CODE}", f";{_DIM}")
    rows = [f"<tr>{''.join(map(_cell, line, styles))}</tr>" for line in words.arithmetic]
    return f'<p style="{_LABEL}"><b>{escape(words.part)}</b></p>{_table("", rows)}'


def _repairs(words: MistakeWords) -> str:
    if not words.repairs:
        return ""
    new = "color:var(--jp-brand-color1,#0B57D0)"
    items = []
    for n, repair in enumerate(words.repairs, 1):
        before, change, after = map(escape, repair.parts)
        items.append(
            f'<div style="padding:8px 0;{_RULE}"><b>{n}. {escape(repair.title)}</b>'
            f'<pre style="margin:4px 0;{_CODE};white-space:pre-wrap">{before}<b style="{new}">{change}</b>{after}</pre>'
            f'<span style="font-size:11px;{_DIM}">{escape(repair.gives)}</span></div>'
        )
    return f'<p style="{_LABEL}"><b>Likely repairs, each tried on {escape(words.tried)}</b></p>{"".join(items)}'


def _error(words: MistakeWords) -> str:
    if not words.error:
        return ""
    return (
        f'<details style="{_RULE};padding-top:8px"><summary style="cursor:pointer">'
        f'Keras’s own error</summary><pre style="{_CODE};white-space:pre-wrap">{escape(words.error)}</pre></details>'
    )
