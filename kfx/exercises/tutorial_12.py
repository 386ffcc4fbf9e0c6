"""The exercises of tutorial 12, mixed styles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from kfx.exercises import Verdict
from kfx.exercises.answers import attempt, computed, layer_class, same, whole_number
from kfx.exercises.models import end, functional_graph_of, require_name, sources
from kfx.exercises.sentences import Sentences
from kfx.keras_access.importing import import_keras
from kfx.model.walk import children

words = Sentences("12")

_CALLS_OF_A_PROJECTION = {  # 24 steps, a window of 5
    24 - 5 + 1: "calls_of_a_projection.right",
    24: "calls_of_a_projection.that_is_how_many",
    **dict.fromkeys((24 - 5, 24 - 5 + 2), "calls_of_a_projection.off_by_one_try"),
    8: "calls_of_a_projection.that_is_the_model",
}


def calls_of_a_projection(answer: object) -> Iterator[Verdict]:
    """Check the number of calls of projection_2 for 24 steps behind a window of 5."""
    number = yield from whole_number(answer)
    yield words.verdict(_CALLS_OF_A_PROJECTION.get(number, "calls_of_a_projection.not_yet_first_how"))


def dim(answer: object) -> Iterator[Verdict]:
    """Check a layer class that halves in training and only then."""
    made = yield from layer_class(answer, import_keras().layers.Layer)
    data = np.array([[2, 4], [6, -8]], "float32")
    with attempt() as failures:
        layer = made()
        plain, calm = computed(layer, data), computed(layer, data, training=False)
        trained = computed(layer, data, training=True)
    yield from failures
    yield from words.require(not same(plain, trained), "dim.in_training_and_otherwise")
    yield from words.require(same(trained, data / 2), "dim.in_training_the_numbers")
    yield from words.require(same(plain, data) and same(calm, data), "dim.training_is_right_at")
    yield words.verdict("dim.right")


def twice(answer: Any) -> Iterator[Verdict]:
    """Check Input (16, 10, 5), two CustomRNN layers side by side, their average; named twice."""
    graph = yield from functional_graph_of(answer)
    shapes = [tuple(tensor.shape) for tensor in answer.inputs]
    yield from words.require(shapes == [(16, 10, 5)], "twice.the_model_should_begin", listed=", ".join(map(str, shapes)))
    last = end(graph, 0)
    yield from words.require(last.type == "Average", "twice.the_answer_comes_from", type=last.type)
    feeds = sources(graph, last)
    own = [call for call in feeds if call.kind in ("model", "opaque") and not call.module.startswith("keras.")]
    listed = ", ".join(call.type for call in feeds)
    yield from words.require(len(feeds) == len(own) == 2, "twice.two_customrnn_layers_should", listed=listed)
    yield from words.require(len({call.name for call in own}) == 2, "twice.one_layer_is_called")
    around = {source.kind for call in own for source in sources(graph, call)}
    yield from words.require(around == {"input"}, "twice.side_by_side_both")
    inner = [call.type for one in own for call in children(graph)[one.key] if call.kind == "model"]
    yield from words.require(inner == ["Functional", "Functional"], "twice.both_layers_should_call")
    yield from require_name(graph, "twice")
    yield words.verdict("twice.right")


CHECKS = {"12.1": calls_of_a_projection, "12.2": dim, "12.3": twice}
