"""The exercises of tutorial 12, mixed styles."""

from __future__ import annotations

from typing import Any

import numpy as np

from kfx.exercises import Verdict
from kfx.exercises.answers import attempt, computed, layer_class, same, whole_number
from kfx.exercises.models import calls, end, functional_graph_of, other_name
from kfx.exercises.sentences import Sentences
from kfx.keras_access.importing import import_keras
from kfx.model.walk import children

verdict = Sentences("12")

_STEPS, _WINDOW = 24, 5


def calls_of_a_projection(answer: object) -> Verdict:
    """Check: how often is projection_2 called for 24 steps behind a window of 5?"""
    number = whole_number(answer)
    if isinstance(number, Verdict):
        return number
    if number == _STEPS - _WINDOW + 1:
        return verdict.right("calls_of_a_projection.right")
    if number == _STEPS:
        return verdict.wrong("calls_of_a_projection.that_is_how_many")
    if number in (_STEPS - _WINDOW, _STEPS - _WINDOW + 2):
        return verdict.wrong("calls_of_a_projection.off_by_one_try")
    if number == 8:
        return verdict.wrong("calls_of_a_projection.that_is_the_model")
    return verdict.wrong("calls_of_a_projection.not_yet_first_how")


def dim(answer: object) -> Verdict:
    """A layer class that halves in training and only then."""
    made = layer_class(answer, import_keras().layers.Layer)
    if isinstance(made, Verdict):
        return made
    data = np.array([[2, 4], [6, -8]], "float32")
    with attempt() as tried:
        layer = made()
        plain, calm = computed(layer, data), computed(layer, data, training=False)
        trained = computed(layer, data, training=True)
    if tried.failed:
        return tried.failed
    if same(plain, trained):
        return verdict.wrong("dim.in_training_and_otherwise")
    if not same(trained, data / 2):
        return verdict.wrong("dim.in_training_the_numbers")
    if not (same(plain, data) and same(calm, data)):
        return verdict.wrong("dim.training_is_right_at")
    return verdict.right("dim.right")


def twice(answer: Any) -> Verdict:
    """Input (16, 10, 5), two CustomRNN layers side by side, their average; named twice."""
    graph = functional_graph_of(answer)
    if isinstance(graph, Verdict):
        return graph
    shapes = [tuple(tensor.shape) for tensor in answer.inputs]
    if shapes != [(16, 10, 5)]:
        return verdict.wrong("twice.the_model_should_begin", listed=", ".join(map(str, shapes)))
    last = end(graph, 0)
    if last.type != "Average":
        return verdict.wrong("twice.the_answer_comes_from", type=last.type)
    made = calls(graph)
    feeds = [made[edge.source] for edge in graph.edges if edge.target == last.key]
    own = [call for call in feeds if call.kind in ("model", "opaque") and not call.module.startswith("keras.")]
    if len(feeds) != 2 or len(own) != 2:
        return verdict.wrong("twice.two_customrnn_layers_should", listed=", ".join(call.type for call in feeds))
    if len({call.name for call in own}) == 1:
        return verdict.wrong("twice.one_layer_is_called")
    around = [made[edge.source].kind for edge in graph.edges if edge.target in {call.key for call in own}]
    if set(around) != {"input"}:
        return verdict.wrong("twice.side_by_side_both")
    inner = [call.type for one in own for call in children(graph)[one.key] if call.kind == "model"]
    if inner != ["Functional", "Functional"]:
        return verdict.wrong("twice.both_layers_should_call")
    if other := other_name(graph, "twice"):
        return other
    return verdict.right("twice.right")


CHECKS = {"12.1": calls_of_a_projection, "12.2": dim, "12.3": twice}
