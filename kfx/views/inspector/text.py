"""The inspector as text: inputs, predictions, and the figures of one layer's strongest channels."""

from __future__ import annotations

import numpy as np

from kfx.draw.values.layer_values import LayerValues
from kfx.text.table import width
from kfx.text.untrusted import visible
from kfx.views.inspector.facts import channels_line, place_words, prediction_words, shown_shape, strongest
from kfx.views.inspector.prediction import Prediction
from kfx.views.inspector.source import InspectorSource

ROWS = 8  # channels in the text
POSITIONS = 8  # of a sequence in the text, from the last one back


def inspect_text(source: InspectorSource, layer: str, example: int) -> str:
    """Return the text; figures are rounded to three digits, which are the same on every machine."""
    values = source.at(layer, example)
    lines = [f"{visible(source.name)}: example {example + 1} of {source.values.count:,}"]
    for one in source.inputs(example):
        lines += [f"input {visible(one.name)}: {one.text}", *([f"  ids {', '.join(one.ids)}"] if one.ids else [])]
    for found in source.predictions(example):
        lines += [f"predicts {prediction_words(found)}", *_more(found)]
    named = f"{visible(values.label)}  {shown_shape(values.shape)} · {visible(values.type)}"
    lines += [*source.notes, "", named, *filter(None, [place_words(values), channels_line(values)])]
    if values.plan.kind == "nothing":
        return "\n".join(lines)
    if values.role == "attention" and values.plan.kind == "maps":
        return "\n".join(
            [*lines, *_attention(values, source.words_along(values.plan.rows, example), source.tokens(values, example))]
        )
    head, rows = strongest(values, source.unit_names(values, example), ROWS)
    if values.plan.kind == "vector":
        wide = max((width(name) for name, _ in rows), default=0)
        lines += ["largest", *(f"  {name}{' ' * (wide - width(name))}  {text}" for name, text in rows)]
    else:
        table = [head, *rows]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines += ["  ".join(cell.rjust(w) for cell, w in zip(row, widths, strict=True)) for row in table]
    return "\n".join(lines)


def _more(found: Prediction) -> list[str]:
    """Return the lines of next tokens, or of the classes of a mask."""
    steps = found.positions[-POSITIONS:]
    wide = max((width(one.word) for one in steps), default=0)
    lines = []
    for one in steps:
        said = ", ".join(f"{row.name} {row.text}" for row in one.rows)
        lines.append(f"  {one.step:>3}  {one.word}{' ' * (wide - width(one.word))}  {said}")
    if len(found.positions) > len(steps):
        lines.insert(0, f"  … {len(found.positions) - len(steps)} positions before")
    return [*lines, *(f"  {one.name} {one.text}" for one in found.legend)]


def _attention(values: LayerValues, queries: tuple[str, ...] | None, keys: tuple[str, ...] | None) -> list[str]:
    """Return, for each head, the largest weights: which query looks at which key."""
    lines = []
    for head in values.rank.order[:ROWS].tolist():
        weights = np.nan_to_num(values.stack[head])
        best = np.argsort(-weights, axis=None, kind="stable")[:3]
        said = []
        for row, column in zip(*np.unravel_index(best, weights.shape), strict=True):
            names = (f"{visible(words[i])[:24]} ({i})" if words else str(i) for words, i in ((queries, row), (keys, column)))
            said.append("{} looks at {}: ".format(*names) + f"{weights[row, column]:.2f}")
        lines.append(f"  head {head}  " * (values.plan.channels > 1) + "; ".join(said))
    return lines
