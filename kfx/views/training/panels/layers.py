"""Layers: for each layer with weights its gradient over time, its update ÷ weight, and a remark."""

from __future__ import annotations

import math
from collections.abc import Callable
from html import escape
from itertools import islice, pairwise
from typing import Any

import numpy as np

from kfx.draw.markup import html_text
from kfx.text import numbers
from kfx.text.untrusted import visible
from kfx.training.journal.facts import STATISTICS, Layer
from kfx.training.journal.journal import Journal
from kfx.training.monitor.diagnose import starved, verdict
from kfx.views.training.curves import value_word
from kfx.views.training.panels.base import Now, RunPanel

STRIP = 64  # cells of a layer's strip
_RAMP = 7  # steps of the colour ramp
_LAYERS = 400  # rows that reach the browser
_STATIC_ROWS = 40  # rows of the static face that are shown at once; the others fold


class LayersPanel(RunPanel):
    """The table of a layer monitor."""

    kind = "layers"
    every = 1.0

    def data(self, journal: Journal, now: Now) -> dict[str, Any]:
        """Return a row for each layer: its strip, one digit a cell (``.`` for none), the newest values, a remark."""
        if journal.statistics is None or not journal.statistics.rows:
            return {}
        shown = "gradient" if np.isfinite(journal.statistic("gradient")[1]).any() else "update"
        _, history = journal.statistic(shown)
        rows = (
            {
                "key": visible(layer.key)[:200],
                "type": layer.type,
                "family": layer.family,
                "strip": "".join("." if c < 0 else str(c) for c in strip),
                "gradient": _word(one["gradient"], 2),
                "update": _word(one["update"], 1),
                "place": _place(one["update"]),
                "remark": verdict(one) or starved(journal.weights_of(layer.key)),
                "more": "; ".join([_more(one), *_parts(journal, layer)]),
            }
            for layer, one, strip in zip(journal.layers, _values(journal.now), _cells(history).T.tolist(), strict=True)
            if layer.weights
        )
        low, high = _limits(history)
        return {
            "step": journal.looked_at,
            "title": "Gradient norm" if shown == "gradient" else "Update ÷ weight",
            "legend": [value_word(low, 1), value_word(high, 1)] if low < high else [],
            "rows": list(islice(rows, _LAYERS)),
            "left": max(sum(layer.weights for layer in journal.layers) - _LAYERS, 0),
        }

    def html(self, journal: Journal) -> str:
        return _layer_table(journal) if journal.statistics is not None else ""


def _values(read: Callable[[str], np.ndarray]) -> list[dict[str, float]]:
    """Return the `STATISTICS` of each layer by name; ``read`` returns one of them for all layers."""
    rows = zip(*(read(name).tolist() for name in STATISTICS), strict=True)
    return [dict(zip(STATISTICS, row, strict=True)) for row in rows]


def _more(one: dict[str, float]) -> str:
    parts = [f"weight norm {value_word(one['weight'])}"]
    if not math.isnan(one["mean"]):
        parts.append(f"output mean {value_word(one['mean'])}, standard deviation {value_word(one['std'])}")
        parts.append(f"{one['zeros']:.0%} zeros".replace("%", " %"))
    if not math.isnan(one["dead"]):
        parts.append(f"{one['dead']:.0%} of its units dead".replace("%", " %"))
    return "; ".join(parts)


def _parts(journal: Journal, layer: Layer) -> list[str]:
    """Return update ÷ weight of each weight of a layer in words, where it has several."""
    known = journal.weights_of(layer.key)
    words = [f"{visible(name)[:40]} {value_word(one['update'], 1)}" for name, one in islice(known.items(), 4)]
    return [f"update ÷ weight of {', '.join(words)}"] if len(words) > 1 else []


def _limits(history: np.ndarray) -> tuple[float, float]:
    known = history[np.isfinite(history) & (history > 0)]
    return (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)


def _cells(history: np.ndarray) -> np.ndarray:
    """Return steps of the ramp, shape ``(cells, layers)``, -1 for none: logarithmic, one scale for all layers."""
    rows = len(history)
    edges = np.linspace(0, rows, min(rows, STRIP) + 1).astype(int)
    groups = [history[a:b] for a, b in pairwise(edges)]
    known = [np.where(np.isfinite(group) & (group > 0), group, np.nan) for group in groups]
    counts = [np.isfinite(group).sum(axis=0) for group in known]
    logs = [np.nansum(np.log(group), axis=0) / np.maximum(n, 1) for group, n in zip(known, counts, strict=True)]
    table, seen = np.stack(logs), np.stack(counts) > 0
    low, high = _limits(history)
    if not low < high:
        return np.where(seen, _RAMP // 2, -1)
    share = (table - math.log(low)) / (math.log(high) - math.log(low))
    return np.where(seen, np.clip((share * _RAMP).astype(int), 0, _RAMP - 1), -1)


def _place(update: float) -> float | None:
    """Return the place of update ÷ weight between 1e-5 and 1e-1 on a logarithmic axis, from 0 to 1."""
    if not math.isfinite(update) or update <= 0:
        return None
    return round(min(max((math.log10(update) + 5) / 4, 0.0), 1.0), 3)


def _layer_table(journal: Journal) -> str:
    values = _values(journal.settled)
    rows = [
        _layer_row(layer, one, verdict(one) or starved(journal.weights_of(layer.key, settled=True)))
        for layer, one in zip(journal.layers, values, strict=True)
        if layer.weights
    ]
    if not rows:
        return ""
    heads = "".join(
        f'<th scope=col style="text-align:{"left" if head in ("Layer", "Remark") else "right"}">{head}</th>'
        for head in ("Layer", "Gradient norm", "Update ÷ weight", "Dead units", "Remark")
    )

    def table(body: list[str]) -> str:
        return f'<table style="font-size:12px"><thead><tr>{heads}</tr></thead><tbody>{"".join(body)}</tbody></table>'

    rest = rows[_STATIC_ROWS:]
    more = f"<details><summary>{numbers.count(len(rest), 'more layer')}</summary>{table(rest)}</details>" if rest else ""
    when = f"at step {journal.fixed_step:,}" if 0 < journal.fixed_step < journal.steps else "at the end"
    summary = f"{numbers.count(len(rows), 'layer')} with weights, as they were {when}"
    return f"<details><summary>{summary}</summary>{table(rows[:_STATIC_ROWS])}{more}</details>"


def _layer_row(layer: Layer, one: dict[str, float], remark: str) -> str:
    dead = "" if math.isnan(one["dead"]) else numbers.percent(one["dead"])
    cells = [_word(one["gradient"], 1), _word(one["update"], 1), dead]  # one digit, which is the same on another machine
    numbers_html = "".join(f'<td style="text-align:right">{cell}</td>' for cell in cells)
    left = '<td style="text-align:left">'
    return f"<tr>{left}{html_text(layer.key)}</td>{numbers_html}{left}{escape(remark)}</td></tr>"


def _word(value: float, digits: int) -> str:
    return "" if math.isnan(value) else value_word(value, digits)
