"""The inspector as text: inputs, predictions, and the figures of one layer's strongest channels."""

from __future__ import annotations

from kfx.text.table import width
from kfx.text.untrusted import visible
from kfx.views.inspector.facts import Inspected, channels_line, layer_line, prediction_words, strongest

ROWS = 8  # channels in the text


def inspect_text(shown: Inspected) -> str:
    """Return the text; figures are rounded to three digits, which are the same on every machine."""
    lines = [f"{visible(shown.model)}: example {shown.example + 1} of {shown.count:,}"]
    lines += [f"input {visible(one.name)}: {one.text}" for one in shown.inputs]
    lines += [f"predicts {prediction_words(one)}" for one in shown.predictions]
    lines += [*shown.notes, "", layer_line(shown.values), channels_line(shown.values)]
    if shown.values.plan.kind == "nothing":
        return "\n".join(lines)
    head, rows = strongest(shown, ROWS)
    if shown.values.plan.kind == "vector":
        wide = max((width(name) for name, _ in rows), default=0)
        lines += ["largest", *(f"  {name}{' ' * (wide - width(name))}  {text}" for name, text in rows)]
    else:
        table = [head, *rows]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines += ["  ".join(cell.rjust(w) for cell, w in zip(row, widths, strict=True)) for row in table]
    return "\n".join(lines)
