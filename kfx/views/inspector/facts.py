"""The facts that several faces of the inspector show: inputs, predictions, one layer's strongest channels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan

import numpy as np

from kfx.draw.values.layer_values import LayerValues
from kfx.draw.values.numbers import Figures, figures, number_text
from kfx.text import numbers
from kfx.text.untrusted import visible
from kfx.views.inspector.prediction import Prediction

CHANNELS = 30  # shown at once


@dataclass(frozen=True, eq=False)
class InputShown:
    """One input of one example.

    Attributes:
        name: The input's name.
        kind: ``"picture"``, ``"tokens"``, ``"text"`` or ``"numbers"``.
        text: A description in one line.
        rgb: The picture, ``(height, width, 3)`` uint8.
    """

    name: str
    kind: str
    text: str
    rgb: np.ndarray | None = None


def shown_shape(shape: Sequence[int]) -> str:
    """``56×56×128``; ``scalar`` for one number."""
    return "×".join(map(str, shape)) or "scalar"


def noun(values: LayerValues) -> str:
    """Return the word for a channel of these values: a channel of maps, a unit of a sequence or a vector."""
    return "channel" if values.plan.kind == "maps" else "unit"


def channels_line(values: LayerValues) -> str:
    """Return how many channels are zero everywhere, and how many values are not finite."""
    plan = values.plan
    if values.note and plan.kind == "nothing":
        return values.note
    dead, everywhere = len(values.rank.dead), "" if plan.kind == "vector" else " everywhere"
    parts = [f"{dead:,} of {numbers.count(plan.channels, noun(values))} {'is' if dead == 1 else 'are'} zero{everywhere}"]
    if values.not_finite:
        parts.append(f"{numbers.count(values.not_finite, 'value')} not finite")
    return " · ".join([*parts, *filter(None, [values.note])])


def strongest(values: LayerValues, names: Sequence[str] | None, most: int) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return the head and the rows of a table of the strongest channels: figures of each, or the values of a vector."""
    picked = values.rank.order[:most].tolist()
    if values.plan.kind == "vector":
        flat = values.stack.ravel()
        return ("unit", "value"), [(visible(names[c]) if names else str(c), number_text(float(flat[c]))) for c in picked]
    rows: list[tuple[str, ...]] = []
    for c in picked:
        f = figures(values.stack[c])
        rows.append((str(c), *map(number_text, (f.mean, f.std, f.smallest, f.largest)), _percent(f.zeros)))
    return (noun(values), "mean", "std", "smallest", "largest", "zeros"), rows


def channel_figures(found: Figures) -> list[tuple[str, str]]:
    """Return the four numbers beneath a map as texts; more where some values are not finite or below zero."""
    pairs = [("mean", number_text(found.mean)), ("largest", number_text(found.largest)), ("std", number_text(found.std))]
    smallest = [("smallest", number_text(found.smallest))] if found.smallest < 0 else []
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
