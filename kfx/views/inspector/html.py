"""The inspector as HTML without script or style sheet, and its channels as one picture."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from io import BytesIO

import numpy as np

from kfx.draw.markup import DIM, image, svg_image
from kfx.draw.png import png
from kfx.draw.values.bars_and_strips import bars, strips
from kfx.draw.values.contact_sheet import CELL, contact_sheet
from kfx.draw.values.input_picture import png_of, small_file
from kfx.draw.values.layer_values import LayerValues
from kfx.draw.values.numbers import number_text
from kfx.draw.values.scale import levels, smaller
from kfx.text import numbers
from kfx.text.untrusted import cut, visible
from kfx.views.inspector.facts import CHANNELS, InputShown, channels_line, noun, shown_shape, strongest
from kfx.views.inspector.prediction import Prediction, PredictionRow
from kfx.views.inspector.source import InspectorSource

UNITS = 16  # of a sequence
_ROWS = 8  # of the table of figures
_LABEL = f'style="{DIM};font-size:11px;padding:4px 0"'


def inspect_html(source: InspectorSource, layer: str, example: int, *, channels: int = CHANNELS) -> str:
    """Return the inputs and predictions at the left, the layer at the right; one below the other where the page is narrow."""
    values = source.at(layer, example)
    names, tokens = source.unit_names(values, example), source.tokens(values, example)
    of = f"example {example + 1} of {source.values.count:,}"
    facts = f"{shown_shape(values.shape)} · {escape(visible(values.type))} · {of}"
    head = f'<div style="padding:4px 0"><b style="font-size:14px">{_cut(values.label)}</b> &nbsp; {facts}</div>'
    left = "".join([*map(_input, source.inputs(example)), *map(_prediction, source.predictions(example))])
    picture = _picture(values, names, tokens, channels)
    right = f"{picture}<div {_LABEL}>{escape(channels_line(values))}</div>{_figures(values, names)}"
    notes = "".join(f"<div {_LABEL}>{escape(note)}</div>" for note in source.notes)
    return (
        f'<div style="font-size:13px">{head}<div style="display:flex;flex-wrap:wrap;gap:8px 24px;align-items:flex-start">'
        f'<div style="width:200px;max-width:100%">{left}</div>'
        f'<div style="flex:1 1 376px;min-width:0;max-width:100%;overflow-x:auto">{right}</div></div>{notes}</div>'
    )


def _cut(text: str) -> str:
    return escape(cut(visible(text), 120))


def _input(one: InputShown) -> str:
    title = f"<div {_LABEL}><b>Input {_cut(one.name)}</b></div>"
    if one.rgb is None:
        return f'{title}<div style="overflow-wrap:anywhere">{escape(one.text)}</div>'
    media, content = small_file(one.rgb)
    note = f"<div {_LABEL}>{escape(one.text)}</div>"
    alt = f"input {visible(one.name)[:60]}: {one.text}"
    return f"{title}{image(media, content, alt, style='image-rendering:auto', width=160)}{note}"


def _prediction(one: Prediction) -> str:
    title = f"<div {_LABEL}><b>{f'Prediction {_cut(one.name)}'.rstrip()}</b></div>"
    if not one.rows:
        return f"{title}<div>{escape(one.note)}</div>"
    rows = "".join(
        f"<tr><td style=text-align:left>{_cut(row.name)}<td style=text-align:right>{escape(row.text)}"
        f"<td style=white-space:nowrap>{_bar(row, one)}"
        for row in one.rows
    )
    return f'{title}<table cellpadding=3 style="font-size:12px;border-collapse:collapse">{rows}</table>'


def _bar(row: PredictionRow, one: Prediction) -> str:
    """Return a meter for the value; where some are negative, two with zero between them, one of which is empty."""
    if not one.signed:
        return f'<meter style="width:44px" value={row.share:.3f}></meter>'
    below, above = max(0.0, -row.share), max(0.0, row.share)
    return (
        f'<meter dir=rtl style="width:32px" value={below:.3f} title="below zero"></meter>'
        f'<meter style="width:32px" value={above:.3f} title="above zero"></meter>'
    )


def _picture(values: LayerValues, names: Sequence[str] | None, tokens: Sequence[str] | None, most: int) -> str:
    kind, name = values.plan.kind, _cut(values.label)
    if kind == "nothing":
        return ""
    if kind == "vector":
        alt = f"Bars of {values.plan.channels:,} units of {visible(values.label)[:60]}"
        return svg_image(bars(values.stack.ravel(), names, alt), alt)
    picked = values.rank.order[: min(most, UNITS) if kind == "strips" else most].tolist()
    title = f"<div {_LABEL}>{_legend(values, len(picked))}</div>"
    if kind == "strips":
        steps = numbers.count(values.plan.columns, "step")
        alt = f"Heat strips of {numbers.count(len(picked), 'unit')} of {name} over {steps}"
        svg = _strips(values, picked, tokens, alt)
        return title + image("image/svg+xml", svg.encode(), alt, turns=values.scale.signed)
    maps, _ = smaller(values.stack[picked], CELL if max(values.plan.rows, values.plan.columns) <= 2 * CELL else 2 * CELL)
    sheet = contact_sheet(levels(maps, values.scale), list(map(str, picked)), signed=values.scale.signed)
    listed = ", ".join(map(str, picked))
    alt = f"Contact sheet of {numbers.count(len(picked), 'channel')} of {name}, the strongest first: {listed}"
    return title + image("image/png", sheet, alt)


def _strips(values: LayerValues, picked: list[int], tokens: Sequence[str] | None, title: str = "") -> str:
    rows, side = smaller(values.stack[picked], 480)
    words = tokens if side == 1 else None
    return strips(levels(rows[:, 0], values.scale), picked, words, signed=values.scale.signed, title=title)


def _legend(values: LayerValues, count: int) -> str:
    end = f"{'≥ ' if values.scale.clipped else ''}{number_text(values.scale.high)}"
    low = f"{'≤ ' if values.scale.clipped else ''}{number_text(values.scale.low)}" if values.scale.signed else "0"
    what = "orange below zero, blue above" if values.scale.signed else "dark to bright"
    if values.plan.channels == 1:
        return f"one {noun(values)} · {what}: {low} to {end}"
    return f"{count} of {values.plan.channels:,} {noun(values)}s, strongest first · {what}: {low} to {end}"


def _figures(values: LayerValues, names: Sequence[str] | None) -> str:
    if values.plan.kind == "nothing":
        return ""
    head, rows = strongest(values, names, _ROWS)
    heads = "".join(f"<th scope=col>{cell}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell[:60])}" for cell in row) for row in rows)
    return (
        f"<details><summary>Figures of the {len(rows)} strongest</summary>"
        '<table cellpadding=3 style="font-size:12px;border-collapse:collapse;text-align:right">'
        f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></details>"
    )


def inspect_picture(source: InspectorSource, layer: str, example: int) -> bytes:
    """Return the strongest channels as a PNG on white: maps in a sheet, bars, or strips.

    Raises:
        ValueError: There is nothing to draw, e.g. of text.
    """
    values = source.at(layer, example)
    if values.plan.kind == "nothing":
        raise ValueError(f"There is nothing to draw. {values.note}")
    if values.plan.kind == "vector":
        return png(bars(values.stack.ravel(), source.unit_names(values, example)))
    picked = values.rank.order[:CHANNELS].tolist()
    if values.plan.kind == "strips":
        return png(_strips(values, picked, source.tokens(values, example)))
    maps, _ = smaller(values.stack[picked], 480)
    cell = max(56, min(224, max(maps.shape[1:])))
    sheet = contact_sheet(levels(maps, values.scale), list(map(str, picked)), signed=values.scale.signed, cell=cell)
    return _on_white(sheet)


def _on_white(sheet: bytes) -> bytes:
    from PIL import Image

    drawn = Image.open(BytesIO(sheet)).convert("RGBA")
    ground = Image.new("RGBA", drawn.size, "white")
    ground.alpha_composite(drawn)
    return png_of(np.asarray(ground.convert("RGB")))
