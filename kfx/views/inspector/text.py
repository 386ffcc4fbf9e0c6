"""The inspector as text: what went in, what came out, and the strongest channels of one layer in figures."""

from __future__ import annotations

from kfx.draw.values.numbers import number_text
from kfx.text.table import width
from kfx.text.untrusted import visible
from kfx.views.inspector.facts import Inspected, channel_rows, channels_line, layer_line, noun, prediction_words

ROWS = 8  # channels in the text


def inspect_text(shown: Inspected) -> str:
    """Deterministic: figures are rounded to three digits, which hold on every machine."""
    lines = [f"{visible(shown.model)}: example {shown.example + 1} of {shown.count:,}"]
    lines += [f"input {visible(one.name)}: {one.text}" for one in shown.inputs]
    lines += [f"predicts {prediction_words(one)}" for one in shown.predictions]
    lines += [*shown.notes, "", layer_line(shown.values), channels_line(shown.values)]
    if shown.values.plan.kind == "vector":
        return "\n".join([*lines, *_vector(shown)])
    if shown.values.plan.kind != "nothing":
        lines += _table(shown)
    return "\n".join(lines)


def _vector(shown: Inspected) -> list[str]:
    flat = shown.values.stack.ravel()
    names = shown.unit_names
    rows = [(visible(names[c]) if names else str(c), number_text(float(flat[c]))) for c in shown.values.rank.order[:ROWS]]
    wide = max((width(name) for name, _ in rows), default=0)
    return ["largest", *(f"  {name}{' ' * (wide - width(name))}  {text}" for name, text in rows)]


def _table(shown: Inspected) -> list[str]:
    head = (noun(shown.values), "mean", "std", "smallest", "largest", "zeros")
    rows = [head]
    for channel, f in channel_rows(shown.values, ROWS):
        zeros = "–" if f.zeros != f.zeros else f"{f.zeros * 100:.0f} %"
        rows.append(
            (str(channel), number_text(f.mean), number_text(f.std), number_text(f.smallest), number_text(f.largest), zeros)
        )
    wide = [max(len(row[i]) for row in rows) for i in range(len(head))]
    return ["  ".join(cell.rjust(w) for cell, w in zip(row, wide, strict=True)) for row in rows]
