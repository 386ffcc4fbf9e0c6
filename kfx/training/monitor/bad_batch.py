"""Keep the weights and the batch of the step at which a model's outputs stopped being finite, for a second look."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from kfx.keras_access.importing import import_keras

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

Kept: TypeAlias = "tuple[list[tuple[keras.Variable, np.ndarray]], Any]"  # variables with their values, the batch


class BadBatch:
    """The weights and the batch of the first bad step.

    Attributes:
        kept: ``(variable, value)`` pairs and the batch, set once from inside a compiled step; None before.
    """

    def __init__(self) -> None:
        self.kept: Kept | None = None
        self._variables: list[keras.Variable] = []

    def keep_unless(self, fine: tf.Tensor, variables: list[keras.Variable], inputs: object) -> None:
        """Keep the values of these variables and this batch if ``fine`` is false and nothing is kept yet."""
        import tensorflow as tf

        leaves = import_keras().tree.flatten(inputs)
        if not all(isinstance(leaf, tf.Tensor) for leaf in leaves):  # ragged and sparse batches are not kept
            return
        handles = [getattr(v.value, "handle", None) for v in variables]
        if any(handle is None for handle in handles):  # variables of another kind: nothing would wait until they are read
            return
        self._variables = variables
        own = weakref.ref(self)  # TensorFlow keeps for ever what it may call

        def take(*batch: tf.Tensor) -> None:
            mine = own()
            if mine is not None and mine.kept is None:  # the values are read here, so the step itself passes on none of them
                weights = [(v, np.array(v.numpy())) for v in mine._variables]
                mine.kept = weights, import_keras().tree.pack_sequence_as(inputs, batch)

        if tf.executing_eagerly():
            if not bool(fine):
                take(*leaves)
        else:
            _unless(fine, take, leaves, handles)


def _unless(fine: tf.Tensor, do: Any, inputs: list[tf.Tensor], handles: list[tf.Tensor]) -> None:
    """Call ``do`` with the inputs in a compiled step only where ``fine`` is false, before the variables of the handles change.

    An operation that takes the handle of a variable is run between the reads before it and the changes after it. (Control
    dependencies would say the same, but TensorFlow takes half as long again to trace an optimizer with them.)

    Works as ``tf.cond`` without a result, but as one operation: ``tf.cond`` passes every tensor that its branch uses through a
    switch at every step, which costs several per cent of a step of one millisecond.
    """
    import tensorflow as tf

    signature = [tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in [*inputs, *handles]]

    def call(*values: tf.Tensor) -> None:
        tf.py_function(do, values[: len(inputs)], [])

    def made(function: Any) -> Any:
        return tf.function(function, input_signature=signature, autograph=False).get_concrete_function()

    given = [*inputs, *handles]
    tf.raw_ops.If(cond=fine, input=given, Tout=[], then_branch=made(lambda *unused: None), else_branch=made(call))
