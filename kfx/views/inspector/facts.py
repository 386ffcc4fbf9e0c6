"""The facts that several faces of the inspector show: inputs, predictions, one layer's strongest channels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isnan

import numpy as np

from kfx.draw.values.layer_values import LayerValues
from kfx.draw.values.numbers import Figures, figures, number_text
from kfx.text import numbers
from kfx.text.untrusted import visible
from kfx.views.inspector.prediction import Prediction
from kfx.views.inspector.shown.pictures import Pictures
from kfx.views.inspector.shown.series import Series

CHANNELS = 30  # shown at once


@dataclass(frozen=True, eq=False)
class InputShown:
    """One input of one example.

    Attributes:
        name: The input's name.
        kind: ``"picture"``, ``"series"``, ``"tokens"``, ``"text"`` or ``"numbers"``.
        text: A description in one line.
        pictures: The picture, or the slices and frames.
        series: The lines.
        words: The words of tokens.
        ids: The numbers of tokens, as exact texts, as many as there are words.
    """

    name: str
    kind: str
    text: str
    pictures: Pictures | None = None
    series: Series | None = None
    words: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()

    @property
    def rgb(self) -> np.ndarray | None:
        """The picture, or the first of several, ``(height, width, 3)`` uint8."""
        return None if self.pictures is None else self.pictures.rgb()


def shown_shape(shape: Sequence[int]) -> str:
    """``56×56×128``; ``scalar`` for one number."""
    return "×".join(map(str, shape)) or "scalar"


def noun(values: LayerValues) -> str:
    """Return the word for a channel of these values: a channel of maps, a unit of a sequence or a vector, a head."""
    if values.role == "attention":
        return "head"
    return "channel" if values.plan.kind == "maps" else "unit"


def channels_line(values: LayerValues) -> str:
    """Return how many channels are zero everywhere, and how many values are not finite; of attention, who gets no weight."""
    plan = values.plan
    if values.note and plan.kind == "nothing":
        return values.note
    if values.role == "attention" and plan.kind == "maps":
        parts = [attention_line(values)]
    elif plan.channels == 1:
        parts = [] if not len(values.rank.dead) else ["zero" if plan.kind == "vector" else "zero everywhere"]
    else:
        dead, everywhere = len(values.rank.dead), "" if plan.kind == "vector" else " everywhere"
        parts = [f"{dead:,} of {numbers.count(plan.channels, noun(values))} {'is' if dead == 1 else 'are'} zero{everywhere}"]
    if values.not_finite:
        parts.append(f"{numbers.count(values.not_finite, 'value')} not finite")
    return " · ".join([*parts, *filter(None, [values.note])])


def attention_line(values: LayerValues) -> str:
    """Return what a map of ``(head, query, key)`` weights say of all heads: their sums, keys and queries without weight."""
    stack = np.where(np.isfinite(values.stack), values.stack, 0)
    sums = stack.sum(axis=2)
    heads = f"{numbers.count(plan_heads, 'head')}: " if (plan_heads := values.plan.channels) > 1 else ""
    parts = [f"{heads}{counted(sums.shape[1], 'query')} × {numbers.count(stack.shape[2], 'key')}"]
    weighted = sums[sums != 0]
    if weighted.size and np.allclose(weighted, 1, atol=1e-3 if values.stack.dtype == np.float64 else 2e-2):
        parts.append("each query's weights sum to 1")
    elif weighted.size:
        parts.append(f"a query's weights sum to {number_text(float(sums.min()))} to {number_text(float(sums.max()))}")
    square = stack.shape[1] == stack.shape[2] > 1
    if square and not np.triu(stack, 1).any():
        parts.append("no query looks at a later key (causal)")
    for axis, what in ((1, "key"), (2, "query")):
        none = int((~stack.any(axis=(0, axis))).sum())
        if none:
            parts.append(f"{counted(none, what)} without any weight (masked)")
    return " · ".join(parts)


def scale_ends(values: LayerValues) -> tuple[str, str]:
    """Return the largest and the smallest value of the colour scale as texts, ``≥`` where some lie beyond."""
    clipped = values.scale.clipped
    low = f"{'≤ ' * clipped}{values.text(values.scale.low)}" if values.scale.signed else "0"
    return f"{'≥ ' * clipped}{values.text(values.scale.high)}", low


def counted(n: int, noun: str) -> str:
    """``1 query``, ``12 queries``."""
    return numbers.count(n, noun) if noun != "query" or n == 1 else f"{n:,} queries"


def place_words(values: LayerValues, places: Sequence[int] = ()) -> str:
    """Return which of how many is shown on each axis that is stepped through: ``slice 1 of 10 (axis 1)``."""
    now = [*places, *[0] * len(values.plan.steps)]
    steps = zip(values.plan.steps, now, strict=False)
    return " · ".join(f"{values.step} {place + 1} of {length} (axis {axis + 1})" for (axis, length), place in steps)


def strongest(values: LayerValues, names: Sequence[str] | None, most: int) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return the head and the rows of a table of the strongest channels: figures of each, or the values of a vector."""
    picked = values.rank.order[:most].tolist()
    if values.plan.kind == "vector":
        flat = values.stack.ravel()
        return ("unit", "value"), [(visible(names[c]) if names else str(c), values.text(float(flat[c]))) for c in picked]
    rows: list[tuple[str, ...]] = []
    for c in picked:
        f = figures(values.stack[c])
        measured = *map(number_text, (f.mean, f.std)), *map(values.text, (f.smallest, f.largest)), _percent(f.zeros)
        rows.append((visible(names[c])[:40] if names else str(c), *measured))
    return (noun(values), "mean", "std", "smallest", "largest", "zeros"), rows


def channel_figures(found: Figures, text: Callable[[float], str] = number_text) -> list[tuple[str, str]]:
    """Return the four numbers beneath a map as texts; more where some values are not finite or below zero."""
    pairs = [("mean", number_text(found.mean)), ("largest", text(found.largest)), ("std", number_text(found.std))]
    smallest = [("smallest", text(found.smallest))] if found.smallest < 0 else []
    return [*pairs, ("zeros", _percent(found.zeros)), *smallest, *not_finite(found.nan, found.inf)]


def not_finite(nan: int, inf: int) -> list[tuple[str, str]]:
    """Return the numbers of NaN and of infinite values as texts; nothing for a number of 0."""
    return [(name, f"{n:,}") for name, n in (("NaN", nan), ("infinite", inf)) if n]


def _percent(share: float) -> str:
    return "–" if isnan(share) else f"{share * 100:.0f} %"


def prediction_words(prediction: Prediction) -> str:
    """``Egyptian cat 48.1 %, tiger cat 32.6 %``."""
    rows = ", ".join(f"{row.name} {row.text}".removeprefix("value " * (prediction.units == 1)) for row in prediction.rows)
    name = f"{visible(prediction.name)}: " if prediction.name else ""
    return f"{name}{rows or prediction.note}"
