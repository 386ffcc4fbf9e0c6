"""The exercises of tutorial 03, save and restore."""

from __future__ import annotations

from os.path import isfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kfx.exercises import Verdict
from kfx.exercises.answers import attempt, whole_number
from kfx.exercises.models import other_name, two_models
from kfx.exercises.sentences import Sentences
from kfx.keras_access.importing import import_keras
from kfx.model.facts import Shape

if TYPE_CHECKING:
    import keras

verdict = Sentences("03")

_STEPS = 4_000 // 50  # of one epoch


def steps_in_all(answer: object) -> Verdict:
    """Check: what does the optimizer's count say after 3 epochs, a save, a load and 2 more epochs of 80 steps each?"""
    number = whole_number(answer)
    if isinstance(number, Verdict):
        return number
    if number == 5 * _STEPS:
        return verdict.right("steps_in_all.right")
    if number == 3 * _STEPS:
        return verdict.wrong("steps_in_all.that_is_what_stands")
    if number == 2 * _STEPS:
        return verdict.wrong("steps_in_all.that_would_be_so")
    if number == 5:
        return verdict.wrong("steps_in_all.those_are_epochs_how")
    return verdict.wrong("steps_in_all.not_yet_first_find")


def file_to_go_on(answer: object) -> Verdict:
    """The name of a file with a whole model, 784 numbers to one, compiled with SGD and trained for a step or more."""
    if answer is None:
        return verdict.nothing_yet("file_to_go_on.nothing_yet")
    if not isinstance(answer, str | Path):
        return verdict.something_else(answer, "file_to_go_on.expected")
    path = Path(answer)
    if path.name.endswith(".weights.h5"):
        return verdict.wrong("file_to_go_on.such_a_file_holds")
    if not isfile(path):  # False where a name is too long to be one
        return verdict.wrong("file_to_go_on.there_is_no_file", name=path.name[:60])
    with attempt() as tried:
        model = import_keras().models.load_model(path)
        ends = model.input_shape, model.output_shape
    return tried.failed or _can_go_on(model, *ends)


def _can_go_on(model: keras.Model, begins: Shape, ends: Shape) -> Verdict:
    if begins != (None, 784) or ends != (None, 1):
        return verdict.wrong("can_go_on.the_model_in_the", begins=begins, ends=ends)
    optimizer = getattr(model, "optimizer", None)
    if optimizer is None:
        return verdict.wrong("can_go_on.the_file_holds_a")
    if type(optimizer).__name__ != "SGD":
        return verdict.wrong("can_go_on.the_optimizer_in_the", optimizer=type(optimizer).__name__)
    if int(optimizer.iterations) == 0:
        return verdict.wrong("can_go_on.the_optimizer_in_the_file_has")
    return verdict.right("can_go_on.right", steps=int(optimizer.iterations))


def twin(answer: Any) -> Verdict:
    """Two models with equal layers and weights that share neither; the second is called twin."""
    graphs = two_models(answer)
    if isinstance(graphs, Verdict):
        return graphs
    first, second = answer
    if first is second:
        return verdict.wrong("twin.that_is_one_model")
    if {id(weight) for weight in first.weights} & {id(weight) for weight in second.weights}:
        return verdict.wrong("twin.the_two_are_made")
    kinds = [[(call.type, call.settings) for call in graph.calls] for graph in graphs]
    shapes = [[tuple(weight.shape) for weight in model.weights] for model in (first, second)]
    if kinds[0] != kinds[1] or shapes[0] != shapes[1]:
        return verdict.wrong("twin.the_two_do_not")
    pairs = zip(first.get_weights(), second.get_weights(), strict=True)
    if not all(np.array_equal(one, other) for one, other in pairs):
        return verdict.wrong("twin.the_layers_are_the")
    if first.name == "twin" != second.name:
        return verdict.wrong("twin.the_two_are_twins")
    if other := other_name(graphs[1], "twin"):
        return other
    return verdict.right("twin.right")


CHECKS = {"03.1": steps_in_all, "03.2": file_to_go_on, "03.3": twin}
