"""Arrays as series: one line for each variable, from the first step to the last."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kfx.draw.values.layer_values import as_numbers
from kfx.draw.values.numbers import number_text
from kfx.text import numbers

MOST_LINES = 12  # variables that are drawn as lines; more are rows of colours
LEAST_STEPS = 2


@dataclass(frozen=True, eq=False)
class Series:
    """Some variables over time.

    Attributes:
        values: ``(variable, step)``.
        beneath: Another series of the same shape, drawn pale beneath this one: the input of a reconstruction.
    """

    values: np.ndarray
    beneath: np.ndarray | None = None

    @property
    def text(self) -> str:
        """``200 steps × 6 variables, −1 to 3``."""
        variables, steps = self.values.shape
        many = f" × {numbers.count(variables, 'variable')}" if variables > 1 else ""
        finite = self.values[np.isfinite(self.values)]
        ends = f", {number_text(float(finite.min()))} to {number_text(float(finite.max()))}" if finite.size else ""
        bad = self.values.size - finite.size
        return f"{numbers.count(steps, 'step')}{many}{ends}{f', {bad:,} not finite' if bad else ''}"


def series_of(value: np.ndarray, axis: int | None = None) -> Series | None:
    """Return ``(step, variable)`` as a series; None for other shapes and for values that are not numbers.

    Args:
        value: One axis is a single variable.
        axis: Where the variables are, the last axis where nothing is given.
    """
    value, note = as_numbers(np.asarray(value))
    if note or value.ndim not in (1, 2):
        return None
    value = value[None] if value.ndim == 1 else np.moveaxis(value, -1 if axis is None else axis, 0)
    return Series(value) if value.shape[1] >= LEAST_STEPS and value.shape[0] else None
