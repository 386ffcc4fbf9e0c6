"""The facts that all faces of a map of examples show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kfx.text import numbers
from kfx.text.untrusted import cut, visible


@dataclass(frozen=True, eq=False)
class Colouring:
    """One way to colour the examples.

    Attributes:
        name: ``"label"``, ``"predicted"``, ``"error"``, or ``"none"``.
        groups: The number of each example's group, -1 for none; None for a ramp.
        names: The groups' names.
        counts: How many examples each has.
        values: A value for each example, of a ramp; None for groups.
    """

    name: str
    groups: np.ndarray | None = None
    names: tuple[str, ...] = ()
    counts: tuple[int, ...] = ()
    values: np.ndarray | None = None

    @property
    def ends(self) -> tuple[float, float]:
        """The smallest and the largest value of a ramp."""
        if self.values is None or not np.isfinite(self.values).any():
            return 0.0, 1.0
        return float(np.nanmin(self.values)), float(np.nanmax(self.values))


@dataclass(frozen=True, eq=False)
class EmbeddingFacts:
    """A map of examples.

    Attributes:
        name: The model's name, ``""`` where none was given.
        address: Where the features come from.
        width: How many numbers an example has.
        how: How the vectors and the places were made.
        points: ``(examples, 2)``; NaN for an example that has no place.
        colourings: The first one is shown first.
        notes: What was left out.
    """

    name: str
    address: str
    width: int
    how: tuple[str, ...]
    points: np.ndarray
    colourings: tuple[Colouring, ...]
    notes: tuple[str, ...] = ()

    @property
    def head(self) -> str:
        """``pool · 1,000 examples · 64 numbers each · PCA, 41 % + 17 % of the variance``."""
        address = cut(visible(self.address), 60, middle=True)
        each = f"{self.width:,} number{'' if self.width == 1 else 's'} each"
        return " · ".join([address, numbers.count(len(self.points), "example"), each, *self.how])


def grouped(name: str, groups: np.ndarray, names: tuple[str, ...]) -> Colouring:
    """Return a colouring by groups."""
    known = groups[groups >= 0]
    return Colouring(name, groups, names, tuple(np.bincount(known, minlength=len(names)).tolist()))
