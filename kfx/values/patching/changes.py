"""What a patch puts in place of values: an array, a function's result, silence, or a step in a direction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, SupportsIndex

import numpy as np

from kfx.keras_access.importing import import_keras
from kfx.model.read.sizes.graph_inputs import shapes_agree
from kfx.values.features import address_text

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

OutputChange = Callable[[Any], object]


def silence(
    *channels: int,
    value: float = 0.0,
    axis: int = -1,
    head: int | Sequence[int] | None = None,
    position: int | Sequence[int] | None = None,
) -> OutputChange:
    """Return a change for `kfx.patch` that sets channels, heads or positions to one value, zero by default.

    Args:
        *channels: Numbers of channels (or units, or features), from 0; none at all means every channel.
        value: The value.
        axis: The axis of the channels; the batch axis is 0.
        head: Heads of attention, from 0. At the address of an attention layer, its scores are silenced, ``(batch, head, query,
            key)``, so that the head adds nothing to the layer's output; elsewhere axis 1 is that of the heads of scores, and
            the last but one that of other values, ``(batch, length, head, width)``.
        position: Places in a sequence, axis 1, ``(batch, length, ...)``; negative ones count from the end.

    Raises:
        TypeError: A channel, head or position is not a whole number.
        ValueError: When the model is called: there are fewer.

    Example:
        >>> import numpy as np
        >>> silence(0, 2)(np.ones((1, 4))).numpy().tolist()
        [[0.0, 1.0, 0.0, 1.0]]
    """
    for word, numbers in (("channel", channels), ("head", _several(head)), ("position", _several(position))):
        odd = [number for number in numbers if isinstance(number, bool) or not isinstance(number, SupportsIndex)]
        if odd:
            raise TypeError(f"A {word} is {odd[0]!r:.60}; expected whole numbers, from 0.")
    return Silence(tuple(channels), value, axis, _several(head), _several(position))


@dataclass(frozen=True)
class Silence:
    """A change that sets channels, heads and positions to a value; see `silence`."""

    channels: tuple[int, ...] = ()
    value: float = 0.0
    axis: int = -1
    heads: tuple[int, ...] = ()
    positions: tuple[int, ...] = ()

    def __call__(self, x: keras.KerasTensor, *, are_scores: bool | None = None) -> keras.KerasTensor:
        """Return the values with silence; ``are_scores`` says whether they are attention scores, None to tell by the shape."""
        ops = import_keras().ops
        if hasattr(x, "flat_values") and not self.heads and not self.positions and self.axis == -1:  # a ragged tensor
            return x.with_flat_values(self(x.flat_values, are_scores=False))
        rank = len(x.shape)
        if are_scores is None:
            are_scores = rank == 4 and x.shape[2] == x.shape[3]
        if self.heads and rank < 4:
            raise ValueError(
                f"There is no axis of heads in values of shape {tuple(x.shape)}; silence the attention layer or its scores."
            )
        wanted = [(self.channels, self.axis, "channel")]
        wanted += [(self.heads, 1 if are_scores else -2, "head"), (self.positions, 1, "position")]
        mask = None
        for numbers, axis, word in wanted:
            if numbers:
                if not -rank <= axis < rank:
                    raise ValueError(f"There is no {word} {numbers[0]}; the values have shape {tuple(x.shape)}.")
                here = _mask(x, numbers, axis, word)
                mask = here if mask is None else ops.logical_and(mask, here)
        if mask is None:
            return ops.full_like(x, self.value)
        return ops.where(mask, ops.cast(self.value, x.dtype), x)


def _several(numbers: int | Sequence[int] | None) -> tuple[int, ...]:
    return () if numbers is None else tuple(numbers) if isinstance(numbers, Sequence | np.ndarray) else (numbers,)


def _mask(x: keras.KerasTensor, numbers: Sequence[int], axis: int, word: str) -> keras.KerasTensor:
    """Return which entries of an axis are meant, in a shape that is broadcast to that of the values."""
    ops = import_keras().ops
    size = x.shape[axis]
    shape = [1] * len(x.shape)
    shape[axis] = -1
    if size is None:  # known when the model runs
        length = ops.shape(x)[axis]
        places = ops.arange(length)
        chosen = ops.stack([n if n >= 0 else length + n for n in numbers])
        return ops.reshape(ops.any(ops.equal(places[:, None], chosen[None]), axis=1), shape)
    wrong = [n for n in numbers if not -size <= n < size]
    if wrong:
        raise ValueError(f"There is no {word} {wrong[0]}; axis {axis} has {size} {word}s, 0 to {size - 1}.")
    mask = np.zeros(size, "bool")
    mask[list(numbers)] = True
    return ops.reshape(ops.convert_to_tensor(mask), shape)


def steer(vector: Any, scale: float = 1.0, *, position: int | Sequence[int] | None = None) -> OutputChange:
    """Return a change for `kfx.patch` that adds a scaled vector to values, e.g. a direction in a residual stream.

    Args:
        vector: An array that is broadcast to the values: ``(features,)`` for every example and position, or e.g. the
            difference of the mean values of two kinds of examples.
        scale: What it is multiplied with.
        position: Places in a sequence, axis 1; None for all.

    Raises:
        TypeError: A position is not a whole number.
        ValueError: When the model is called: the vector does not fit the values, or there are fewer positions.

    Example:
        >>> import numpy as np
        >>> steer([1.0, -1.0], 3.0)(np.zeros((1, 2), "float32")).numpy().tolist()
        [[3.0, -3.0]]
    """
    places = silence(position=position).positions if position is not None else ()  # type: ignore[attr-defined]  # a Silence
    direction = np.asarray(vector)

    def steered(x: keras.KerasTensor) -> keras.KerasTensor:
        ops = import_keras().ops
        if not _fits(direction.shape, tuple(x.shape)):
            raise ValueError(
                f"The vector has shape {direction.shape}, which cannot be added to values of shape {tuple(x.shape)}."
            )
        new = x + ops.cast(direction * scale, x.dtype)
        return new if not places else ops.where(_mask(x, places, 1, "position"), new, x)

    return steered


def _fits(shape: tuple[int, ...], values: tuple[int | None, ...]) -> bool:
    """Return whether an array of a shape is broadcast to the values' shape without adding to it."""
    if len(shape) > len(values):
        return False
    return all(n in (1, size) or size is None for n, size in zip(reversed(shape), reversed(values), strict=False))


def changed(outputs: keras.KerasTensor, change: object, key: str, *, are_scores: bool = False) -> object:
    """Return what a change makes of the outputs of the call at an address; ``are_scores`` says that they are attention scores.

    Raises:
        ValueError: It has another shape, or another number of tensors.
    """
    keras = import_keras()
    if hasattr(outputs, "with_flat_values"):
        return _changed_ragged(outputs, change, key)
    if not callable(change):
        if keras.tree.is_nested(outputs):
            raise ValueError(f"{address_text(key)!r} returns several tensors; give a function that returns as many.")
        try:
            return keras.ops.broadcast_to(keras.ops.cast(change, outputs.dtype), keras.ops.shape(outputs))
        except Exception as error:
            shape = np.asarray(change).shape
            raise ValueError(
                f"The patch of {address_text(key)!r} has shape {shape}, the layer returns {tuple(outputs.shape)}."
            ) from error
    new = change(outputs, are_scores=are_scores or None) if isinstance(change, Silence) else change(outputs)
    before, after = keras.tree.flatten(outputs), keras.tree.flatten(new)
    if len(before) != len(after):
        raise ValueError(f"The patch of {address_text(key)!r} returned {len(after)} tensors; the layer returns {len(before)}.")
    made = []
    for old, x in zip(before, after, strict=True):
        x = keras.ops.convert_to_tensor(x)
        if not shapes_agree(x.shape, old.shape):
            raise ValueError(
                f"The patch of {address_text(key)!r} returned {tuple(x.shape)}; the layer returns {tuple(old.shape)}."
            )
        made.append(keras.ops.cast(x, old.dtype))
    return keras.tree.pack_sequence_as(outputs, made)


def _changed_ragged(outputs: tf.RaggedTensor, change: object, key: str) -> tf.RaggedTensor:
    """Return what a change makes of a ragged tensor: with the same rows, of the same lengths."""
    import tensorflow as tf

    new = change(outputs) if callable(change) else outputs.with_flat_values(changed(outputs.flat_values, change, key))
    if not isinstance(new, tf.RaggedTensor) or new.flat_values.shape[1:] != outputs.flat_values.shape[1:]:
        shape = tuple(new.shape) if hasattr(new, "shape") else type(new).__name__
        raise ValueError(
            f"The patch of {address_text(key)!r} returned {shape}; the layer returns a ragged {tuple(outputs.shape)}."
        )
    return tf.cast(new, outputs.dtype)
