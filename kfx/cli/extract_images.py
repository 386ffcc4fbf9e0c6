"""Read a folder of photographs as the array that an image model takes, preprocessed as the model's family takes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from kfx.values.data.pictures import Pictures, in_folder

PREPROCESSING = {
    "none": "values 0 to 255, as in the files",
    "unit": "0 to 1",
    "tf": "-1 to 1, as MobileNet and Inception take them",
    "torch": "0 to 1, then ImageNet's mean and spread, as DenseNet takes them",
    "caffe": "blue first, ImageNet's mean taken off, as VGG and ResNet take them",
}


class Images(Pictures):
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
        super().__init__(in_folder(folder), size=size, channels=channels, advice="give --image-size to resize all")
        self._preprocess = preprocess

    def __getitem__(self, index: Any) -> np.ndarray:
        found = super().__getitem__(index)
        if self._preprocess == "none":
            return found
        if self._preprocess == "unit":
            return found / np.float32(255)
        from kfx.keras_access.importing import import_keras

        prepare = import_keras().applications.imagenet_utils.preprocess_input
        return prepare(found, data_format="channels_last", mode=self._preprocess)
