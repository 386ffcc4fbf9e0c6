"""The exercises of tutorial 10, your own layers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from kfx.exercises import Verdict
from kfx.exercises.answers import attempt, computed, layer_class, same, whole_number
from kfx.exercises.sentences import Sentences
from kfx.keras_access.importing import import_keras

words = Sentences("10")

_AFTER_A_CALL = {
    100 * 8 + 8: "after_a_call.right",
    100 * 8: "after_a_call.all_weights_are_there",
    0: "after_a_call.that_was_before_the",
}


def after_a_call(answer: object) -> Iterator[Verdict]:
    """Check the number of parameters of CustomDense(8) after a batch of 16 examples of 100 numbers."""
    number = yield from whole_number(answer)
    other = "after_a_call.you_let_the_size" if number % 16 == 0 else "after_a_call.not_yet_read_build"
    yield words.verdict(_AFTER_A_CALL.get(number, other))


def scale(answer: object) -> Iterator[Verdict]:
    """Check a layer class whose one weight has an entry for each number of an example, begins at 1 and multiplies."""
    made = yield from layer_class(answer, import_keras().layers.Layer)
    data = np.array([[1, 2, 3], [-4, 0, 5]], "float32")
    with attempt() as failures:
        layer = made()
        first = computed(layer, data)
    yield from failures
    yield from words.require(layer.trainable_weights, "scale.the_layer_has_no")
    sizes = [int(np.prod(weight.shape)) for weight in layer.trainable_weights]
    yield from words.require(sizes == [3], "scale.called_on_examples_of", total=sum(sizes))
    yield from words.require(same(first, data), "scale.before_any_training_the")
    with attempt() as failures:
        layer.set_weights([np.reshape([2, 3, 10], weight.shape) for weight in layer.get_weights()])
        second = computed(layer, data)
    yield from failures
    yield from words.require(same(second, data * [2, 3, 10]), "scale.with_other_weights_the")
    yield words.verdict("scale.right")


def power(answer: object) -> Iterator[Verdict]:
    """Check a layer class with ``exponent=2`` that raises its input and comes back from its config with exponent and name."""
    made = yield from layer_class(answer, import_keras().layers.Layer)
    data = np.array([[1, 2, 3], [4, 5, 6]], "float32")
    with attempt() as failures:
        squares, cubes = computed(made(), data), computed(made(exponent=3), data)
    yield from failures
    yield from words.require(same(squares, data**2), "power.power_should_square_3")
    yield from words.require(same(cubes, data**3), "power.power_squares_but_power")
    with attempt() as failures:
        again = made.from_config(made(exponent=3, name="mine").get_config())
        back = computed(again, data)
    yield from failures
    yield from words.require("get_config" in vars(made), "power.it_works_because_keras")
    yield from words.require(same(back, data**3), "power.made_again_from_its")
    yield from words.require(again.name == "mine", "power.the_exponent_comes_back")
    yield words.verdict("power.right")


CHECKS = {"10.1": after_a_call, "10.2": scale, "10.3": power}
