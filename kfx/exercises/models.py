"""The parts of a model that answers an exercise: its graph, its two ends, its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kfx.errors import KfxError
from kfx.exercises import Verdict
from kfx.exercises.sentences import Sentences
from kfx.keras_access.importing import import_keras
from kfx.model.facts import LayerCall, LayerGraph
from kfx.model.read.model import read_graph
from kfx.model.walk import by_key

if TYPE_CHECKING:
    import keras

verdict = Sentences("shared")


def graph_of(answer: object) -> LayerGraph | Verdict:
    """Return the graph of an answer that is a whole model, or a verdict on an answer that is something else."""
    if answer is None:
        return verdict.nothing_yet("graph_of.nothing_yet")
    if not isinstance(answer, import_keras().Model):
        return verdict.something_else(answer, "graph_of.expected")
    try:
        graph = read_graph(answer)
    except (TypeError, ValueError, KfxError) as error:
        return verdict.wrong("graph_of.this_exercise_asks_for", error=error)
    if not graph.inputs or not graph.outputs:
        return verdict.wrong("graph_of.the_model_has_no")
    return graph


def functional_graph_of(answer: object) -> LayerGraph | Verdict:
    """As `graph_of`, for an exercise that wants a graph of layers and not a class."""
    graph = graph_of(answer)
    if isinstance(graph, Verdict) or graph.kind == "exact":
        return graph
    return verdict.wrong("functional_graph_of.this_is_a_class")


def two_models(answer: object) -> tuple[LayerGraph, LayerGraph] | Verdict:
    """Return the graphs of an answer that is two models, or a verdict on an answer that is something else."""
    if answer is None:
        return verdict.nothing_yet("two_models.nothing_yet")
    if not isinstance(answer, list | tuple) or len(answer) != 2:
        return verdict.wrong("two_models.this_exercise_asks_for")
    first, second = map(graph_of, answer)
    return first if isinstance(first, Verdict) else second if isinstance(second, Verdict) else (first, second)


def other_begin(graph: LayerGraph, shapes: list[tuple[int, ...]], phrase: tuple[str, str]) -> Verdict | None:
    """Return a verdict on a model that does not begin at inputs of these shapes (batch axis left out), else None."""
    begins = input_shapes(graph)
    if begins == [(None, *shape) for shape in shapes]:
        return None
    english, korean = phrase
    return verdict.wrong("other_begin.the_model_should_begin", english=english, korean=korean, shapes=shapes_in_words(begins))


def other_name(graph: LayerGraph, name: str) -> Verdict | None:
    """Return a verdict on a model that is right but for its name, else None."""
    if graph.name == name:
        return None
    return verdict.wrong("other_name.all_is_right_but", name=graph.name[:60])


def layers_of(model: keras.Model) -> list[keras.Layer]:
    """The model's own layers that hold or do something: inputs left out."""
    return [layer for layer in model.layers if type(layer).__name__ != "InputLayer"]


def calls(graph: LayerGraph) -> dict[str, LayerCall]:
    """A graph's calls by key."""
    return by_key(graph)


def end(graph: LayerGraph, place: int) -> LayerCall:
    """The call that makes a graph's output number ``place``."""
    return calls(graph)[graph.outputs[place][0]]


def output_shape(graph: LayerGraph, place: int) -> tuple[int | None, ...]:
    """The shape of a graph's output number ``place``, batch axis in front."""
    key, output, _ = graph.outputs[place]
    return calls(graph)[key].outputs[output].shape or ()


def input_shapes(graph: LayerGraph) -> list[tuple[int | None, ...]]:
    """The shapes of a graph's inputs, batch axis in front."""
    found = calls(graph)
    return [found[key].outputs[0].shape or () for key in graph.inputs]


def ends_in(call: LayerCall, activation: str) -> bool:
    """Return whether a call ends in an activation: its own, or that of the layer it is."""
    return activation in call.settings or call.type.lower() == activation


def shapes_in_words(shapes: list[tuple[int | None, ...]]) -> str:
    """Shapes as a sentence names them, batch axis left out."""
    return ", ".join(str(shape[1:]) for shape in shapes)
