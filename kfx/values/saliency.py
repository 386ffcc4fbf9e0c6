"""`kfx.saliency`: how strongly each number of the input moves the output."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from kfx.keras_access.importing import import_keras
from kfx.values.data.batches import Batches
from kfx.values.features import address_text, labelled, map_arrays
from kfx.values.gradients import INPUTS, input_gradients
from kfx.values.parts import runnable
from kfx.values.tap.calls import addressable_calls

if TYPE_CHECKING:
    import keras


def saliency(
    model: keras.Model,
    data: object,
    *,
    target: int | str | Callable[[Any], object] | None = None,
    training: bool = False,
    batch_size: int | None = None,
) -> Any:
    """Compute the saliency of the input: the absolute gradient of the target (Simonyan and others, 2014).

    Args:
        model: A built Keras model of any kind.
        data: As for `kfx.extract`. Whole numbers that the model calculates with, such as the pixels of a picture, count as the
            same floating-point numbers; for those that it looks up, such as tokens, use `kfx.gradients` at their embedding.
        target: As for `kfx.gradients`.
        training: As for `kfx.gradients`.
        batch_size: As for `kfx.gradients`.

    Returns:
        An array shaped like the input; for several inputs a list or dict of arrays like the data, with None for one that has
        no gradient (tokens, text). Of a sparse input, entries that are not stored are 0; of a ragged one, each example has an
        array of its own. For an image, the map is the largest value over the channels: ``saliency.max(axis=-1)``.

    Raises:
        ValueError: As for `kfx.gradients`, or no input has a gradient.

    Example:
        >>> import keras, kfx, numpy as np
        >>> model = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(10)])
        >>> kfx.saliency(model, np.ones((8, 28, 28, 1))).max(axis=-1).shape
        (8, 28, 28)
    """
    value = input_gradients(model, data, target=target, training=training, batch_size=batch_size)
    flat = import_keras().tree.flatten(value)
    if not list(labelled(INPUTS, value)):
        raise ValueError(_nothing_to_differentiate(runnable(model, "*", data), data))
    if len(flat) == 1:
        return np.abs(flat[0])
    return _like(data, map_arrays(np.abs, value), runnable(model, "*", data))


def _like(data: object, value: Any, model: keras.Model) -> Any:
    """Return the arrays of several inputs in the structure in which the data came, where that is a flat dict or list."""
    tree = import_keras().tree
    flat = tree.flatten(value)
    if isinstance(data, Mapping):
        wanted = Batches(model, data).expected or ()
        by_name = {name: x for want, x in zip(wanted, flat, strict=False) for name in (want.name, want.layer)}
        return {key: by_name[key] for key in data if key in by_name} if any(key in by_name for key in data) else value
    if isinstance(data, list | tuple) and len(data) == len(flat) and not any(isinstance(x, list | tuple | dict) for x in value):
        return type(data)(flat) if type(data) in (list, tuple) else value
    return value


def _nothing_to_differentiate(model: keras.Model, data: object) -> str:
    """Return why there is no gradient, with the first address that has one."""
    calls = addressable_calls(model, next(iter(Batches(model, data, usual=None))).inputs)
    later = next((c.key for c in calls if c.kind != "input" and any("float" in x.dtype for x in c.outputs)), None)
    where = "at the layer that embeds them" if later is None else f"at {address_text(later)!r}"
    return f"The inputs are whole numbers or text, which have no gradient; use kfx.gradients {where}."
