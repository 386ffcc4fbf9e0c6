"""The inspector as text: inputs, predictions, and the figures of one layer's strongest channels."""

from __future__ import annotations

from kfx.text.table import width
from kfx.text.untrusted import visible
from kfx.views.inspector.facts import channels_line, prediction_words, shown_shape, strongest
from kfx.views.inspector.source import InspectorSource

ROWS = 8  # channels in the text


def inspect_text(source: InspectorSource, layer: str, example: int) -> str:
    """Return the text; figures are rounded to three digits, which are the same on every machine."""
    values = source.at(layer, example)
    lines = [f"{visible(source.name)}: example {example + 1} of {source.values.count:,}"]
    lines += [f"input {visible(one.name)}: {one.text}" for one in source.inputs(example)]
    lines += [f"predicts {prediction_words(one)}" for one in source.predictions(example)]
    named = f"{visible(values.label)}  {shown_shape(values.shape)} · {visible(values.type)}"
    lines += [*source.notes, "", named, channels_line(values)]
    if values.plan.kind == "nothing":
        return "\n".join(lines)
    head, rows = strongest(values, source.unit_names(values, example), ROWS)
    if values.plan.kind == "vector":
        wide = max((width(name) for name, _ in rows), default=0)
        lines += ["largest", *(f"  {name}{' ' * (wide - width(name))}  {text}" for name, text in rows)]
    else:
        table = [head, *rows]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines += ["  ".join(cell.rjust(w) for cell, w in zip(row, widths, strict=True)) for row in table]
    return "\n".join(lines)
