"""Keep the weights and the batch of the step at which a model's outputs stopped being finite, for a second look."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from kfx.keras_access.importing import import_keras

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

Kept: TypeAlias = "tuple[list[tuple[keras.Variable, tf.Tensor]], Any]"  # variables with their values, the batch


class BadBatch:
    """The weights and the batch of the first bad step.

    Attributes:
        kept: ``(variable, value)`` pairs and the batch, set once from inside a compiled step; None before.
    """

    def __init__(self) -> None:
        self.kept: Kept | None = None

    def keep_unless(self, fine: tf.Tensor, variables: list[keras.Variable], inputs: object) -> None:
        """Keep the values of these variables and this batch if ``fine`` is false and nothing is kept yet."""
        import tensorflow as tf

        leaves = import_keras().tree.flatten(inputs)
        if not all(isinstance(leaf, tf.Tensor) for leaf in leaves):  # ragged and sparse batches are not kept
            return
        own = weakref.ref(self)  # TensorFlow keeps for ever what it may call

        def take(*values: tf.Tensor) -> None:
            mine = own()
            if mine is not None and mine.kept is None:
                weights, batch = values[: len(variables)], values[len(variables) :]
                mine.kept = list(zip(variables, weights, strict=True)), import_keras().tree.pack_sequence_as(inputs, batch)

        def keep() -> None:
            tf.py_function(take, [*(tf.identity(v.value) for v in variables), *leaves], [])

        unless(fine, keep)


def unless(fine: tf.Tensor, do: Callable[[], None]) -> None:
    """Call ``do`` in a compiled step only where ``fine`` is false.

    Works as ``tf.cond`` without a result, but as one operation: ``tf.cond`` passes every tensor that its branch uses through a
    switch at every step, which costs several per cent of a step of one millisecond.
    """
    import tensorflow as tf

    if tf.executing_eagerly():
        if not bool(fine):
            do()
        return
    do_it = tf.function(do, autograph=False).get_concrete_function()
    inputs = do_it.captured_inputs
    signature = [tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in inputs]
    leave_it = tf.function(lambda *unused: None, input_signature=signature, autograph=False).get_concrete_function()
    tf.raw_ops.If(cond=fine, input=inputs, Tout=[], then_branch=leave_it, else_branch=do_it)
