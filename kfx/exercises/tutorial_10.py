"""The exercises of tutorial 10, your own layers."""

from __future__ import annotations

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


def after_a_call(answer: object) -> Verdict:
    """Check the number of parameters of CustomDense(8) after a batch of 16 examples of 100 numbers."""
    number = whole_number(answer)
    other = "after_a_call.you_let_the_size" if number % 16 == 0 else "after_a_call.not_yet_read_build"
    return words.verdict(_AFTER_A_CALL.get(number, other))


def scale(answer: object) -> Verdict:
    """Check a layer class whose one weight has an entry for each number of an example, begins at 1 and multiplies."""
    made = layer_class(answer, import_keras().layers.Layer)
    data = np.array([[1, 2, 3], [-4, 0, 5]], "float32")
    with attempt():
        layer = made()
        first = computed(layer, data)
    words.require(layer.trainable_weights, "scale.the_layer_has_no")
    sizes = [int(np.prod(weight.shape)) for weight in layer.trainable_weights]
    words.require(sizes == [3], "scale.called_on_examples_of", total=sum(sizes))
    words.require(same(first, data), "scale.before_any_training_the")
    with attempt():
        layer.set_weights([np.reshape([2, 3, 10], weight.shape) for weight in layer.get_weights()])
        second = computed(layer, data)
    words.require(same(second, data * [2, 3, 10]), "scale.with_other_weights_the")
    return words.verdict("scale.right")


def power(answer: object) -> Verdict:
    """Check a layer class with ``exponent=2`` that raises its input and comes back from its config with exponent and name."""
    made = layer_class(answer, import_keras().layers.Layer)
    data = np.array([[1, 2, 3], [4, 5, 6]], "float32")
    with attempt():
        squares, cubes = computed(made(), data), computed(made(exponent=3), data)
    words.require(same(squares, data**2), "power.power_should_square_3")
    words.require(same(cubes, data**3), "power.power_squares_but_power")
    with attempt():
        again = made.from_config(made(exponent=3, name="mine").get_config())
        back = computed(again, data)
    words.require("get_config" in vars(made), "power.it_works_because_keras")
    words.require(same(back, data**3), "power.made_again_from_its")
    words.require(again.name == "mine", "power.the_exponent_comes_back")
    return words.verdict("power.right")


CHECKS = {"10.1": after_a_call, "10.2": scale, "10.3": power}
