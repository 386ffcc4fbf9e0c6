"""The outputs of a model for one example, as rows that a reader understands: the likeliest classes first, by name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

import numpy as np

from kfx.draw.values.layer_values import as_numbers
from kfx.draw.values.numbers import number_text, whole_text
from kfx.text.untrusted import visible
from kfx.views.inspector.shown.pictures import Pictures
from kfx.views.inspector.shown.series import Series


class Labels(Protocol):
    """A name for each unit: a list of them, or what looks them up."""

    def __getitem__(self, unit: int, /) -> str: ...


class PredictionRow(NamedTuple):
    """One class or unit: its name, its number among the units, its value in words and as a share of the bar, −1 to 1."""

    name: str
    unit: int
    text: str
    share: float


class Position(NamedTuple):
    """The likeliest classes at one position of a sequence: its number, its word and the rows."""

    step: int
    word: str
    rows: tuple[PredictionRow, ...]


class ClassShare(NamedTuple):
    """A class of a mask: its name, its colour as ``"#rrggbb"`` and how much of the picture it takes."""

    name: str
    colour: str
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """One output.

    Attributes:
        name: The output's name, ``""`` for the only one.
        rows: The largest values first.
        units: How many values there are.
        note: A sentence about the values, in place of the rows where they are not a list of classes.
        far: The value whose bar has full length.
        kind: ``"classes"`` (rows), ``"positions"``, ``"picture"``, ``"mask"``, ``"series"`` or ``"note"``.
        pictures: The values as a picture, or as slices and frames.
        difference: Those less the input, on a ramp around zero.
        beside: The name of the input that the difference is taken from.
        legend: The classes of a mask, the largest first.
        series: The values as lines.
        positions: The likeliest classes at each position, of a language model the next tokens.
    """

    name: str
    rows: tuple[PredictionRow, ...]
    units: int
    note: str = ""
    far: float = 0.0
    kind: str = "classes"
    pictures: Pictures | None = None
    difference: Pictures | None = None
    beside: str = ""
    legend: tuple[ClassShare, ...] = ()
    series: Series | None = None
    positions: tuple[Position, ...] = ()

    @property
    def signed(self) -> bool:
        """True if a bar leads left of zero, so that zero is in the middle."""
        return any(row.share < 0 for row in self.rows)

    def scaled(self, far: float) -> Prediction:
        """Return the same with bars in which ``far`` has full length, e.g. to lay two predictions over each other."""
        by = self.far / far if far else 0.0
        return replace(self, far=far, rows=tuple(row._replace(share=row.share * by) for row in self.rows))


def prediction(name: str, values: np.ndarray, names: Labels | None = None, *, top: int = 5) -> Prediction:
    """Return the rows for one output of one example.

    Args:
        name: The output's name.
        values: Without the batch axis. Numbers of more than one axis are summed up in a sentence.
        names: A name for each unit; numbers where there is none.
        top: Rows at most.
    """
    values = np.asarray(values)
    numbers, unclear = as_numbers(values)
    if values.dtype.kind not in "uifbc" and unclear:
        return Prediction(name, (), int(values.size), f"values of type {values.dtype}", kind="note")
    whole, values = values.dtype.kind in "ui", numbers
    if values.ndim > 1 and values.size != max(values.shape):
        finite = values[np.isfinite(values)]
        span = f", {number_text(float(finite.min()))} to {number_text(float(finite.max()))}" if finite.size else ""
        return Prediction(name, (), int(values.size), f"{'×'.join(map(str, values.shape))} values{span}", kind="note")
    flat = values.ravel().astype("float64")
    sound = np.isfinite(flat)
    shares = bool(sound.all() and flat.size > 1 and flat.min() >= 0 and abs(flat.sum() - 1) < 1e-2)
    unit_wide = flat.size == 1 and bool(sound.all()) and 0 <= flat[0] <= 1  # a sigmoid's bar is as long as its value
    far = 1.0 if shares or unit_wide else float(np.abs(flat[sound]).max()) if sound.any() else 0.0
    keyed = np.where(sound, flat, -np.inf)
    best = np.argsort(-keyed, kind="stable")[:top]
    rows = []
    for unit in best.tolist():
        value = float(flat[unit])
        text = f"{value * 100:.1f} %" if shares else whole_text(value) if whole else number_text(value)
        share = value / far if sound[unit] and far else 0.0
        label = visible(str(names[unit])) if names is not None else str(unit) if flat.size > 1 else "value"
        rows.append(PredictionRow(label, unit, text, min(1.0, max(-1.0, share))))
    return Prediction(name, tuple(rows), int(flat.size), unclear, far)
