"""Read attributes of Keras's layers and tensors that have no public name and do not concern the graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kfx.keras_access.internals import global_state

if TYPE_CHECKING:
    import keras
    import tensorflow as tf
    from keras.src.ops.node import Node as Node  # the type of a call in a graph, which has no public name


def takes_training(layer: keras.Layer) -> bool:
    """Return whether a layer's ``call`` takes ``training``."""
    return bool(getattr(layer, "_call_has_training_arg", True))


def training_in_call() -> object:
    """Return the ``training`` of the layer that is being called: given, else of the layer around, else the default; or None."""
    state = global_state()
    context = None if state is None else state.get_global_attribute("current_call_ctx")
    return getattr(context, "training", None)


def own_trainable_variables(layer: keras.Operation) -> list[keras.Variable]:
    """Return the trainable variables that a layer holds itself, without those of the layers inside it."""
    return list(getattr(layer, "_trainable_variables", ()))


def attention_axes(layer: keras.Layer, rank: int) -> tuple[int, ...]:
    """Return the axes that an attention layer attends over, for a query of ``rank`` axes."""
    return tuple(getattr(layer, "_attention_axes", None) or range(1, rank - 1))


def attention_has_bias(layer: keras.Layer) -> bool:
    """Return whether the projections of an attention layer add a bias."""
    return bool(layer._use_bias)


def copy_mask(source: tf.Tensor, target: tf.Tensor) -> None:
    """Give one tensor the mask that Keras keeps with another."""
    mask = getattr(source, "_keras_mask", None)
    if mask is not None:
        target._keras_mask = mask
