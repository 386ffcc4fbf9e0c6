"""One layer's values for one example, laid out as maps, ranked and scaled, as every face of the inspector draws them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kfx.draw.values.axes import Facets, facets, stacked
from kfx.draw.values.numbers import Ranking, number_text, ranking, whole_text
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
        role: ``"attention"`` for ``([heads,] queries, keys)``, otherwise ``""``.
        step: The word for a place on an axis that is stepped through: slice, frame or place.
        whole: They are integers, which are written exactly: a token's id is a name.
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
    role: str = ""
    step: str = "place"
    whole: bool = False

    def text(self, x: float) -> str:
        """Return one of the values as text: integers exactly, others to three digits."""
        return whole_text(x) if self.whole else number_text(x)

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
    usual: int | None = None,
    role: str = "",
    step: str = "place",
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
        usual: The axis of the channels where it is another one, see `kfx.draw.values.axes.facets`.
        role: See `LayerValues`.
        step: See `LayerValues`.
    """
    value = np.asarray(value)
    numbers, note = as_numbers(value)
    plan = facets(numbers.shape, channel, first=first, usual=usual)
    stack = stacked(numbers, plan, at)
    if plan.kind == "nothing" and not note:
        note = f"No values: the shape is {'×'.join(map(str, numbers.shape))}."
    scale = Limits(0.0, 1.0, False, False) if role == "attention" and _weights(stack) else limits(stack)
    whole = value.dtype.kind in "ui"
    return LayerValues(key, label or key, type, value.shape, plan, stack, ranking(stack), scale, note, role, step, whole)


def _weights(stack: np.ndarray) -> bool:
    """Return whether all values are weights, 0 to 1 up to rounding."""
    return bool(stack.size and np.nanmin(stack) >= 0 and np.nanmax(stack) <= 1.001)


def as_numbers(value: np.ndarray) -> tuple[np.ndarray, str]:
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
