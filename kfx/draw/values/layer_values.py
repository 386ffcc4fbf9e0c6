"""One layer's values for one example, laid out as maps, ranked and scaled, as every face of the inspector draws them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kfx.draw.values.axes import Facets, facets, stacked
from kfx.draw.values.numbers import Ranking, ranking
from kfx.draw.values.scale import Limits, limits


@dataclass(frozen=True, eq=False)
class LayerValues:
    """Values at one address.

    Attributes:
        key: The address.
        label: The address and, where the call returns several tensors, which one: ``lstm[1]``.
        type: The layer's class, e.g. ``"Conv2D"``.
        shape: Without the batch axis.
        plan: How they are laid out.
        stack: ``(channels, rows, columns)`` of numbers.
        rank: The channels by strength.
        scale: One colour scale for all channels.
        note: A sentence about them, e.g. why they cannot be drawn.
    """

    key: str
    label: str
    type: str
    shape: tuple[int, ...]
    plan: Facets
    stack: np.ndarray
    rank: Ranking
    scale: Limits
    note: str = ""

    @property
    def not_finite(self) -> int:
        """Number of values that are NaN or infinite."""
        return int(self.stack.size - np.isfinite(self.stack).sum())


def layer_values(
    key: str,
    value: np.ndarray,
    *,
    label: str = "",
    type: str = "",
    channel: int | None = None,
    at: Sequence[int] = (),
    first: bool = False,
) -> LayerValues:
    """Lay out, rank and scale the values of one example.

    Args:
        key: The address.
        value: Without the batch axis, of any dtype; text and the like are described, not drawn.
        label: See `LayerValues`.
        type: See `LayerValues`.
        channel: The axis of the channels, where not the usual one.
        at: A place on each axis that is stepped through.
        first: The channels usually come first, as attention heads do.
    """
    numbers, note = _numbers(np.asarray(value))
    plan = facets(numbers.shape, channel, first=first)
    stack = stacked(numbers, plan, at)
    if plan.kind == "nothing" and not note:
        note = f"No values: the shape is {'×'.join(map(str, numbers.shape))}."
    return LayerValues(key, label or key, type, np.shape(value), plan, stack, ranking(stack), limits(stack), note)


def _numbers(value: np.ndarray) -> tuple[np.ndarray, str]:
    """Return the values as floats (integers and booleans as they are counted), and what was done to them."""
    kind = value.dtype.kind
    if kind == "f":
        return (value.astype("float32") if value.dtype.itemsize < 4 else value), ""
    if kind == "c":
        return np.abs(value), "Complex values: their sizes."
    if kind in "bui":
        return value.astype("float64" if value.dtype.itemsize > 2 else "float32"), ""
    try:
        return value.astype("float32"), ""  # bfloat16 and its kin are types of their own to NumPy
    except (TypeError, ValueError):
        return np.zeros((0,), "float32"), f"Values of type {value.dtype.name} are not numbers: nothing to draw."
