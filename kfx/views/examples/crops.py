"""Cut out of an input what a place in a map sees: its receptive field, or the place itself scaled to the input."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kfx.values.examples.receptive import Fields
from kfx.views.cards.facts import small_picture

LINE = (0xE6, 0x9F, 0x00)  # of the outline
LEAST = 8  # px of a crop's side at least, with what is around it


@dataclass(frozen=True)
class Crops:
    """Cuts crops out of the pictures of one input.

    Attributes:
        fields: What each place sees, by axis; empty where it is not known.
        space: The sizes of the map's axes.
        whole: A field is the whole picture.
    """

    fields: Fields
    space: tuple[int, ...]

    @property
    def exact(self) -> bool:
        """True where the receptive field is known."""
        return len(self.fields) == 2

    def words(self, size: tuple[int, int] | None = None) -> str:
        """Return what the crops are."""
        if not self.exact:
            return "crop: the place in the map, scaled to the input (the receptive field is not known)"
        high, wide = (math.ceil(field.size) for field in self.fields)
        clipped = size is not None and high >= size[0] and wide >= size[1]
        return f"crop: the receptive field, {high}×{wide}" + (", the whole input" if clipped else "")

    def box(self, place: tuple[int, ...], size: Sequence[int]) -> tuple[int, int, int, int]:
        """Return top, bottom, left and right of what a place sees in a picture of a size, within the picture."""
        found = []
        for axis in (0, 1):
            if self.exact:
                first, stop = self.fields[axis].span(place[axis])
            else:
                scale = size[axis] / self.space[axis]
                first, stop = math.floor(place[axis] * scale), math.ceil((place[axis] + 1) * scale)
            if stop - first < LEAST and not self.exact:
                middle = (first + stop) / 2
                first, stop = math.floor(middle - LEAST / 2), math.ceil(middle + LEAST / 2)
            first, stop = max(0, min(first, size[axis] - 1)), min(size[axis], max(stop, 1))
            found += [first, max(stop, first + 1)]
        return found[0], found[1], found[2], found[3]

    def pictures(self, rgb: np.ndarray, place: tuple[int, ...]) -> tuple[tuple[str, np.ndarray], ...]:
        """Return the crop, and the picture with the crop outlined; of a crop that is the whole picture only the picture."""
        top, bottom, left, right = self.box(place, rgb.shape)
        if (bottom - top, right - left) == rgb.shape[:2]:
            return (("the whole input", small_picture(rgb)),)
        return ("crop", small_picture(rgb[top:bottom, left:right])), ("input", outlined(rgb, (top, bottom, left, right)))


def outlined(rgb: np.ndarray, box: tuple[int, int, int, int], side: int = 112) -> np.ndarray:
    """Return a picture of at most ``side`` pixels with a box drawn around a part of it."""
    small = np.array(small_picture(rgb, side))
    scale = small.shape[0] / rgb.shape[0], small.shape[1] / rgb.shape[1]
    top, bottom = max(0, math.floor(box[0] * scale[0]) - 1), min(small.shape[0] - 1, math.ceil(box[1] * scale[0]))
    left, right = max(0, math.floor(box[2] * scale[1]) - 1), min(small.shape[1] - 1, math.ceil(box[3] * scale[1]))
    small[top, left : right + 1] = small[bottom, left : right + 1] = LINE
    small[top : bottom + 1, left] = small[top : bottom + 1, right] = LINE
    return small


def crops_by_input(fields: Mapping[str, Fields], inputs: Sequence[str], space: tuple[int, ...]) -> dict[str, Crops]:
    """Return crops for each input by name; its field is not known where the names do not tell which input is meant."""
    found = {}
    for name in inputs:
        own = fields.get(name, next(iter(fields.values())) if len(fields) == len(inputs) == 1 else ())
        found[name] = Crops(own if len(own) == len(space) else (), space)
    return found
