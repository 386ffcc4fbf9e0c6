"""The inspector as HTML without script or style sheet, of one example."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from kfx.draw.markup import DIM, image, svg_image
from kfx.draw.values.attention_map import attention_map
from kfx.draw.values.bars_and_strips import bars, strips
from kfx.draw.values.contact_sheet import CELL, contact_sheet
from kfx.draw.values.layer_values import LayerValues
from kfx.draw.values.scale import levels, smaller
from kfx.text import numbers
from kfx.text.untrusted import cut, visible
from kfx.views.inspector.facts import CHANNELS, channels_line, noun, place_words, scale_ends, shown_shape, strongest
from kfx.views.inspector.shown.html import FACETS, is_wide, shown_input, shown_prediction
from kfx.views.inspector.source import InspectorSource

UNITS = 16  # of a sequence
_ROWS = 8  # of the table of figures
_LARGEST_MAP = 128 * 128  # scores that are drawn large
_LABEL = f'style="{DIM};font-size:11px;padding:4px 0"'


def inspect_html(source: InspectorSource, layer: str, example: int, *, channels: int = CHANNELS) -> str:
    """Return the inputs and predictions at the left, the layer at the right; one below the other where the page is narrow.

    Pictures, series and the positions of a sequence need more room: they stand side by side above the layer.
    """
    values = source.at(layer, example)
    names, tokens = source.unit_names(values, example), source.tokens(values, example)
    of = f"example {example + 1} of {source.values.count:,}"
    facts = f"{shown_shape(values.shape)} · {escape(visible(values.type))} · {of}"
    head = f'<div style="padding:4px 0"><b style="font-size:14px">{_cut(values.label)}</b> &nbsp; {facts}</div>'
    inputs, predictions = source.inputs(example), source.predictions(example)
    facets = FACETS if channels >= CHANNELS else FACETS // 3
    shown = [shown_input(one, facets) for one in inputs]
    here = source.here(layer, example)
    if here is not None:
        shown.append(shown_input(here, facets, word="At"))
    shown += [part for one in predictions for part in shown_prediction(one, facets)]
    queries = source.words_along(values.plan.rows, example) if values.role == "attention" else None
    picture = _picture(values, names, tokens, channels, queries)
    said = " · ".join(filter(None, [place_words(values), channels_line(values)]))
    right = f"{picture}<div {_LABEL}>{escape(said)}</div>{_figures(values, names)}"
    notes = "".join(f"<div {_LABEL}>{escape(note)}</div>" for note in source.notes)
    return f'<div style="font-size:13px">{head}{_columns(shown, right, is_wide(inputs, predictions))}{notes}</div>'


def _columns(shown: list[str], layer: str, wide: bool) -> str:
    flex = '<div style="display:flex;flex-wrap:wrap;gap:8px 24px;align-items:flex-start">'
    if wide:
        beside = "".join(f'<div style="max-width:100%;min-width:0;overflow-x:auto">{one}</div>' for one in shown)
        return f'{flex}{beside}</div><div style="max-width:100%;overflow-x:auto">{layer}</div>'
    return (
        f'{flex}<div style="width:200px;max-width:100%">{"".join(shown)}</div>'
        f'<div style="flex:1 1 376px;min-width:0;max-width:100%;overflow-x:auto">{layer}</div></div>'
    )


def _cut(text: str) -> str:
    return escape(cut(visible(text), 120))


def _picture(
    values: LayerValues,
    names: Sequence[str] | None,
    tokens: Sequence[str] | None,
    most: int,
    queries: Sequence[str] | None = None,
) -> str:
    kind, name = values.plan.kind, _cut(values.label)
    if kind == "nothing":
        return ""
    if kind == "vector":
        alt = f"Bars of {values.plan.channels:,} units of {visible(values.label)[:60]}"
        return svg_image(bars(values.stack.ravel(), names, alt, write=values.text), alt)
    picked = values.rank.order[: min(most, UNITS) if kind == "strips" else most].tolist()
    title = f"<div {_LABEL}>{_legend(values, len(picked))}</div>"
    if kind == "strips":
        steps = numbers.count(values.plan.columns, "step")
        alt = f"Heat strips of {numbers.count(len(picked), 'unit')} of {name} over {steps}"
        svg = _strips(values, picked, tokens, alt)
        return title + image("image/svg+xml", svg.encode(), alt, turns=values.scale.signed)
    maps, _ = smaller(values.stack[picked], CELL if max(values.plan.rows, values.plan.columns) <= 2 * CELL else 2 * CELL)
    sheet = contact_sheet(levels(maps, values.scale), list(map(str, picked)), signed=values.scale.signed)
    if names:
        title += f"<div {_LABEL}>{escape(' · '.join(f'{c} {visible(names[c])[:40]}' for c in picked))}</div>"
    listed = ", ".join(map(str, picked))
    alt = f"Contact sheet of {numbers.count(len(picked), noun(values))} of {name}, the strongest first: {listed}"
    return title + image("image/png", sheet, alt) + _strongest_head(values, queries, tokens)


def _strongest_head(values: LayerValues, queries: Sequence[str] | None, keys: Sequence[str] | None) -> str:
    """Return the strongest head of attention large, with the words of its queries and keys; nothing for other values."""
    plan = values.plan
    if values.role != "attention" or plan.rows * plan.columns > _LARGEST_MAP:
        return ""
    head = int(values.rank.order[0])
    down = queries or list(map(str, range(plan.rows)))
    across = keys or list(map(str, range(plan.columns)))
    scores = np.nan_to_num(values.stack[head])
    title = f"{cut(visible(values.label), 60)}{f' · head {head}' if plan.channels > 1 else ''}"
    alt = f"Attention of {title}: {numbers.count(plan.columns, 'key')} across, the queries down"
    drawn = attention_map(scores, down, across, title, causal=not np.triu(scores, 1).any())
    return f"<div>{svg_image(drawn, alt)}</div>"


def _strips(values: LayerValues, picked: list[int], tokens: Sequence[str] | None, title: str = "") -> str:
    rows, side = smaller(values.stack[picked], 480)
    words = tokens if side == 1 else None
    return strips(levels(rows[:, 0], values.scale), picked, words, signed=values.scale.signed, title=title)


def _legend(values: LayerValues, count: int) -> str:
    end, low = scale_ends(values)
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
