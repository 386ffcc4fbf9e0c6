"""A refused call as markup that survives a sanitizer: tables, folded text, inline styles."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from kfx.views.mistake.data import MistakeWords, Size

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
    first = 3 if kinds else 2
    top = "".join(
        f'<th style="{_side(i >= first)};font-size:11px;font-weight:500">{escape(h)}</th>' for i, h in enumerate(heads)
    )
    rows = "".join(
        f'<tr><td style="{_side(False)}">{n}</td><td style="{_side(False)};font-weight:500">{escape(row.source)}'
        + (f' <span style="{_CODE};{_DIM}">= {escape(row.variable)}</span></td>' if row.variable else "</td>")
        + (f'<td style="{_side(False)}">{escape(row.dtype)}</td>' if kinds else "")
        + _cells(row.sizes)
        + "</tr>"
        for n, row in enumerate(words.inputs)
    )
    return f'<table style="margin:0;font-size:12px"><thead><tr>{top}</tr></thead><tbody>{rows}</tbody></table>'


def _side(right: bool) -> str:
    return "text-align:right" if right else "text-align:left"


def _cells(sizes: Sequence[Size]) -> str:
    return "".join(
        f'<td style="{_side(True)};{_RED}"><b>{escape(size.text)}</b></td>'
        if size.clash
        else f'<td style="{_side(True)}">{escape(size.text)}</td>'
        for size in sizes
    )


def _arithmetic(words: MistakeWords) -> str:
    if not words.arithmetic:
        return ""
    rows = "".join(
        f'<tr><td style="{_side(False)};font-weight:500">{escape(layer)}</td>'
        f'<td style="{_side(False)};{_CODE}">{escape(text)}</td>'
        f'<td style="{_side(False)};{_DIM}">{escape(reason)}</td></tr>'
        for layer, text, reason in words.arithmetic
    )
    table = f'<table style="margin:0;font-size:12px"><tbody>{rows}</tbody></table>'
    return f'<p style="{_LABEL}"><b>{escape(words.part)}</b></p>{table}'


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
    return f'<p style="{_LABEL}"><b>Likely repairs, each tried on shapes</b></p>{"".join(items)}'


def _error(words: MistakeWords) -> str:
    if not words.error:
        return ""
    return (
        f'<details style="{_RULE};padding-top:8px"><summary style="cursor:pointer">'
        f'Keras’s own error</summary><pre style="{_CODE};white-space:pre-wrap">{escape(words.error)}</pre></details>'
    )
