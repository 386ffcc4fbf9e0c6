"""What the inspector's text and static face say, as plain values: inputs, predictions, one layer's strongest channels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
        text: What it says in one line.
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
        notes: What is to be said about the data.
        inputs: What went in.
        predictions: What came out.
        values: The layer's values.
        tokens: What each step of a sequence is, where that is known.
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
    """What a channel of these values is called: a channel of maps, a unit of a sequence or a vector."""
    return "channel" if values.plan.kind == "maps" else "unit"


def layer_line(values: LayerValues) -> str:
    """``fire3_concat  56×56×128 · Concatenate``."""
    return f"{visible(values.label)}  {shown_shape(values.shape)} · {visible(values.type)}"


def channels_line(values: LayerValues) -> str:
    """How many channels, and how many of them are zero everywhere; what is not finite."""
    plan = values.plan
    if values.note and plan.kind == "nothing":
        return values.note
    parts = [f"{len(values.rank.dead):,} of {numbers.count(plan.channels, noun(values))} {_are(len(values.rank.dead))} zero"]
    if plan.kind != "vector":
        parts[0] += " everywhere"
    if values.not_finite:
        parts.append(f"{numbers.count(values.not_finite, 'value')} not finite")
    if values.note:
        parts.append(values.note)
    return " · ".join(parts)


def _are(n: int) -> str:
    return "is" if n == 1 else "are"


def channel_rows(values: LayerValues, most: int) -> list[tuple[int, Figures]]:
    """The strongest channels with their figures."""
    return [(int(c), figures(values.stack[c])) for c in values.rank.order[:most]]


def four_figures(found: Figures) -> list[tuple[str, str]]:
    """The four numbers beneath a map, in words; more where some values are not finite or below zero."""
    pairs = [("mean", number_text(found.mean)), ("largest", number_text(found.largest)), ("std", number_text(found.std))]
    pairs.append(("zeros", "–" if found.zeros != found.zeros else f"{found.zeros * 100:.0f} %"))
    if found.smallest < 0:
        pairs.append(("smallest", number_text(found.smallest)))
    if found.nan:
        pairs.append(("NaN", f"{found.nan:,}"))
    if found.inf:
        pairs.append(("infinite", f"{found.inf:,}"))
    return pairs


def prediction_words(prediction: Prediction) -> str:
    """``Egyptian cat 48.1 %, tiger cat 32.6 %``."""
    rows = ", ".join(f"{row.name} {row.text}".removeprefix("value " * (prediction.units == 1)) for row in prediction.rows)
    name = f"{visible(prediction.name)}: " if prediction.name else ""
    return f"{name}{rows or prediction.note}"
