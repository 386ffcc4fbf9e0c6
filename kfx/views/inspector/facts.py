"""The facts in the inspector's text and static face: inputs, predictions, one layer's strongest channels."""

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
        rgb: The picture, ``(height, width, 3)`` uint8.
        tokens: The words, one a step.
        text: A description in one line.
    """

    name: str
    kind: str
    rgb: np.ndarray | None = None
    tokens: tuple[str, ...] = ()
    text: str = ""


@dataclass(frozen=True, eq=False)
class Inspected:
    """One example of some data at one layer of a model.

    Attributes:
        model: The model's name.
        example: Its number, from 0.
        count: How many examples there are.
        notes: Sentences about the data.
        inputs: The example's inputs.
        predictions: The model's outputs.
        values: The layer's values.
        tokens: The word of each step of a sequence, where it is known.
        unit_names: A name for each unit of a vector, where that is known.
    """

    model: str
    example: int
    count: int
    notes: tuple[str, ...]
    inputs: tuple[InputShown, ...]
    predictions: tuple[Prediction, ...]
    values: LayerValues
    tokens: tuple[str, ...] | None = None
    unit_names: tuple[str, ...] | None = None


def shown_shape(shape: Sequence[int]) -> str:
    """``56×56×128``; ``scalar`` for one number."""
    return "×".join(map(str, shape)) or "scalar"


def noun(values: LayerValues) -> str:
    """Return the word for a channel of these values: a channel of maps, a unit of a sequence or a vector."""
    return "channel" if values.plan.kind == "maps" else "unit"


def layer_line(values: LayerValues) -> str:
    """``fire3_concat  56×56×128 · Concatenate``."""
    return f"{visible(values.label)}  {shown_shape(values.shape)} · {visible(values.type)}"


def channels_line(values: LayerValues) -> str:
    """Return how many channels are zero everywhere, and how many values are not finite."""
    plan = values.plan
    if values.note and plan.kind == "nothing":
        return values.note
    dead, everywhere = len(values.rank.dead), "" if plan.kind == "vector" else " everywhere"
    parts = [f"{dead:,} of {numbers.count(plan.channels, noun(values))} {'is' if dead == 1 else 'are'} zero{everywhere}"]
    if values.not_finite:
        parts.append(f"{numbers.count(values.not_finite, 'value')} not finite")
    if values.note:
        parts.append(values.note)
    return " · ".join(parts)


def strongest(shown: Inspected, most: int) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return the head and the rows of a table of the strongest channels: figures of each, or the values of a vector."""
    values, names = shown.values, shown.unit_names
    picked = [int(c) for c in values.rank.order[:most]]
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
    pairs.append(("zeros", _percent(found.zeros)))
    if found.smallest < 0:
        pairs.append(("smallest", number_text(found.smallest)))
    return pairs + [(name, f"{n:,}") for name, n in (("NaN", found.nan), ("infinite", found.inf)) if n]


def _percent(share: float) -> str:
    return "–" if isnan(share) else f"{share * 100:.0f} %"


def prediction_words(prediction: Prediction) -> str:
    """``Egyptian cat 48.1 %, tiger cat 32.6 %``."""
    rows = ", ".join(f"{row.name} {row.text}".removeprefix("value " * (prediction.units == 1)) for row in prediction.rows)
    name = f"{visible(prediction.name)}: " if prediction.name else ""
    return f"{name}{rows or prediction.note}"
