"""Encode values, predictions and calls for the browser: facts as plain values, arrays as bytes."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from kfx.draw.values.layer_values import LayerValues
from kfx.draw.values.numbers import figures
from kfx.draw.values.scale import quantised, smaller
from kfx.model.facts import LayerCall
from kfx.text import numbers
from kfx.text.untrusted import visible
from kfx.views.inspector.facts import channel_figures, channels_line, noun, shown_shape
from kfx.views.payload import wire_key

MAP_SIDE = 112  # px of a map in the grid at most: two dots for each of its 56 px
STRIP = 480  # steps of a strip in the grid at most
EXACT = 1 << 20  # values of the large map that are sent as they are

Reply = tuple[dict[str, Any], list[bytes]]


def layer_facts(call: LayerCall) -> dict[str, Any]:
    """Return the facts of a call for the list of layers."""
    return {
        "key": wire_key(call.key),
        "label": visible(call.key),
        "type": numbers.kind_of(call),
        "family": call.glyph,
        "shape": numbers.shapes(call.outputs),
    }


def values_facts(values: LayerValues) -> dict[str, Any]:
    """Return everything about a layer's values but the values themselves."""
    return {
        "label": visible(values.label),
        "shape": shown_shape(values.shape),
        "type": values.type,
        "noun": noun(values),
        "note": values.note,
        "line": channels_line(values),
        "role": values.role,
        "whole": values.whole,
        "step": values.step,
        **asdict(values.plan),
        **asdict(values.scale),
    }


def channel_page(values: LayerValues, picked: list[int]) -> Reply:
    """Encode some maps of the grid: bytes between each map's own ends, which come with them."""
    stack, side = np.zeros((0, 1, 1), "float32"), 1
    if picked:
        stack, side = smaller(values.stack[picked], STRIP if values.plan.kind == "strips" else MAP_SIDE)
    levels, ends = quantised(stack)
    facts = {"channels": picked, "rows": stack.shape[1], "columns": stack.shape[2], "side": side}
    return facts, [levels.tobytes(), ends.astype("<f4").tobytes()]


def one_channel_exactly(values: LayerValues, channel: int) -> Reply:
    """Encode one channel exactly, with its figures; a vector as a whole."""
    whole = values.stack[channel] if values.plan.kind != "vector" else values.stack.reshape(1, -1)
    found = figures(whole)
    sent, side = (whole, 1) if whole.size <= EXACT else (smaller(whole[None], 1024)[0][0], -(-max(whole.shape) // 1024))
    wide = sent.dtype.itemsize > 4
    facts = {
        "channel": channel,
        "rows": sent.shape[0],
        "columns": sent.shape[1],
        "side": side,
        "wide": wide,
        "figures": channel_figures(found, values.text),
        "bins": list(found.bins),
        "ends": [values.text(found.smallest), values.text(found.largest)],
        "low": found.smallest if found.count else 0.0,
        "high": found.largest if found.count else 0.0,
    }
    return facts, [np.ascontiguousarray(sent, "<f8" if wide else "<f4").tobytes()]
