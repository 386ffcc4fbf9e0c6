"""What a model that answers an exercise is made of: its graph, its two ends, its name."""

from __future__ import annotations

from typing import Any

from kfx.errors import KfxError
from kfx.exercises import Verdict
from kfx.exercises.answers import nothing_yet, something_else, wrong
from kfx.keras_access.importing import import_keras
from kfx.model.facts import LayerCall, LayerGraph
from kfx.model.read.model import read_graph
from kfx.model.walk import by_key


def graph_of(answer: Any) -> LayerGraph | Verdict:
    """The graph of an answer that is a model with inputs and outputs, or what to tell a reader who gave something else."""
    if answer is None:
        return nothing_yet("Build the model, put it", "모델을 만들어 None 자리에 쓰고")
    if not isinstance(answer, import_keras().Model):
        return something_else(
            answer, "a Keras model, as keras.Model(inputs, outputs) makes it", "keras.Model(inputs, outputs)로 만든 Keras 모델"
        )
    try:
        graph = read_graph(answer)
    except (TypeError, ValueError, KfxError) as error:
        return wrong(
            f"This exercise asks for a Keras model, and kfx cannot read the answer as one: {error}",
            f"이 연습 문제의 답은 Keras 모델입니다. kfx가 답을 모델로 읽지 못했습니다: {error}",
        )
    if not graph.inputs or not graph.outputs:
        return wrong(
            "The model has no inputs and outputs yet. Begin with keras.Input and end with keras.Model(inputs, outputs).",
            "모델에 아직 입력과 출력이 없습니다. keras.Input으로 시작하고 keras.Model(inputs, outputs)로 끝내십시오.",
        )
    return graph


def functional_graph_of(answer: Any) -> LayerGraph | Verdict:
    """As `graph_of`, for an exercise that wants a graph of layers and not a class."""
    graph = graph_of(answer)
    if isinstance(graph, Verdict) or graph.kind == "exact":
        return graph
    return wrong(
        "This is a class. Build a functional model: begin with keras.Input and end with keras.Model(inputs, outputs).",
        "이것은 클래스입니다. 함수형 모델을 만드십시오. keras.Input으로 시작하고 keras.Model(inputs, outputs)로 끝냅니다.",
    )


def two_models(answer: Any) -> tuple[LayerGraph, LayerGraph] | Verdict:
    """The graphs of an answer that is a list or tuple of two models, or what to tell a reader who gave something else."""
    if answer is None:
        return nothing_yet("Put a list of two models", "None 자리에 모델 두 개의 리스트를 쓰고")
    if not isinstance(answer, list | tuple) or len(answer) != 2:
        return wrong(
            "This exercise asks for two models, written as a list: [first, second].",
            "이 연습 문제의 답은 모델 두 개이며, [첫째, 둘째]처럼 리스트로 씁니다.",
        )
    first, second = map(graph_of, answer)
    return first if isinstance(first, Verdict) else second if isinstance(second, Verdict) else (first, second)


def other_begin(graph: LayerGraph, shapes: list[tuple[int, ...]], english: str, korean: str) -> Verdict | None:
    """What to tell a reader whose model does not begin at inputs of these shapes, batch axis left out, else None."""
    begins = input_shapes(graph)
    if begins == [(None, *shape) for shape in shapes]:
        return None
    return wrong(
        f"The model should begin at {english}; yours begins at {shapes_in_words(begins)}.",
        f"모델은 {korean}에서 시작해야 합니다. 지금은 {shapes_in_words(begins)}에서 시작합니다.",
    )


def other_name(graph: LayerGraph, name: str) -> Verdict | None:
    """What to tell a reader whose model is right and is called something else, else None."""
    if graph.name == name:
        return None
    return wrong(
        f"All is right but the name: the model is called {graph.name[:60]!r}; say its name where you make it.",
        f"이름만 빼고 모두 맞습니다. 모델의 이름이 {graph.name[:60]!r}입니다. 이름은 모델을 만들 때 정합니다.",
    )


def layers_of(model: Any) -> list[Any]:
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
    """Whether a call ends in an activation: its own, or that of the layer it is."""
    return activation in call.settings or call.type.lower() == activation


def shapes_in_words(shapes: list[tuple[int | None, ...]]) -> str:
    """Shapes as a sentence names them, batch axis left out."""
    return ", ".join(str(shape[1:]) for shape in shapes)
