"""What a gradient is taken by: the floating-point numbers that a value holds, watched by a tape, and their gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kfx.keras_access.importing import import_keras

if TYPE_CHECKING:
    import tensorflow as tf


def watch_values(tape: tf.GradientTape, values: object) -> None:
    """Let a tape watch every floating-point number of some values."""
    tape.watch([inner for x in import_keras().tree.flatten(values) for inner in watched(x)])


def watched(x: Any) -> list[tf.Tensor]:
    """Return the tensor that a gradient by a value is taken by: itself, the numbers of a sparse or ragged one; else nothing."""
    import tensorflow as tf

    found = x.values if isinstance(x, tf.SparseTensor) else x.flat_values if isinstance(x, tf.RaggedTensor) else x
    return [found] if isinstance(found, tf.Tensor) and found.dtype.is_floating else []


def shaped_like(slope: tf.Tensor | None, x: Any) -> Any:
    """Return a gradient in the form of the value it was taken by; entries that a sparse value does not store are 0."""
    import tensorflow as tf

    if slope is None:
        return None
    if isinstance(x, tf.SparseTensor):
        return tf.SparseTensor(x.indices, slope, x.dense_shape)
    return x.with_flat_values(slope) if isinstance(x, tf.RaggedTensor) else slope


def sum_by_example(x: Any) -> Any:
    """Return the sum over all axes but that of the examples."""
    import tensorflow as tf

    x = tf.cast(x, tf.float32)
    if x.shape.rank == 0:
        raise ValueError("`target` returned a single number; expected one for each example, (batch,), or a tensor to sum over.")
    return tf.reduce_sum(x, axis=list(range(1, x.shape.rank)))
