"""Run code in which the outputs of operations are replaced where TensorFlow heeds that: in a graph, without a gradient tape.

While operations run one by one, TensorFlow ignores what an op callback returns; and a tape that records while a graph is made
takes the gradient of the operation for that of its replacement. Both are right if the code becomes a function of its own: its
gradient is that of its graph.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kfx.keras_access.importing import import_keras
from kfx.keras_access.layers import copy_mask, mask_of

if TYPE_CHECKING:
    import tensorflow as tf


def replacing_works() -> bool:
    """Return whether outputs of operations that are made now can be replaced."""
    import tensorflow as tf
    from tensorflow.python.eager import record

    return not tf.executing_eagerly() and not record.could_possibly_record()


def in_a_graph(run: Callable[[], object]) -> object:
    """Return what code returns, run as a function of TensorFlow's that is made for this call."""
    import tensorflow as tf

    tree = import_keras().tree

    def traced() -> tuple[Any, Any]:
        outputs = run()
        return outputs, [mask_of(x) for x in tree.flatten(outputs)]

    outputs, masks = tf.function(traced, autograph=False)()
    for x, mask in zip(tree.flatten(outputs), masks, strict=True):
        if mask is not None:
            x._keras_mask = mask
    return outputs


def copied(x: tf.Tensor) -> tf.Tensor:
    """Return a tensor of its own with the same values and mask."""
    import tensorflow as tf

    copy = tf.identity(x)
    copy_mask(x, copy)
    return copy
