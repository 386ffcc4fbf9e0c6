"""The weights and the batch of the one step at which a model's outputs stopped being finite, kept for a second look at it."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from kfx.keras_access.importing import import_keras


class Stash:
    """Filled once, from inside a compiled step; until then it holds nothing."""

    def __init__(self) -> None:
        self._kept: tuple[list[tuple[Any, Any]], Any] | None = None

    def keep_unless(self, fine: Any, variables: list[Any], inputs: Any) -> None:
        """Keep these variables' values and this batch if ``fine`` is false and nothing is kept yet."""
        import tensorflow as tf

        leaves = import_keras().tree.flatten(inputs)
        if not all(isinstance(leaf, tf.Tensor) for leaf in leaves):  # ragged and sparse batches are not kept
            return
        stash = weakref.ref(self)  # TensorFlow keeps what it may call for ever

        def take(*values: Any) -> None:
            mine = stash()
            if mine is not None and mine._kept is None:
                weights, batch = values[: len(variables)], values[len(variables) :]
                mine._kept = list(zip(variables, weights, strict=True)), import_keras().tree.pack_sequence_as(inputs, batch)

        def keep() -> None:
            tf.py_function(take, [*(tf.identity(v.value) for v in variables), *leaves], [])

        unless(fine, keep)

    def read(self) -> tuple[list[tuple[Any, Any]], Any] | None:
        """``(variable, value)`` pairs and the batch, or None while nothing is kept."""
        return self._kept


def unless(fine: Any, do: Callable[[], None]) -> None:
    """Do something in a compiled step only where ``fine`` is false.

    As ``tf.cond`` without a result, but as one operation: what ``tf.cond`` becomes passes every tensor that the branch uses
    through a switch at every step, which costs several per cent of a step of one millisecond.
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
