"""The facts that all faces of the attribution view show: one example, its classes, its parts, and their maps."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from kfx.draw.values.numbers import number_text
from kfx.values.attribution.settings import UNSIGNED
from kfx.views.attribution.parts import TITLES, Part

CLOSE = 0.98  # of the difference explained; below it is said


@dataclass(frozen=True)
class Choice:
    """A class that may be attributed.

    Attributes:
        unit: Its number.
        name: Its name, ``unit 3`` where there is none.
        value: Of the output, e.g. a probability.
        is_share: Whether that is a share of 1.
    """

    unit: int
    name: str
    value: float
    is_share: bool

    @property
    def text(self) -> str:
        """Return ``50.3 %``, or the value."""
        return f"{100 * self.value:.1f} %" if self.is_share else number_text(self.value)


@dataclass(frozen=True)
class Sum:
    """Whether integrated gradients add up.

    Attributes:
        score: Of the example.
        baseline: Of the baseline.
        total: The sum of the map.
        steps: How many gradients it was taken from.
    """

    score: float
    baseline: float
    total: float
    steps: int

    @property
    def difference(self) -> float:
        """Return what there is to explain."""
        return self.score - self.baseline

    @property
    def explained(self) -> float | None:
        """Return the share of it that the map holds; None where there is nothing to explain."""
        return self.total / self.difference if abs(self.difference) > 1e-6 * (1 + abs(self.score)) else None

    @property
    def is_close(self) -> bool:
        """Return whether the map adds up, but for 2 %."""
        return abs(self.explained - 1) <= 1 - CLOSE if self.explained is not None else abs(self.total) < 1e-4

    @property
    def words(self) -> str:
        """Return ``99.3 % explained``."""
        return "nothing to explain" if self.explained is None else f"{100 * self.explained:.1f} % explained"


@dataclass(frozen=True, eq=False)
class ShownMap:
    """The map of one method over one part.

    Attributes:
        method: Its name.
        values: In the part's form.
        note: What it shows, in a sentence.
    """

    method: str
    values: np.ndarray
    note: str

    @property
    def title(self) -> str:
        """Return the method's name in words."""
        return TITLES[self.method]

    @property
    def signed(self) -> bool:
        """Return whether it tells for from against."""
        return self.method not in UNSIGNED


@dataclass(frozen=True, eq=False)
class ShownExample:
    """An example with its attribution.

    Attributes:
        model: The model's name.
        example: Its number, from 0.
        count: Of all examples.
        target: What is attributed, in words: ``Egyptian cat``.
        score: The number that is attributed.
        kind: ``"logit"``, ``"value"``, ``"difference"``.
        choices: The classes, the largest first; empty where the target is no class.
        units: Those that are attributed.
        parts: Of the example.
        maps: For each part the maps of all methods.
        sum: Of integrated gradients, or None.
        baseline: What stands for nothing, in words.
        notes: What is left out.
    """

    model: str
    example: int
    count: int
    target: str
    score: float
    kind: str
    choices: tuple[Choice, ...]
    units: tuple[int, ...]
    parts: tuple[Part, ...]
    maps: tuple[tuple[ShownMap, ...], ...]
    sum: Sum | None
    baseline: str
    notes: tuple[str, ...] = field(default=())

    @property
    def head(self) -> str:
        """Return ``50.3 % · logit 34.08``."""
        chosen = next((one for one in self.choices if (one.unit,) == self.units), None)
        parts = [chosen.text] if chosen is not None and chosen.is_share else []
        return " · ".join([*parts, f"{self.kind} {plain(self.score)}"])

    @property
    def methods(self) -> tuple[str, ...]:
        """Return the names of the methods, in order."""
        return tuple(dict.fromkeys(one.method for maps in self.maps for one in maps))


def plain(x: float) -> str:
    """Return a number with two digits after the point, or three digits where it is smaller than 0.1."""
    text = f"{x:.2f}" if abs(x) >= 0.1 or x == 0 else f"{x:.3g}" if abs(x) >= 1e-12 else "0.00"
    return text.replace("-", "−")


def signed(x: float, largest: float = 1.0) -> str:
    """Return a number with its sign, as many digits as the largest of its kind needs."""
    digits = 2 if largest >= 1 else min(6, 2 + int(np.ceil(-np.log10(max(largest, 1e-6)))))
    text = f"{x:+.{digits}f}"
    return f"{0:.{digits}f}" if float(text) == 0 else text.replace("-", "−")
