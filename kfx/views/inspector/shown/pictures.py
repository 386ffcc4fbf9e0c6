"""Arrays as pictures: one, or the slices of a volume and the frames of a video, each made when it is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from kfx.draw.values.colormap import NOT_FINITE, ramp
from kfx.draw.values.input_picture import LEAST_SIDE, pixel_range, pixels
from kfx.draw.values.layer_values import as_numbers
from kfx.draw.values.numbers import number_text
from kfx.draw.values.scale import Limits, levels, limits, smaller

COLOURED = (1, 3, 4)  # channels of a picture
MOST_COLUMNS = 320  # of a plane that is drawn on a ramp
LEAST_ROWS = 48
# Classes of a mask, told apart with colour-vision deficiencies too (after Okabe and Ito); then by turns of hue.
_CLASSES = ("5B6570", "E69F00", "56B4E9", "009E73", "F0E442", "0072B2", "D55E00", "CC79A7", "8C6BB1", "A6761D")


@dataclass(frozen=True, eq=False)
class Pictures:
    """Pictures of one size.

    Attributes:
        values: ``(number, height, width, channel)``.
        how: ``"pixels"`` (grey or colours), ``"labels"`` (the number of a class in each place), ``"signed"`` (around zero) or
            ``"ramp"`` (from dark to bright).
        word: One of several: ``"slice"``, ``"frame"``, ``"channel"`` or ``"head"``.
        numbers: What each is called, counted from 1 where nothing else is given.
    """

    values: np.ndarray
    how: str = "pixels"
    word: str = "slice"

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.values)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self.values.shape[1], self.values.shape[2]

    @cached_property
    def _range(self) -> tuple[float, float, str]:
        return pixel_range(self.values)

    @cached_property
    def scale(self) -> Limits:
        """The ends of the colours of values on a ramp."""
        return limits(self.values)

    def rgb(self, at: int = 0) -> np.ndarray:
        """Return one of them as ``(height, width, 3)`` uint8."""
        one = self.values[at]
        if self.how == "labels":
            return class_colours(int(self.values.max(initial=0)) + 1)[np.clip(one[..., 0], 0, None).astype("int64")]
        if self.how == "pixels":
            low, high, _ = self._range
            return pixels(one, low, high)
        plane = levels(one[..., 0], self.scale)
        plane[~np.isfinite(one[..., 0])] = NOT_FINITE
        return np.ascontiguousarray(ramp(self.scale.signed)[plane])

    @property
    def note(self) -> str:
        """What the pixels stand for, where they are not the values themselves, and which of them are not finite."""
        bad = self.values.size - int(np.isfinite(self.values).sum()) if self.values.dtype.kind == "f" else 0
        parts = [self._range[2]] if self.how == "pixels" else [self._ends] if self.how in ("signed", "ramp") else []
        return ", ".join([*filter(None, parts), *([f"{bad:,} not finite"] if bad else [])])

    @property
    def _ends(self) -> str:
        low, high = (number_text(end) for end in (self.scale.low, self.scale.high))
        clipped = self.scale.clipped
        if self.scale.signed:
            return f"orange {'≤ ' * clipped}{low}, blue {'≥ ' * clipped}{high}"
        return f"dark {low}, bright {'≥ ' * clipped}{high}"

    def which(self, at: int = 0) -> str:
        """``slice 1 of 10``; nothing for a single picture."""
        return f"{self.word} {at + 1} of {self.count}" if self.count > 1 else ""


def class_colours(count: int) -> np.ndarray:
    """Return a colour for each class of a mask, ``(count, 3)`` uint8."""
    from colorsys import hsv_to_rgb

    first = [[int(name[i : i + 2], 16) for i in (0, 2, 4)] for name in _CLASSES[:count]]
    more = [[round(255 * x) for x in hsv_to_rgb(i * 0.618 % 1, 0.65, 0.85)] for i in range(len(first), count)]
    return np.array([*first, *more], "uint8").reshape(-1, 3)


def pictures_of(value: np.ndarray, axis: int | None = None, word: str = "slice") -> Pictures | None:
    """Return an array as pictures in grey or colours: a picture, a volume or a video; None for anything else.

    Args:
        value: ``(height, width)``, ``(height, width, channel)`` or ``(slice, height, width, channel)``.
        axis: Where the channels are, if known; otherwise they are the last axis, or the first one where only that can be.
        word: What a place on a further axis is.
    """
    value = np.asarray(value)
    if value.dtype.kind not in "uifb":
        value, note = as_numbers(value)
        if note or value.ndim < 2:
            return None
    if value.ndim == 2:
        value = value[..., None]
    if value.ndim not in (3, 4):
        return None
    if axis is None:
        axis = channels_axis(value.shape)
    value = np.moveaxis(value, axis, -1)
    if value.ndim == 3:
        value = value[None]
    if value.shape[-1] not in COLOURED or min(value.shape[1:3]) < LEAST_SIDE:
        return None
    return Pictures(value, word=word)


def channels_axis(shape: Sequence[int]) -> int:
    """Return the axis that the channels of a picture can only be: the last one, or the first of ``(3, height, width)``."""
    last = len(shape) - 1
    first = last - 2
    return (
        first if shape[last] not in COLOURED and shape[first] in (1, 3) and min(shape[first + 1 :]) >= 2 * LEAST_SIDE else last
    )


def planes_of(value: np.ndarray, word: str = "channel") -> Pictures:
    """Return ``([number,] rows, columns)`` as planes on a ramp, reduced to what can be seen; few rows are drawn taller."""
    value = as_numbers(value)[0]
    stack = value[None] if value.ndim == 2 else value
    if stack.shape[2] > MOST_COLUMNS or stack.shape[1] > MOST_COLUMNS:
        stack, _ = smaller(stack, MOST_COLUMNS)
    stack = np.repeat(stack, max(1, -(-LEAST_ROWS // max(1, stack.shape[1]))) if stack.shape[1] < stack.shape[2] else 1, axis=1)
    return Pictures(stack[..., None], "ramp", word)
