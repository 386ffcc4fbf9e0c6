"""The exercises of tutorial 03, save and restore."""

from __future__ import annotations

from collections.abc import Iterator
from os.path import isfile
from pathlib import Path
from typing import Any

import numpy as np

from kfx.exercises import Verdict
from kfx.exercises.answers import attempt, whole_number
from kfx.exercises.models import require_name, two_models
from kfx.exercises.sentences import Sentences
from kfx.keras_access.importing import import_keras

words = Sentences("03")

_STEPS = 4_000 // 50  # of one epoch
_STEPS_IN_ALL = {
    5 * _STEPS: "steps_in_all.right",
    3 * _STEPS: "steps_in_all.that_is_what_stands",
    2 * _STEPS: "steps_in_all.that_would_be_so",
    5: "steps_in_all.those_are_epochs_how",
}


def steps_in_all(answer: object) -> Iterator[Verdict]:
    """Check the optimizer's count after 3 epochs, a save, a load and 2 more epochs of 80 steps each."""
    number = yield from whole_number(answer)
    yield words.verdict(_STEPS_IN_ALL.get(number, "steps_in_all.not_yet_first_find"))


def file_to_go_on(answer: Any) -> Iterator[Verdict]:
    """Check the name of a file with a whole model, 784 numbers to one, compiled with SGD and trained for a step or more."""
    yield from words.require_kind(answer, isinstance(answer, str | Path), "file_to_go_on")
    path = Path(answer)
    yield from words.require(not path.name.endswith(".weights.h5"), "file_to_go_on.such_a_file_holds")
    there = isfile(path)  # False where a name is too long to be one
    yield from words.require(there, "file_to_go_on.there_is_no_file", name=path.name[:60])
    with attempt() as failures:
        model = import_keras().models.load_model(path)
        begins, ends = model.input_shape, model.output_shape
    yield from failures
    fits = begins == (None, 784) and ends == (None, 1)
    yield from words.require(fits, "can_go_on.the_model_in_the", begins=begins, ends=ends)
    optimizer: Any = getattr(model, "optimizer", None)
    yield from words.require(optimizer is not None, "can_go_on.the_file_holds_a")
    kind, steps = type(optimizer).__name__, int(optimizer.iterations)
    yield from words.require(kind == "SGD", "can_go_on.the_optimizer_in_the", optimizer=kind)
    yield from words.require(steps > 0, "can_go_on.the_optimizer_in_the_file_has")
    yield words.verdict("can_go_on.right", steps=steps)


def twin(answer: Any) -> Iterator[Verdict]:
    """Check two models with equal layers and weights that share neither; the second is called twin."""
    graphs = yield from two_models(answer)
    first, second = answer
    yield from words.require(first is not second, "twin.that_is_one_model")
    shared = {id(weight) for weight in first.weights} & {id(weight) for weight in second.weights}
    yield from words.require(not shared, "twin.the_two_are_made")
    kinds = [[(call.type, call.settings) for call in graph.calls] for graph in graphs]
    shapes = [[tuple(weight.shape) for weight in model.weights] for model in (first, second)]
    yield from words.require(kinds[0] == kinds[1] and shapes[0] == shapes[1], "twin.the_two_do_not")
    equal = all(map(np.array_equal, first.get_weights(), second.get_weights()))
    yield from words.require(equal, "twin.the_layers_are_the")
    yield from words.require(not first.name == "twin" != second.name, "twin.the_two_are_twins")
    yield from require_name(graphs[1], "twin")
    yield words.verdict("twin.right")


CHECKS = {"03.1": steps_in_all, "03.2": file_to_go_on, "03.3": twin}
