"""Colour the drawing of a model while it trains: for each measure, the ramp's step and the value of each box."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from kfx.training.journal.journal import Journal
from kfx.views.training.curves import value_word

MEASURES = {
    "gradient": "Gradient norm",
    "update": "Update ÷ weight",
    "zeros": "Zeros",
    "dead": "Dead units",
}
_SHARES = ("zeros", "dead")
_CALL = re.compile(r"@\d+(?=/|$)")


def graph_measures(journal: Journal, boxes: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Return steps and values by measure and box.

    Args:
        journal: A run with a layer monitor.
        boxes: For each box that a drawing can show, the addresses of the layers in it: one, or those of a folded block.

    Returns:
        ``{measure: {"title": …, "low": …, "high": …, "boxes": {key: [step, word]}}}``; a folded block shows its greatest layer.
    """
    if journal.statistics is None or not journal.statistics.rows:
        return {}
    found = {}
    for name, title in MEASURES.items():
        by_layer = {bare(layer.key): float(value) for layer, value in zip(journal.layers, journal.now(name), strict=True)}
        values = {}
        for key, layers in boxes.items():
            known = [v for v in (by_layer.get(bare(layer), math.nan) for layer in layers) if not math.isnan(v)]
            if known:
                values[key] = max(known)
        if values:
            found[name] = {"title": title, **_scaled(values, share=name in _SHARES)}
    return found


def bare(key: str) -> str:
    """Return an address without the numbers of calls: a shared layer's statistics are those of all its calls."""
    return _CALL.sub("", key)


def _scaled(values: Mapping[str, float], *, share: bool) -> dict[str, Any]:
    """Scale shares from 0 to 1, all else from the least to the greatest, logarithmic over a factor of 100."""
    finite = [v for v in values.values() if math.isfinite(v) and v > 0]
    low, high = (0.0, 1.0) if share else (min(finite, default=0.0), max(finite, default=0.0))
    log = not share and low > 0 and high / low > 100

    def step(value: float) -> int:
        if not math.isfinite(value):
            return 6
        if value <= 0 or high <= 0:
            return 0
        part = math.log(value / low) / math.log(high / low) if log else value / high
        return min(6, max(1, math.ceil(part * 6)))

    def word(value: float) -> str:
        return f"{value:.0%}".replace("%", " %") if share else value_word(value, 1 if value < 0.1 else 2)

    ends = {"low": word(low) if log else "0", "high": word(high) + (", log" if log else "")}
    return {**ends, "boxes": {key: [step(value), word(value)] for key, value in values.items()}}
