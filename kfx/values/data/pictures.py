"""Pictures as the array that an image model takes: files, folders of files and PIL images, decoded when their rows are read."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kfx.values.data.rows_on_disk import RowsOnDisk

if TYPE_CHECKING:
    from PIL import Image

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp")
MODES = {1: "L", 3: "RGB", 4: "RGBA"}


class Pictures(RowsOnDisk):
    """Pictures as an array, 0 to 255.

    Args:
        pictures: Paths of files, or PIL images.
        size: Height and width in pixels to which each is resized; None takes the first picture's, which all must have.
        channels: 1, 3 or 4.
        first: Channels come first: ``(pictures, channel, height, width)``.
        dtype: Whole numbers are the stored ones; of a resized picture they are rounded.
        advice: What to do where the pictures are not of one size, for the error.

    Raises:
        ValueError: The first picture cannot be read.
    """

    def __init__(
        self,
        pictures: Sequence[str | os.PathLike[str] | Image.Image],
        *,
        size: tuple[int, int] | None,
        channels: int,
        first: bool = False,
        dtype: str = "float32",
        advice: str = "resize them first",
    ) -> None:
        self.pictures, self._mode, self._first, self._advice = list(pictures), MODES[channels], first, advice
        high, wide = self.size = size or decoded(self.pictures[0], self._mode, None).shape[:2]
        self.resized = size is not None
        self.shape = (len(self.pictures), *((channels, high, wide) if first else (high, wide, channels)))
        self.dtype = np.dtype(dtype)

    def __getitem__(self, index: Any) -> np.ndarray:
        chosen = self.pictures[index]
        found = np.empty((len(chosen), *self.size, self.shape[1 if self._first else 3] or 0), "float32")
        for row, picture in enumerate(chosen):
            image = decoded(picture, self._mode, self.size if self.resized else None)
            if image.shape != found.shape[1:]:
                raise ValueError(
                    f"{_named(picture)} is {image.shape[0]} x {image.shape[1]} pixels, the first image "
                    f"{self.size[0]} x {self.size[1]}; {self._advice}."
                )
            found[row] = image
        if self.dtype.kind in "iu":
            found = found.round()
        return np.moveaxis(found.astype(self.dtype, copy=False), 3, 1) if self._first else found.astype(self.dtype, copy=False)


def decoded(picture: str | os.PathLike[str] | Image.Image, mode: str, size: tuple[int, int] | None) -> np.ndarray:
    """Return one picture upright, ``(height, width, channel)``, 0 to 255; resized bilinearly, averaging where it shrinks.

    Raises:
        ValueError: It cannot be read.
    """
    from PIL import Image, ImageOps

    try:
        with Image.open(picture) if isinstance(picture, str | os.PathLike) else picture.copy() as image:
            image = ImageOps.exif_transpose(image).convert(mode)
            if size is not None and image.size != size[::-1]:
                image = image.resize(size[::-1], Image.Resampling.BILINEAR)
            found = np.asarray(image, "float32")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"Cannot read the image {_named(picture)}: {error}") from error
    return found.reshape(*found.shape[:2], -1)


def in_folder(folder: Path) -> list[Path]:
    """Return the image files in a folder and its subfolders, in the order of their paths.

    Raises:
        ValueError: It holds none.
    """
    found = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
    if not found:
        raise ValueError(f"The folder {str(folder)!r} holds no images. Expected files ending in {', '.join(SUFFIXES)}.")
    return found


def are_pictures(data: object) -> bool:
    """Return whether data are a PIL image, or a list or tuple of them."""
    some = data if isinstance(data, list | tuple) else [data]
    return bool(some) and all(_is_image(x) for x in some)


def may_be_paths(data: object) -> bool:
    """Return whether data are a path or a text, or a list or tuple of them: what they mean, the model's input says."""
    some = data if isinstance(data, list | tuple) else [data]
    return bool(some) and all(isinstance(x, str | os.PathLike) for x in some)


def as_pictures(data: Any, shape: tuple[int | None, ...], dtype: str) -> Pictures | None:
    """Return pictures for an input of an image model; None where the input does not take images.

    Args:
        data: PIL images or paths, or one of them; a folder stands for its images.
        shape: Of the input: ``(batch, height, width, channel)``, or with the channels first.
        dtype: Of the input.
    """
    if len(shape) != 4:
        return None
    first = shape[3] not in MODES and shape[1] in MODES
    high, wide, channels = (shape[2], shape[3], shape[1]) if first else shape[1:]
    if channels not in (None, *MODES):
        return None
    some = list(data) if isinstance(data, list | tuple) else [data]
    if len(some) == 1 and isinstance(some[0], str | os.PathLike) and os.path.isdir(some[0]):
        some = in_folder(Path(some[0]))
    size = None if high is None or wide is None else (high, wide)
    return Pictures(some, size=size, channels=channels or 3, first=first, dtype=dtype)


def _is_image(x: object) -> bool:
    return type(x).__module__.startswith("PIL.") and hasattr(x, "convert")


def _named(picture: object) -> str:
    return repr(str(picture)) if isinstance(picture, str | os.PathLike) else "an image"
