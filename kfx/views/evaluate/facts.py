"""The facts that all faces of an evaluation show, by output: figures, classes, the examples in words and pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kfx.draw.values.numbers import number_text
from kfx.text import numbers
from kfx.text.untrusted import cut, visible
from kfx.views.cards.facts import ShownExample

NAME = 60  # characters of a class's name


@dataclass(frozen=True, eq=False)
class ClassRow:
    """One class, or one label: its name and figures; None where a figure is not defined."""

    name: str
    count: int
    right: float | None
    precision: float | None
    overlap: float | None
    confused: str


@dataclass(frozen=True, eq=False)
class OutputFacts:
    """One output.

    Attributes:
        name: Its name, ``""`` for the only one.
        kind: ``"classes"``, ``"labels"`` or ``"values"``.
        what: What is counted: ``"example"``, ``"step"`` or ``"place"``.
        line: Its figures in one line.
        notes: What was left out, in sentences.
        classes: Names of the classes that are drawn, at most 20.
        numbers: Their numbers among all.
        counts: ``(true, predicted)`` among them.
        true: How often each of them occurs.
        rows: Figures of every class or label.
        pairs: The most frequent mistakes in words.
        calibration: Mean probability, share right, counts and expected error; None where there is none.
        points: Pairs of true and predicted values.
        worst: The examples that are farthest off.
        sure: Wrong examples, the most confident first.
    """

    name: str
    kind: str
    what: str
    line: str
    notes: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    numbers: tuple[int, ...] = ()
    counts: np.ndarray | None = None
    true: np.ndarray | None = None
    rows: tuple[ClassRow, ...] = ()
    pairs: tuple[str, ...] = ()
    calibration: tuple[np.ndarray, np.ndarray, np.ndarray, float] | None = None
    points: np.ndarray | None = None
    worst: tuple[ShownExample, ...] = ()
    sure: tuple[ShownExample, ...] = ()
    worst_words: str = "largest loss first"

    @property
    def heading(self) -> str:
        """The heading of the matrix."""
        return f"Confusion, {len(self.classes)} most confused of {len(self.rows)}" if self.cut_off else "Confusion"

    @property
    def cut_off(self) -> bool:
        """True where not all classes are drawn."""
        return bool(self.classes) and len(self.rows) > len(self.classes)


@dataclass(frozen=True, eq=False)
class EvaluationFacts:
    """An evaluation.

    Attributes:
        name: The model's name.
        count: Examples.
        metrics: Keras's, by name.
        outputs: In the model's order.
        notes: What could not be counted, in sentences.
    """

    name: str
    count: int
    metrics: Mapping[str, float]
    outputs: tuple[OutputFacts, ...]
    notes: tuple[str, ...] = ()

    @property
    def head(self) -> str:
        """``1,000 examples · loss 0.136 · accuracy 0.954``."""
        figures = [f"{cut(visible(name), NAME)} {number_text(value)}" for name, value in self.metrics.items()]
        return " · ".join([numbers.count(self.count, "example"), *figures[:12]])


def percent_text(share: float) -> str:
    """``98.8 %``, with ``100 %`` and ``0 %`` only where it is exact."""
    if share in (0.0, 1.0):
        return f"{share * 100:.0f} %"
    text = f"{share * 100:.1f} %"
    return "> 99.9 %" if text == "100.0 %" else numbers.percent(share)


def sure_text(share: float) -> str:
    """``98 % sure``."""
    return f"{share * 100:.0f} % sure" if share == share else ""


def class_names(names: Sequence[str] | None, units: int) -> list[str]:
    """Return a name for each class: its number where there is none."""
    if names is None:
        return [str(unit) for unit in range(units)]
    return [cut(visible(str(name)), NAME) for name in names]


def left_out_notes(left_out: Mapping[str, int], what: str, total: int) -> tuple[str, ...]:
    """Return a sentence for each reason for which something was not counted."""
    return tuple(f"{numbers.count(count, what)} of {total:,} left out: {reason}." for reason, count in left_out.items())
