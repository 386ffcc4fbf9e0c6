"""What the checks of the exercises share: verdicts, whole numbers, and what a model or a layer class is made of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from kfx.errors import KfxError
from kfx.exercises import Verdict
from kfx.features.values import Features
from kfx.graph.facts import LayerCall, LayerGraph
from kfx.graph.read import read_graph
from kfx.graph.walk import by_key

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")  # Keras prints a part of its messages bold


def right(english: str, korean: str) -> Verdict:
    """The answer passes."""
    return Verdict(True, english, korean)


def wrong(english: str, korean: str) -> Verdict:
    """The answer does not pass; the words say what to look at, never the answer."""
    return Verdict(False, english, korean)


def whole_number(answer: Any) -> int | Verdict:
    """The answer as an int, or what to tell a reader who gave something else."""
    if answer is None:
        return wrong(
            "Nothing to check yet. Put a whole number in place of None and run the cell again.",
            "아직 확인할 답이 없습니다. None 자리에 정수를 쓰고 셀을 다시 실행하십시오.",
        )
    if isinstance(answer, bool | str | bytes) or not _is_whole(answer):
        return wrong(
            f"This exercise asks for a whole number, and the answer is of type {type(answer).__name__}.",
            f"이 연습 문제의 답은 정수입니다. 지금 답의 자료형은 {type(answer).__name__}입니다.",
        )
    return int(answer)


def text(answer: Any) -> str | Verdict:
    """The answer as text without spaces around it, or what to tell a reader who gave something else."""
    if answer is None:
        return wrong(
            "Nothing to check yet. Put your text, in quotation marks, in place of None and run the cell again.",
            "아직 확인할 답이 없습니다. None 자리에 따옴표로 감싼 텍스트를 쓰고 셀을 다시 실행하십시오.",
        )
    if not isinstance(answer, str):
        return wrong(
            f"This exercise asks for text in quotation marks, and the answer is of type {type(answer).__name__}.",
            f"이 연습 문제의 답은 따옴표로 감싼 텍스트입니다. 지금 답의 자료형은 {type(answer).__name__}입니다.",
        )
    return answer.strip()


def graph_of(answer: Any) -> LayerGraph | Verdict:
    """The graph of an answer that is a model with inputs and outputs, or what to tell a reader who gave something else."""
    if answer is None:
        return wrong(
            "Nothing to check yet. Build the model, put it in place of None and run the cell again.",
            "아직 확인할 답이 없습니다. 모델을 만들어 None 자리에 쓰고 셀을 다시 실행하십시오.",
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


def two_models(answer: Any) -> tuple[LayerGraph, LayerGraph] | Verdict:
    """The graphs of an answer that is a list or tuple of two models, or what to tell a reader who gave something else."""
    if answer is None:
        return graph_of(None)
    if not isinstance(answer, list | tuple) or len(answer) != 2:
        return wrong(
            "This exercise asks for two models, written as a list: [first, second].",
            "이 연습 문제의 답은 모델 두 개이며, [첫째, 둘째]처럼 리스트로 씁니다.",
        )
    first, second = map(graph_of, answer)
    return first if isinstance(first, Verdict) else second if isinstance(second, Verdict) else (first, second)


def values_at(answer: Any, addresses: list[str]) -> Mapping[str, Any] | Verdict:
    """The answer as values at exactly these addresses, or what to tell a reader who gave something else."""
    if answer is None:
        return wrong(
            "Nothing to check yet. Put a call of kfx.extract in place of None and run the cell again.",
            "아직 확인할 답이 없습니다. None 자리에 kfx.extract 호출을 쓰고 셀을 다시 실행하십시오.",
        )
    if not isinstance(answer, Features):
        return wrong(
            f"This exercise asks for what kfx.extract returns, and the answer is of type {type(answer).__name__}.",
            f"이 연습 문제의 답은 kfx.extract가 돌려주는 것입니다. 지금 답의 자료형은 {type(answer).__name__}입니다.",
        )
    missing = [address for address in addresses if address not in answer]
    if missing:
        return wrong(
            f"There are no values at {', '.join(missing)}. Name the places in the third argument, several as a list.",
            f"{', '.join(missing)}의 값이 없습니다. 세 번째 인수에 그 자리를 쓰십시오. 여럿이면 리스트로 씁니다.",
        )
    if len(answer) > len(addresses):
        return wrong(
            f"The values are there, and {len(answer) - len(addresses)} more that nobody asked for. Name only what you need.",
            f"값은 있지만 묻지 않은 값도 {len(answer) - len(addresses)}개 있습니다. 필요한 자리만 쓰십시오.",
        )
    return answer


def layers_of(model: Any) -> list[Any]:
    """The model's own layers that hold or do something: inputs left out."""
    return [layer for layer in model.layers if type(layer).__name__ != "InputLayer"]


def layer_class(answer: Any, base: type) -> type | Verdict:
    """The answer as a class below ``base``, or what to tell a reader who gave something else."""
    name = f"keras.{'Model' if base.__name__ == 'Model' else 'layers.Layer'}"
    if answer is None:
        return wrong(
            "Nothing to check yet. Write the class, put its name in place of None and run the cell again.",
            "아직 확인할 답이 없습니다. 클래스를 쓰고 그 이름을 None 자리에 넣은 다음 셀을 다시 실행하십시오.",
        )
    if isinstance(answer, base):
        return wrong(
            "That is an object made from a class. Give the class itself: its name, without brackets behind it.",
            "그것은 클래스로 만든 객체입니다. 클래스 자체를 주십시오. 이름만 쓰고 뒤에 괄호를 붙이지 않습니다.",
        )
    if not isinstance(answer, type) or not issubclass(answer, base):
        return wrong(
            f"This exercise asks for a class that begins with class Name({name}).",
            f"이 연습 문제의 답은 class 이름({name})으로 시작하는 클래스입니다.",
        )
    return answer


class attempt:
    """Run a reader's own code: ``with attempt() as tried:``; `failed` is then None or says what it raised.

    Attributes:
        failed: The verdict on code that raised, else None.
    """

    failed: Verdict | None = None

    def __enter__(self) -> attempt:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        if error is None or not isinstance(error, Exception):
            return False
        lines = [line.strip() for line in _COLOUR.sub("", str(error)).splitlines()]
        said = next((line for line in lines if line and not line.startswith("Exception encountered when calling")), "")[:200]
        self.failed = wrong(
            f"Your code stopped with {type(error).__name__}: {said}",
            f"답의 코드가 {type(error).__name__} 오류로 멈추었습니다: {said}",
        )
        return True


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


def _is_whole(answer: Any) -> bool:
    try:
        return int(answer) == answer
    except (TypeError, ValueError, OverflowError):
        return False
