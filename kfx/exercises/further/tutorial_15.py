"""The exercises of tutorial 15, when training goes wrong."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from kfx.exercises import Verdict
from kfx.exercises.answers import attempt
from kfx.exercises.models import end, ends_in, functional_graph_of, output_shapes, require_inputs
from kfx.exercises.sentences import Sentences
from kfx.keras_access.importing import import_keras

if TYPE_CHECKING:
    import keras

words = Sentences("15")

_NEAR = 0.0065  # 1.38 to 1.39, and as many digits more as a reader likes
_OTHERS = {
    "guess.that_is_the_probability": 1 / 4,
    "guess.that_is_of_ten": math.log(10),
    "guess.natural_logarithm": math.log2(4),
    "guess.natural_logarithm_too": math.log10(4),
}
_HIDDEN = 12
_LEAST = 0.01


def guess(answer: Any) -> Iterator[Verdict]:
    """Check the cross-entropy of four classes that get a quarter each, −log(1/4)."""
    is_number = not isinstance(answer, bool | str | bytes) and _as_float(answer) is not None
    yield from words.require_kind(answer, is_number, "guess")
    number = _as_float(answer) or 0.0
    yield from words.require(number >= 0, "guess.a_loss_is_not_negative")
    for key, other in _OTHERS.items():
        yield from words.require(abs(number - other) > _NEAR, key)
    yield from words.require(abs(number - math.log(4)) < _NEAR, "guess.not_yet")
    yield words.verdict("guess.right")


def _as_float(answer: Any) -> float | None:
    try:
        return float(answer)
    except (TypeError, ValueError, OverflowError):
        return None


def largest(answer: Any) -> Iterator[Verdict]:
    """Check a Panel whose ``on_epoch`` returns one number, the largest absolute value among all weights."""
    from kfx.callbacks import Panel

    yield from words.require_answer(answer, "largest.nothing_yet")
    yield from words.require(not isinstance(answer, Panel), "largest.that_is_an_object")
    yield from words.require(isinstance(answer, type) and issubclass(answer, Panel), "largest.a_class_below_panel")
    for weights, key in ((-7.0, "largest.a_negative_one"), (3.0, "largest.a_positive_one"), (None, "largest.a_bias")):
        model = _model_with(weights)
        with attempt() as failures:
            made = answer().on_epoch(SimpleNamespace(model=model), {"loss": 1.0})
        yield from failures
        yield from words.require(isinstance(made, Mapping) and len(made) == 1, "largest.one_number_in_a_dict")
        value = next(iter(made.values()))
        found = None if isinstance(value, bool | str | bytes) else _as_float(value)
        yield from words.require(found is not None, "largest.one_number_in_a_dict")
        expected = max(float(np.abs(one).max()) for one in model.get_weights())
        yield from words.require(found is not None and math.isclose(found, expected, rel_tol=1e-4), key)
    yield words.verdict("largest.right")


def _model_with(weight: float | None) -> keras.Model:
    """Return a small model whose largest weight is this one, in its second kernel, or a bias of −5 for None."""
    keras = import_keras()
    row = keras.Input((3,))
    hidden = keras.layers.Dense(2, kernel_initializer="ones", bias_initializer="zeros")(row)
    model = keras.Model(row, keras.layers.Dense(2, kernel_initializer="ones", bias_initializer="zeros")(hidden))
    weights = model.get_weights()
    if weight is None:
        weights[1][0] = -5.0
    else:
        weights[2][1, 0] = weight
    model.set_weights(weights)
    return model


def mended(answer: Any) -> Iterator[Verdict]:
    """Check twelve hidden dense layers whose first kernel gets a hundredth of the gradient of the last hidden one, or more."""
    graph = yield from functional_graph_of(answer)
    yield from require_inputs(graph, [(28, 28, 1)], words.phrase("mended.begins_at"))
    shapes = output_shapes(graph)
    fits = len(shapes) == 1 and shapes[0] == (None, 10) and ends_in(end(graph, 0), "softmax")
    yield from words.require(fits, "mended.ten_probabilities")
    hidden = [variable for variable in answer.trainable_variables if len(variable.shape) == 2][:-1]
    yield from words.require(len(hidden) >= _HIDDEN, "mended.too_few_layers", count=len(hidden))
    from kfx.datasets import digits

    (images, labels), _ = digits()
    data = images[:64, ..., None].astype("float32") / 255
    with attempt() as failures:
        norms, linear = _kernel_gradients(answer, data, labels[:64]), _is_linear(answer, data)
    yield from failures
    yield from words.require(np.isfinite(norms).all() and norms[-1] > 0, "mended.no_gradient")
    yield from words.require(norms[0] >= _LEAST * norms[-1], "mended.still_vanishes", share=float(norms[0] / norms[-1]))
    yield from words.require(not linear, "mended.it_is_linear")
    yield words.verdict("mended.right")


def _kernel_gradients(model: keras.Model, data: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the norm of the gradient of each hidden kernel in training mode; nothing of the model changes."""
    import tensorflow as tf

    keras = import_keras()
    trained = [tf.convert_to_tensor(variable.value) for variable in model.trainable_variables]
    others = [tf.convert_to_tensor(variable.value) for variable in model.non_trainable_variables]
    with tf.GradientTape() as tape:
        tape.watch(trained)
        predicted, _ = model.stateless_call(trained, others, data, training=True)
        loss = tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(labels, predicted))
    found = tape.gradient(loss, trained, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    return np.array([float(tf.norm(gradient)) for gradient in found if len(gradient.shape) == 2][:-1])


def _is_linear(model: keras.Model, data: np.ndarray) -> bool:
    """Return whether the logits of the mean of two images are the mean of their logits."""
    one, other = data[:32], data[32:64]
    first, second, middle = (_logits(model, images) for images in (one, other, (one + other) / 2))
    spread = np.abs(first - second).max()
    return bool(np.abs(middle - (first + second) / 2).max() < 1e-3 * spread + 1e-6)


def _logits(model: keras.Model, images: np.ndarray) -> np.ndarray:
    found = np.log(np.maximum(np.asarray(model(images, training=False), "float64"), 1e-30))
    return found - found.mean(axis=-1, keepdims=True)


CHECKS = {"15.1": guess, "15.2": largest, "15.3": mended}
