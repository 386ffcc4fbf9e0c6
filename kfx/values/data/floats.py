"""Take whole numbers that a model calculates with, such as pixels, for floating-point numbers, which have a gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kfx.keras_access.importing import import_keras
from kfx.model.read.sizes.graph_inputs import expected_inputs
from kfx.values.data.rows import is_sparse
from kfx.values.features import labelled, to_numpy
from kfx.values.tap.program import cached
from kfx.values.tap.proof import TOLERANCE, difference, plain

if TYPE_CHECKING:
    import keras


def as_floats(model: keras.Model, inputs: Any) -> Any:
    """Return inputs with floating-point numbers for whole ones that the model turns into such itself.

    A model with a graph of its own says so by the dtype of its Input layer. Of any other, all whole numbers are turned where
    none of the inputs is a floating-point number yet, and its output stays the same.
    """
    keras = import_keras()
    flat = keras.tree.flatten(inputs)
    expected = expected_inputs(model)
    if expected is not None:
        turned = [_turned(x, want.dtype) for x, want in zip(flat, expected, strict=True)]
        return keras.tree.pack_sequence_as(inputs, turned)
    if any(x is not None and x.dtype.is_floating for x in flat):
        return inputs
    turned = keras.tree.pack_sequence_as(inputs, [_turned(x, keras.config.floatx()) for x in flat])
    return turned if cached(model, (as_floats,), lambda: _same(model, inputs, turned)) else inputs


def with_zeros(slopes: Any, given: Any) -> Any:
    """Return gradients with zeros for inputs that the target does not depend on; None stays for whole numbers and text."""
    import tensorflow as tf

    tree = import_keras().tree
    found = [
        tf.zeros_like(x) if slope is None and isinstance(x, tf.Tensor) and x.dtype.is_floating else slope
        for slope, x in zip(tree.flatten(slopes), tree.flatten(given), strict=True)
    ]
    return tree.pack_sequence_as(given, found)


def _turned(x: Any, dtype: str) -> Any:
    import tensorflow as tf

    whole = x is not None and (x.dtype.is_integer or x.dtype.is_bool)
    if not whole or "float" not in dtype:
        return x
    return tf.sparse.map_values(tf.cast, x, dtype) if is_sparse(x) else tf.cast(x, dtype)


def _same(model: keras.Model, inputs: Any, turned: Any) -> bool:
    """Return whether a model's output is the same for both."""
    run = plain(model, training=False, run_eagerly=True)
    try:
        found = [[x for _, x in labelled("", to_numpy(run(given)))] for given in (inputs, turned)]
    except Exception:  # it does not take floating-point numbers
        return False
    return all(a.dtype == b.dtype and difference(a, b) <= TOLERANCE for a, b in zip(*found, strict=True))
