"""The facts that all faces of the examples of a unit show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kfx.text import numbers
from kfx.text.untrusted import cut, visible
from kfx.views.cards.facts import ShownExample


@dataclass(frozen=True, eq=False)
class ExamplesFacts:
    """The examples that drive the units of a layer.

    Attributes:
        name: The model's name, ``""`` where none was given.
        address: The layer's address.
        word: A unit: ``"channel"``, ``"unit"`` or ``"head"``.
        channels: How many there are.
        count: How many examples were looked at.
        shown: By number of the unit, the strongest first.
        notes: What the crops are, what was left out.
    """

    name: str
    address: str
    word: str
    channels: int
    count: int
    shown: Mapping[int, tuple[ShownExample, ...]]
    notes: tuple[str, ...] = ()

    @property
    def head(self) -> str:
        """``conv5 · 64 channels · the strongest of 6,000 examples``."""
        address = cut(visible(self.address), 60, middle=True)
        return (
            f"{address} · {numbers.count(self.channels, self.word)} · the strongest of {numbers.count(self.count, 'example')}"
        )
