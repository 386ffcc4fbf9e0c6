"""The parts of a model that answers an exercise: its graph, its two ends, its name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from kfx.errors import KfxError
from kfx.exercises import Read, Verdict
from kfx.exercises.sentences import Sentences
from kfx.keras_access.importing import import_keras
from kfx.model.facts import LayerCall, LayerGraph, Shape
from kfx.model.read.model import read_graph
from kfx.model.walk import by_key

if TYPE_CHECKING:
    import keras

words = Sentences("shared")


def graph_of(answer: Any) -> Read[LayerGraph]:
    """Return the graph of an answer that is a whole model."""
    yield from words.require_kind(answer, isinstance(answer, import_keras().Model), "graph_of")
    reason: Exception | None = None
    try:
        graph = read_graph(answer)
    except (TypeError, ValueError, KfxError) as error:
        reason = error
    yield from words.require(reason is None, "graph_of.this_exercise_asks_for", error=reason)
    yield from words.require(graph.inputs and graph.outputs, "graph_of.the_model_has_no")
    return graph


def functional_graph_of(answer: object) -> Read[LayerGraph]:
    """As `graph_of`, for an exercise that wants a graph of layers and not a class."""
    graph = yield from graph_of(answer)
    yield from words.require(graph.kind == "exact", "functional_graph_of.this_is_a_class")
    return graph


def two_models(answer: Any) -> Read[tuple[LayerGraph, LayerGraph]]:
    """Return the graphs of an answer that is two models."""
    yield from words.require_answer(answer, "two_models.nothing_yet")
    are_two = isinstance(answer, list | tuple) and len(answer) == 2
    yield from words.require(are_two, "two_models.this_exercise_asks_for")
    return (yield from graph_of(answer[0])), (yield from graph_of(answer[1]))


def require_inputs(graph: LayerGraph, shapes: list[tuple[int, ...]], phrase: tuple[str, str]) -> Iterator[Verdict]:
    """Yield a verdict unless the model has inputs of exactly these shapes, batch axis left out; ``phrase`` names them."""
    found, (english, korean) = input_shapes(graph), phrase
    fits = found == [(None, *shape) for shape in shapes]
    given = shapes_in_words(found)
    return words.require(fits, "other_begin.the_model_should_begin", english=english, korean=korean, shapes=given)


def require_name(graph: LayerGraph, name: str) -> Iterator[Verdict]:
    """Yield a verdict on a model that is right but for its name."""
    return words.require(graph.name == name, "other_name.all_is_right_but", name=graph.name[:60])


def layers_of(model: keras.Model) -> list[keras.Layer]:
    """Return the model's own layers that hold or do something: inputs left out."""
    return [layer for layer in model.layers if type(layer).__name__ != "InputLayer"]


def sources(graph: LayerGraph, call: LayerCall) -> list[LayerCall]:
    """Return the calls whose outputs a call reads, once for each tensor."""
    found = by_key(graph)
    return [found[edge.source] for edge in graph.edges if edge.target == call.key]


def weighted_before(graph: LayerGraph, call: LayerCall) -> list[LayerCall]:
    """Return the nearest calls with weights, or inputs, that a call reads: layers without weights between them left out."""
    found: list[LayerCall] = []
    for source in sources(graph, call):
        is_end = source.kind == "input" or source.own_params > 0
        found += [source] if is_end else weighted_before(graph, source)
    return found


def end(graph: LayerGraph, place: int) -> LayerCall:
    """Return the call that makes a graph's output number ``place``."""
    return by_key(graph)[graph.outputs[place][0]]


def input_shapes(graph: LayerGraph) -> list[Shape]:
    """Return the shapes of a graph's inputs, batch axis in front."""
    found = by_key(graph)
    return [found[key].outputs[0].shape or () for key in graph.inputs]


def output_shapes(graph: LayerGraph) -> list[Shape]:
    """Return the shapes of a graph's outputs, batch axis in front."""
    found = by_key(graph)
    return [found[key].outputs[output].shape or () for key, output, _ in graph.outputs]


def ends_in(call: LayerCall, activation: str) -> bool:
    """Return whether a call ends in an activation: its own, or that of the layer it is."""
    return activation in call.settings or call.type.lower() == activation


def shapes_in_words(shapes: list[Shape]) -> str:
    """Return shapes as a sentence names them, batch axis left out."""
    return ", ".join(str(shape[1:]) for shape in shapes)
