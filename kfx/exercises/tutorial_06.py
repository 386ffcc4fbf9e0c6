"""The exercises of tutorial 06, several inputs and outputs."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import Any

from kfx.exercises import Verdict
from kfx.exercises.answers import nothing_yet, right, something_else, whole_number, wrong
from kfx.exercises.models import calls, end, ends_in, graph_of, output_shape
from kfx.model.facts import LayerGraph

_WIDE = 64 + 32 + 20  # title, body, tags
_AS_IT_IS = 128 + 32 + 12
_HUGE = 1e300
_OUTPUTS = ("priority", "department")


def other_widths(answer: Any) -> Verdict:
    """How many parameters has a Dense of one unit on 64 + 32 + 20 numbers?"""
    number = whole_number(answer)
    if isinstance(number, Verdict):
        return number
    if number == _WIDE + 1:
        return right(
            "Right: a weight for each number that arrives from the three branches, and one bias.",
            "맞습니다. 세 갈래에서 들어오는 수마다 가중치가 하나씩 있고, 편향이 하나 있습니다.",
        )
    if number == _WIDE:
        return wrong("The weights are right. What else does a unit have?", "가중치는 맞습니다. 유닛에는 무엇이 더 있습니까?")
    if number == _AS_IT_IS + 1:
        return wrong(
            "That is the layer as it is now. Two of the three widths that meet in together would change.",
            "그것은 지금 그대로의 층입니다. together에서 만나는 세 너비 가운데 둘이 달라집니다.",
        )
    if number == 4 * (_WIDE + 1):
        return wrong(
            "That is the department, which has four units. How many has the priority?",
            "그것은 유닛이 네 개인 department입니다. priority의 유닛은 몇 개입니까?",
        )
    if number == 64 + 32 + 1:
        return wrong(
            "You counted the two texts. What else goes into together?",
            "두 텍스트만 세었습니다. together에는 무엇이 더 들어갑니까?",
        )
    return wrong(
        "Not yet. Find out how many numbers leave together, then count one unit's weights and its bias.",
        "아직 아닙니다. together에서 나오는 수의 개수를 먼저 찾고, 유닛 하나의 가중치와 편향을 세어 보십시오.",
    )


def five_times(answer: Any) -> Verdict:
    """A dict with ``department`` five times ``priority``."""
    if answer is None:
        return nothing_yet("Put a dictionary", "None 자리에 딕셔너리를 쓰고")
    if not isinstance(answer, Mapping):
        return something_else(answer, "a dictionary, {name: weight, ...}", "{이름: 가중치, ...} 형태의 딕셔너리")
    if set(answer) != set(_OUTPUTS):
        return wrong(
            f"The dictionary should name the model's two outputs; it names {_listed(answer)}.",
            f"딕셔너리에는 모델의 두 출력의 이름이 있어야 합니다. 지금은 {_listed(answer)}입니다.",
        )
    one, other = (answer[name] for name in _OUTPUTS)
    if not all(isinstance(weight, Real) and not isinstance(weight, bool) and 0 < weight < _HUGE for weight in (one, other)):
        return wrong(
            "Each weight should be a finite number above 0: an output with the weight 0 would not be learned at all.",
            "가중치는 저마다 0보다 큰 유한한 수여야 합니다. 가중치가 0인 출력은 전혀 배우지 않습니다.",
        )
    share = float(other) / float(one)
    if abs(share - 1 / 5) < 1e-6:
        return wrong(
            "The other way round: with these it is the priority that counts five times as much.",
            "반대입니다. 지금은 priority가 다섯 배로 중요합니다.",
        )
    if abs(share - 5) > 1e-6:
        return wrong(
            f"The names are right. The weight of the department is now {share:.3g} times that of the priority.",
            f"이름은 맞습니다. 지금 department의 가중치는 priority의 {share:.3g}배입니다.",
        )
    return right(
        "Right. Only how the weights compare decides which output matters more; all of them twice as large would act like a "
        "larger loss.",
        "맞습니다. 어느 출력이 더 중요한지는 가중치끼리의 비로만 정해집니다. 모두 두 배로 하면 손실이 커질 뿐입니다.",
    )


def review(answer: Any) -> Verdict:
    """Inputs words (open length) and stars (5), outputs helpful (1 sigmoid) and topic (3 softmax), each from both inputs."""
    graph = graph_of(answer)
    if isinstance(graph, Verdict):
        return graph
    begins = {calls(graph)[key].name: calls(graph)[key].outputs[0].shape for key in graph.inputs}
    if set(begins) != {"words", "stars"}:
        return wrong(
            f"The model should have the inputs words and stars; its inputs are {_listed(begins)}.",
            f"모델의 입력은 words와 stars여야 합니다. 지금 입력은 {_listed(begins)}입니다.",
        )
    for name, shape, say in (("words", (None, None), "(None,)"), ("stars", (None, 5), "(5,)")):
        if begins[name] != shape:
            return wrong(
                f"The input {name} should have shape={say}; without the batch axis its shape is {begins[name][1:]}.",
                f"입력 {name}은 shape={say}여야 합니다. 배치 축을 뺀 지금의 형상은 {begins[name][1:]}입니다.",
            )
    ends = {end(graph, place).name: place for place in range(len(graph.outputs))}
    if set(ends) != {"helpful", "topic"}:
        return wrong(
            f"The layers that make the outputs should be named helpful and topic; they are named {_listed(ends)}.",
            f"출력을 만드는 층의 이름은 helpful과 topic이어야 합니다. 지금은 {_listed(ends)}입니다.",
        )
    for name, units, activation in (("helpful", 1, "sigmoid"), ("topic", 3, "softmax")):
        call, shape = end(graph, ends[name]), output_shape(graph, ends[name])
        if shape != (None, units) or not ends_in(call, activation):
            said = "one unit" if units == 1 else f"{units} units"
            return wrong(
                f"The output {name} should have {said} and end in {activation}; its shape is now {shape}.",
                f"출력 {name}은 유닛이 {units}개이고 {activation}로 끝나야 합니다. 지금의 형상은 {shape}입니다.",
            )
        missing = [key for key in graph.inputs if key not in _before(graph, call.key)]
        if missing:
            unread = calls(graph)[missing[0]].name
            return wrong(
                f"The output {name} does not depend on the input {unread}. Let both meet, e.g. in layers.concatenate.",
                f"출력 {name}은 입력 {unread}과 이어져 있지 않습니다. layers.concatenate 같은 층에서 둘을 만나게 하십시오.",
            )
    return right(
        "Right: two inputs meet, and two outputs read what they have in common.",
        "맞습니다. 두 입력이 만나고, 두 출력이 함께 모은 것을 읽습니다.",
    )


def _before(graph: LayerGraph, key: str) -> set[str]:
    """All calls that a call depends on."""
    found, ahead = set(), [key]
    while ahead:
        here = ahead.pop()
        more = {edge.source for edge in graph.edges if edge.target == here} - found
        found |= more
        ahead += more
    return found


def _listed(names: Any) -> str:
    return ", ".join(sorted(str(name)[:40] for name in names)) or "–"


CHECKS = {"06.1": other_widths, "06.2": five_times, "06.3": review}
