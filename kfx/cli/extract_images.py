"""Read a folder of photographs as the array that an image model takes; each image is decoded when its rows are read."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kfx.values.data.rows_on_disk import RowsOnDisk

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp")
MODES = {1: "L", 3: "RGB", 4: "RGBA"}
PREPROCESSING = {
    "none": "values 0 to 255, as in the files",
    "unit": "0 to 1",
    "tf": "-1 to 1, as MobileNet and Inception take them",
    "torch": "0 to 1, then ImageNet's mean and spread, as DenseNet takes them",
    "caffe": "blue first, ImageNet's mean taken off, as VGG and ResNet take them",
}


class Images(RowsOnDisk):
    """The images in a folder and its subfolders, in the order of their paths.

    Args:
        folder: Where they are.
        size: Height and width in pixels to which each is resized; None takes the first image's.
        channels: 1, 3 or 4.
        preprocess: A key of `PREPROCESSING`.

    Raises:
        ValueError: The folder holds no images.
    """

    def __init__(self, folder: Path, *, size: tuple[int, int] | None, channels: int, preprocess: str = "none") -> None:
        self.paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
        if not self.paths:
            raise ValueError(f"The folder {str(folder)!r} holds no images. Expected files ending in {', '.join(SUFFIXES)}.")
        self._mode, self._preprocess = MODES[channels], preprocess
        high, wide = self._size = size or _decoded(self.paths[0], self._mode, None).shape[:2]
        self.resized = size is not None
        self.shape = (len(self.paths), high, wide, channels)
        self.dtype = np.dtype("float32")

    def __getitem__(self, index: slice) -> np.ndarray:
        paths = self.paths[index]
        found = np.empty((len(paths), *self._size, self.shape[3] or 0), self.dtype)
        for row, path in enumerate(paths):
            image = _decoded(path, self._mode, self._size if self.resized else None)
            if image.shape != found.shape[1:]:
                high, wide = image.shape[:2]
                raise ValueError(
                    f"{str(path)!r} is {high} x {wide} pixels, the first image {self._size[0]} x {self._size[1]}; "
                    "give --image-size to resize all."
                )
            found[row] = image
        if self._preprocess == "none":
            return found
        if self._preprocess == "unit":
            return found / np.float32(255)
        from kfx.keras_access.importing import import_keras

        prepare = import_keras().applications.imagenet_utils.preprocess_input
        return prepare(found, data_format="channels_last", mode=self._preprocess)


def _decoded(path: Path, mode: str, size: tuple[int, int] | None) -> np.ndarray:
    """Return one image upright, ``(height, width, channel)``, 0 to 255; resized bilinearly, averaging where it shrinks."""
    from PIL import Image, ImageOps

    try:
        with Image.open(path) as file:
            image = ImageOps.exif_transpose(file).convert(mode)
            if size is not None and image.size != size[::-1]:
                image = image.resize(size[::-1], Image.Resampling.BILINEAR)
            found = np.asarray(image, "float32")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"Cannot read the image {str(path)!r}: {error}") from error
    return found.reshape(*found.shape[:2], -1)
