"""One example for a reader: what it is, its pictures or its words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SIDE = 112  # px of a picture at most


@dataclass(frozen=True, eq=False)
class ShownExample:
    """One example for a reader.

    Attributes:
        number: Its number, from 0; None where it has none.
        title: What it is and what it was taken for, as parts; those that are wrong carry True.
        detail: How sure the model was, or how far off.
        text: The input in words, where it is no picture.
        pictures: The input, and for pictures the expected and the predicted one, ``(name, rgb)``.
    """

    number: int | None
    title: tuple[tuple[str, bool], ...]
    detail: str
    text: str = ""
    pictures: tuple[tuple[str, np.ndarray], ...] = ()

    @property
    def words(self) -> str:
        """The title as one text."""
        return "".join(part for part, _ in self.title)


def small_picture(rgb: np.ndarray, side: int = SIDE) -> np.ndarray:
    """Return a picture of at most ``side`` pixels a side; a small one unchanged."""
    if max(rgb.shape[:2]) <= side:
        return rgb
    from PIL import Image

    image = Image.fromarray(rgb)
    scale = side / max(image.size)
    image = image.resize([max(1, round(n * scale)) for n in image.size], Image.Resampling.BILINEAR)
    return np.asarray(image)
