"""The numbers of one layer, as scalars of the graph that is being traced."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kfx.keras_access.importing import import_keras

if TYPE_CHECKING:
    import keras
    import tensorflow as tf


class Update:
    """The update of one step, read from ``optimizer.apply`` while the step is traced.

    Attributes:
        readable: The gradients may be read.
        gradients: By the ``id`` of their variables.
        before: The variables' values before the update, likewise.
        scale: The factor by which a LossScaleOptimizer has multiplied the gradients.
    """

    def __init__(self, *, readable: bool) -> None:
        self.readable = readable
        self.gradients: dict[int, tf.Tensor] = {}
        self.before: dict[int, tf.Tensor] = {}
        self.scale: tf.Tensor | None = None

    def keep(self, optimizer: keras.Optimizer, variables: list[keras.Variable], grads: list[tf.Tensor]) -> None:
        """Keep the gradients, and the weights before the update."""
        import tensorflow as tf

        self.gradients |= {id(v): g for v, g in zip(variables, grads, strict=False) if g is not None}
        self.before |= {id(v): tf.identity(v.value) for v in variables}
        scale = getattr(optimizer, "dynamic_scale", None)
        scale = getattr(optimizer, "loss_scale_factor", None) if scale is None else scale
        self.scale = None if scale is None else tf.identity(tf.convert_to_tensor(scale))


class Squares(NamedTuple):
    """Sums of squares of one variable; None where there is none."""

    gradient: tf.Tensor | None
    weight: tf.Tensor
    moved: tf.Tensor | None
    before: tf.Tensor | None


def squares(variable: keras.Variable, update: Update) -> Squares:
    """Return the sums of squares of a variable's gradient, of the variable, and of its change and itself before the update."""
    import tensorflow as tf

    def total(tensor: tf.Tensor) -> tf.Tensor:
        return tf.reduce_sum(tf.square(tf.cast(tensor, tf.float32)))

    weight = total(variable.value)
    if id(variable) not in update.gradients:
        return Squares(None, weight, None, None)
    gradient, before = None, update.before[id(variable)]
    if update.readable:
        raw = tf.cast(tf.convert_to_tensor(update.gradients[id(variable)]), tf.float32)
        gradient = total(raw if update.scale is None else raw / update.scale)
    moved = tf.cast(variable.value, tf.float32) - tf.cast(before, tf.float32)
    return Squares(gradient, weight, total(moved), total(before))


def norms(found: list[Squares]) -> list[tf.Tensor]:
    """Return the norms of the gradient and the weight, and update ÷ weight, of these variables together; NaN for none."""
    import tensorflow as tf

    def norm(parts: list[tf.Tensor | None]) -> tf.Tensor:
        known = [part for part in parts if part is not None]
        return tf.sqrt(tf.add_n(known)) if known else tf.constant(np.nan, tf.float32)

    gradient, weight = norm([one.gradient for one in found]), norm([one.weight for one in found])
    if all(one.moved is None for one in found):
        return [gradient, weight, tf.constant(np.nan, tf.float32)]
    return [gradient, weight, tf.math.divide_no_nan(norm([one.moved for one in found]), norm([one.before for one in found]))]


def layer_statistics(outputs: list[tf.Tensor], found: list[Squares]) -> list[tf.Tensor]:
    """Return one layer's `STATISTICS` and then its flags, as scalars.

    Args:
        outputs: The tensors that the layer returned.
        found: The sums of squares of its trainable variables.
    """
    import tensorflow as tf

    mean = std = zeros = dead = tf.constant(np.nan, tf.float32)
    bad_weights = bad_gradients = bad_outputs = tf.constant(0.0)
    gradient, weight, ratio = norms(found)
    with_gradient = [one for one in found if one.before is not None]
    if with_gradient:
        bad_weights = _broken(tf.add_n([one.before for one in with_gradient]))
        if with_gradient[0].gradient is not None:
            bad_gradients = _broken(gradient)
    if outputs:
        first = tf.cast(outputs[0], tf.float32)
        axes = list(range(first.shape.rank))
        mean, variance = tf.nn.moments(first, axes)
        std = tf.sqrt(variance)
        zero = tf.cast(tf.equal(first, 0), tf.float32)
        zeros = tf.reduce_mean(zero)
        if first.shape.rank > 1:
            dead = tf.reduce_mean(tf.cast(tf.reduce_min(zero, axes[:-1]) > 0, tf.float32))
        bad_outputs = _broken(tf.add_n([mean, *(tf.reduce_sum(tf.cast(t, tf.float32)) for t in outputs[1:])]))
    return [gradient, weight, ratio, mean, std, zeros, dead, bad_outputs, bad_weights, bad_gradients]


def _broken(total: tf.Tensor) -> tf.Tensor:
    """Return 1.0 where a mean or a sum of squares is not finite: then one of its terms is not (or it is above 1e19)."""
    import tensorflow as tf

    return 1.0 - tf.cast(tf.math.is_finite(total), tf.float32)


def all_finite(tensors: list[tf.Tensor]) -> tf.Tensor:
    """Return True if all values are finite, in one cheap pass: a sum is finite only if all its terms are."""
    import tensorflow as tf

    if not tensors:
        return tf.constant(True)
    return tf.math.is_finite(tf.add_n([tf.reduce_sum(tf.cast(t, tf.float32)) for t in tensors]))


def floats(outputs: object) -> list[tf.Tensor]:
    """Return the tensors of floating-point numbers among a layer's outputs."""
    import tensorflow as tf

    flat = import_keras().tree.flatten(outputs)
    return [t for t in flat if isinstance(t, tf.Tensor) and t.dtype.is_floating and t.shape.rank]
