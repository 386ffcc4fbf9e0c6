"""The exercises of tutorial 10, your own layers."""

from __future__ import annotations

import numpy as np

from kfx.exercises import Verdict
from kfx.exercises.answers import attempt, computed, layer_class, same, whole_number
from kfx.exercises.sentences import Sentences
from kfx.keras_access.importing import import_keras

verdict = Sentences("10")

_RIGHT = 100 * 8 + 8


def after_a_call(answer: object) -> Verdict:
    """Check: how many parameters has CustomDense(8) after a batch of 16 examples of 100 numbers?"""
    number = whole_number(answer)
    if isinstance(number, Verdict):
        return number
    if number == _RIGHT:
        return verdict.right("after_a_call.right")
    if number == 100 * 8:
        return verdict.wrong("after_a_call.all_weights_are_there")
    if number == 0:
        return verdict.wrong("after_a_call.that_was_before_the")
    if number % 16 == 0:
        return verdict.wrong("after_a_call.you_let_the_size")
    return verdict.wrong("after_a_call.not_yet_read_build")


def scale(answer: object) -> Verdict:
    """A layer class whose one weight has an entry for each number of an example, begins at 1 and multiplies."""
    made = layer_class(answer, import_keras().layers.Layer)
    if isinstance(made, Verdict):
        return made
    data = np.array([[1, 2, 3], [-4, 0, 5]], "float32")
    with attempt() as tried:
        layer = made()
        first = computed(layer, data)
    if tried.failed:
        return tried.failed
    if not layer.trainable_weights:
        return verdict.wrong("scale.the_layer_has_no")
    sizes = [int(np.prod(weight.shape)) for weight in layer.trainable_weights]
    if sizes != [3]:
        return verdict.wrong("scale.called_on_examples_of", total=sum(sizes))
    if not same(first, data):
        return verdict.wrong("scale.before_any_training_the")
    with attempt() as tried:
        layer.set_weights([np.reshape([2, 3, 10], weight.shape) for weight in layer.get_weights()])
        second = computed(layer, data)
    if tried.failed:
        return tried.failed
    if not same(second, data * [2, 3, 10]):
        return verdict.wrong("scale.with_other_weights_the")
    return verdict.right("scale.right")


def power(answer: object) -> Verdict:
    """A layer class with ``exponent=2`` that raises its input and comes back from its config with exponent and name."""
    made = layer_class(answer, import_keras().layers.Layer)
    if isinstance(made, Verdict):
        return made
    data = np.array([[1, 2, 3], [4, 5, 6]], "float32")
    with attempt() as tried:
        squares, cubes = computed(made(), data), computed(made(exponent=3), data)
    if tried.failed:
        return tried.failed
    if not same(squares, data**2):
        return verdict.wrong("power.power_should_square_3")
    if not same(cubes, data**3):
        return verdict.wrong("power.power_squares_but_power")
    with attempt() as tried:
        named = made(exponent=3, name="mine")
        config = named.get_config()
        again = made.from_config(config)
        back = computed(again, data)
    if tried.failed:
        return tried.failed
    if "get_config" not in vars(made):
        return verdict.wrong("power.it_works_because_keras")
    if not same(back, data**3):
        return verdict.wrong("power.made_again_from_its")
    if again.name != "mine":
        return verdict.wrong("power.the_exponent_comes_back")
    return verdict.right("power.right")


CHECKS = {"10.1": after_a_call, "10.2": scale, "10.3": power}
