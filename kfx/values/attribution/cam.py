"""Grad-CAM and Layer-CAM: where a layer that keeps space raises the score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kfx.keras_access.importing import import_keras
from kfx.values.attribution.places import Place
from kfx.values.attribution.reading import CallFact, Reading
from kfx.values.attribution.work import Work
from kfx.values.features import address_text


def last_with_space(reading: Reading, place: Place) -> CallFact | None:
    """Return the last call that keeps the space of an input: the axes between the examples and the channels.

    A call that depends on this input alone comes before one that depends on others too, e.g. in a siamese model.
    """
    axes = len(place.calls[0].shape if place.calls else place.shape) + (0 if place.calls else 1)
    if axes < 3:
        return None
    found = [
        call
        for call in reading.calls
        if place.number in call.inputs and call.floating and not call.container and not call.is_input
        and len(call.shape) in (axes, axes + 1) and all(n is None or n > 1 for n in call.shape[1:-1])
    ]  # fmt: skip
    alone = [call for call in found if call.inputs == {place.number}]
    return (alone or found)[-1] if found else None


def cam_maps(
    work: Work, method: str, keys: Mapping[str, tuple[str, int]]
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return class activation maps by input: enlarged to the input's space, and as they are at the layer.

    Grad-CAM (Selvaraju and others, 2017) weights each channel by the mean of its gradient over space, Layer-CAM (Jiang and
    others, 2021) each place of it by its positive gradient; both sum over the channels and keep the positive part.

    Args:
        work: The examples.
        method: ``"gradcam"`` or ``"layercam"``.
        keys: By input, the address and its axis of channels.

    Raises:
        ValueError: The score does not depend on an address by a differentiable path.
    """
    import tensorflow as tf

    _, maps = work.passes.cam(work.inputs, tf.constant(work.units), dict(keys.values()), method)
    work.advance(method, 1, 1)
    large, coarse = {}, {}
    for name, (key, _) in keys.items():
        if maps[key] is None:
            raise ValueError(
                f"The target does not depend on the values at {address_text(key)!r} by a differentiable path; give another "
                "`layer`, or use method='occlusion'."
            )
        coarse[name] = on_grid(np.asarray(maps[key]), _space(work, name))
        large[name] = enlarged(coarse[name], _space(work, name))
    return large, coarse


def _space(work: Work, name: str) -> tuple[int, ...]:
    """Return the lengths of an input's axes of space."""
    x = import_keras().tree.flatten(work.inputs)[work.names.index(name)]
    return space_of(tuple(x.shape[1:]))


def space_of(shape: Sequence[int], channels_first: bool = False) -> tuple[int, ...]:
    """Return the axes of space of an example: all but the channels of a picture or series."""
    if len(shape) < 2 or (len(shape) == 2 and min(shape) > 4 and shape[0] == shape[1]):
        return tuple(shape)
    if channels_first or (len(shape) == 3 and shape[-1] not in (1, 3, 4) and shape[0] in (1, 3, 4)):
        return tuple(shape[1:])
    return tuple(shape[:-1])


def on_grid(maps: np.ndarray, space: Sequence[int]) -> np.ndarray:
    """Return maps of a row of patches as their square grid, without a class token before them; others unchanged."""
    if maps.ndim != 2 or len(space) != 2:
        return maps
    for extra in (0, 1):
        side = round((maps.shape[1] - extra) ** 0.5)
        if side > 1 and side * side == maps.shape[1] - extra:
            return maps[:, extra:].reshape(len(maps), side, side)
    return maps


def enlarged(maps: np.ndarray, space: Sequence[int]) -> np.ndarray:
    """Return maps ``(batch, *axes)`` enlarged to other lengths by linear interpolation; of other axes, unchanged.

    As TensorFlow's ``image.resize`` does it: the centres of pixels at halves, and the edge continued.
    """
    if maps.ndim - 1 != len(space):
        return maps
    found: Any = np.asarray(maps, "float64")
    for axis, length in enumerate(space, 1):
        if found.shape[axis] != length:
            found = np.moveaxis(np.tensordot(_weights(found.shape[axis], length), found, (1, axis)), 0, axis)
    return found.astype("float32")


def _weights(source: int, target: int) -> np.ndarray:
    at = np.clip((np.arange(target) + 0.5) * source / target - 0.5, 0, source - 1)
    low = np.floor(at).astype(int)
    high = np.minimum(low + 1, source - 1)
    weights = np.zeros((target, source))
    np.add.at(weights, (np.arange(target), low), 1 - (at - low))
    np.add.at(weights, (np.arange(target), high), at - low)
    return weights
