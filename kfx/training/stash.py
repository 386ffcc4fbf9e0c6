"""The weights and the batch of the one step at which a model's outputs stopped being finite, kept for a second look at it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kfx.quiet import import_keras


class Stash:
    """Filled once, inside a compiled step; until then it holds no memory worth mentioning."""

    def __init__(self) -> None:
        self._full: Any = None
        self._weights: dict[int, tuple[Any, Any]] = {}  # id of a variable -> it and its copy
        self._inputs: list[Any] = []
        self._structure: Any = None

    def keep_unless(self, fine: Any, variables: list[Any], inputs: Any) -> None:
        """Keep these variables' values and this batch if ``fine`` is false and nothing is kept yet."""
        import tensorflow as tf

        leaves = import_keras().tree.flatten(inputs)
        if not all(isinstance(leaf, tf.Tensor) for leaf in leaves):  # ragged and sparse batches are not kept
            return
        with tf.init_scope():
            if self._full is None:
                self._full = tf.Variable(False, trainable=False)
            for v in variables:
                if id(v) not in self._weights:
                    self._weights[id(v)] = v, _empty(v.value.dtype)
            while len(self._inputs) < len(leaves):
                self._inputs.append(_empty(leaves[len(self._inputs)].dtype))
        self._structure = inputs
        copies = [self._weights[id(v)][1] for v in variables]

        def keep_first() -> None:
            tf.cond(self._full, tf.no_op, lambda: _group(keep))

        def keep() -> None:
            for v, copy in zip(variables, copies, strict=True):
                copy.assign(v.value)
            for leaf, copy in zip(leaves, self._inputs, strict=True):
                copy.assign(leaf)
            self._full.assign(True)

        unless(fine, keep_first)

    def read(self) -> tuple[list[tuple[Any, Any]], Any] | None:
        """``(variable, value)`` pairs and the batch, or None while nothing is kept."""
        if self._full is None or not bool(self._full.numpy()):
            return None
        weights = [(v, copy.read_value()) for v, copy in self._weights.values()]
        inputs = import_keras().tree.pack_sequence_as(self._structure, [copy.read_value() for copy in self._inputs])
        return weights, inputs


def _empty(dtype: Any) -> Any:
    import tensorflow as tf

    return tf.Variable(tf.zeros([0], dtype), trainable=False, shape=tf.TensorShape(None))


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
    do_it = tf.function(lambda: _nothing(do()), autograph=False).get_concrete_function()
    inputs = do_it.captured_inputs
    signature = [tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in inputs]
    leave_it = tf.function(lambda *unused: None, input_signature=signature, autograph=False).get_concrete_function()
    tf.raw_ops.If(cond=fine, input=inputs, Tout=[], then_branch=leave_it, else_branch=do_it)


def _group(do: Callable[[], None]) -> Any:
    import tensorflow as tf

    do()
    return tf.no_op()


def _nothing(_: None) -> None:
    return None
