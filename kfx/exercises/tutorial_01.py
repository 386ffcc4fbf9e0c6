"""The exercises of tutorial 01, a graph of layers."""

from __future__ import annotations

from typing import Any

from kfx.exercises import Verdict
from kfx.exercises.answers import right, whole_number, wrong
from kfx.exercises.models import calls, end, ends_in, graph_of, other_begin, other_name, output_shape, shapes_in_words

_PRESENT = 784 * 64 + 64 + 64 * 64 + 64 + 64 * 10 + 10  # the model of the tutorial
_WIDER = 784 * 128 + 128 + 128 * 64 + 64 + 64 * 10 + 10
_NO_BIASES = 784 * 128 + 128 * 64 + 64 * 10
_FIRST_ONLY = _PRESENT + 64 * 784 + 64  # the first layer doubled, the second left as it was


def wider(answer: Any) -> Verdict:
    """How many parameters has the model when its first Dense layer has 128 units?"""
    number = whole_number(answer)
    if isinstance(number, Verdict):
        return number
    if number == _WIDER:
        return right(
            "Right: the first layer doubles, and the second one grows as well, because it now receives twice as many numbers.",
            "맞습니다. 첫 번째 층이 두 배가 되고, 두 배 많은 수를 입력으로 받는 두 번째 층도 함께 커집니다.",
        )
    if number == _PRESENT:
        return wrong(
            "That is the model as it stands now. What changes in a layer when its number of units doubles?",
            "그것은 지금 모델의 파라미터 수입니다. 유닛 수가 두 배가 되면 그 층에서 무엇이 바뀝니까?",
        )
    if number == _FIRST_ONLY:
        return wrong(
            "The first layer is right. Now look at the layer behind it: how many numbers does it receive?",
            "첫 번째 층은 맞습니다. 이제 그 뒤의 층을 보십시오. 몇 개의 수를 입력으로 받습니까?",
        )
    if number == _NO_BIASES:
        return wrong(
            "All weights are there, but something is missing: each unit also adds a number of its own, its bias.",
            "가중치는 모두 있지만 빠진 것이 있습니다. 각 유닛은 자기만의 수인 편향도 하나씩 더합니다.",
        )
    return wrong(
        "Not yet. A Dense layer holds one weight for each pair of input and unit, and one bias for each unit. "
        "Work it out for each of the three layers, then add.",
        "아직 아닙니다. Dense 층에는 입력과 유닛의 쌍마다 가중치가 하나씩, 유닛마다 편향이 하나씩 있습니다. "
        "세 층을 각각 계산한 다음 더하십시오.",
    )


def image_model(answer: Any) -> Verdict:
    """A model named image_model from an image (32, 32, 3) through Flatten to Dense 10 softmax."""
    graph = graph_of(answer)
    if isinstance(graph, Verdict):
        return graph
    made = calls(graph)
    if other := other_begin(graph, [(32, 32, 3)], "one image of shape (32, 32, 3)", "형상이 (32, 32, 3)인 이미지 하나"):
        return other
    if not any(call.type in ("Flatten", "Reshape") for call in made.values()):
        return wrong(
            "A Dense layer reads rows of numbers, and an image is a box of them. Which layer lays the box out flat?",
            "Dense 층은 한 줄로 늘어선 수를 읽는데 이미지는 수가 담긴 상자입니다. 이 상자를 한 줄로 펴는 층은 무엇입니까?",
        )
    if [output_shape(graph, k) for k in range(len(graph.outputs))] != [(None, 10)]:
        return wrong(
            "The model should end in ten numbers for each image. Look at the output's shape in the summary: what is it now?",
            "모델은 이미지마다 열 개의 수로 끝나야 합니다. 요약에서 출력의 형상을 보십시오. 지금은 무엇입니까?",
        )
    if not ends_in(end(graph, 0), "softmax"):
        return wrong(
            "Ten numbers come out, but nothing makes them probabilities. Which activation did the last layer above have?",
            "열 개의 수가 나오지만 아직 확률이 아닙니다. 위 모델의 마지막 층은 어떤 활성화 함수를 썼습니까?",
        )
    if other := other_name(graph, "image_model"):
        return other
    return right(
        "Right: an image goes in, and ten probabilities come out.",
        "맞습니다. 이미지가 들어가고 열 개의 확률이 나옵니다.",
    )


def two_answers(answer: Any) -> Verdict:
    """One Input(784), one hidden Dense layer, and two outputs that both read it: Dense 10 softmax and Dense 1 sigmoid."""
    graph = graph_of(answer)
    if isinstance(graph, Verdict):
        return graph
    if other := other_begin(graph, [(784,)], "one input of 784 numbers", "784개의 수를 받는 입력 하나"):
        return other
    if len(graph.outputs) != 2:
        return wrong(
            f"The model should have two outputs; yours has {len(graph.outputs)}. Model takes a list where there are several.",
            f"모델의 출력은 두 개여야 합니다. 지금은 {len(graph.outputs)}개입니다. 출력이 여럿이면 Model에 리스트로 줍니다.",
        )
    shapes = {output_shape(graph, 0), output_shape(graph, 1)}
    if shapes != {(None, 10), (None, 1)}:
        found = shapes_in_words(sorted(shapes, key=str))
        return wrong(
            f"One output should hold ten numbers and the other a single one; yours hold {found}.",
            f"한 출력은 수 열 개, 다른 출력은 수 하나여야 합니다. 지금은 {found}입니다.",
        )
    ends = {output_shape(graph, k)[-1]: end(graph, k) for k in (0, 1)}
    if not ends_in(ends[10], "softmax") or not ends_in(ends[1], "sigmoid"):
        return wrong(
            "The shapes are right. Look at the activations: softmax shares one certainty among ten answers, "
            "sigmoid gives a single yes or no.",
            "형상은 맞습니다. 활성화 함수를 보십시오. softmax는 확률을 열 개의 답에 나누고, sigmoid는 예나 아니요를 답합니다.",
        )
    feeds = [{edge.source for edge in graph.edges if edge.target == end.key} for end in ends.values()]
    if feeds[0] != feeds[1]:
        return wrong(
            "Both outputs are there, but they do not start from the same arrow. Draw the plot: where does the graph part?",
            "두 출력이 모두 있지만 같은 화살표에서 갈라지지 않습니다. 그래프를 그려 보십시오. 어디에서 갈라집니까?",
        )
    hidden = calls(graph)[next(iter(feeds[0]))]
    if hidden.kind == "input":
        return wrong(
            "Both outputs read the input itself. Put one Dense layer of 64 units between, and let both read that one.",
            "두 출력이 모두 입력을 바로 읽습니다. 유닛이 64개인 Dense 층 하나를 사이에 놓고 둘 다 그 층을 읽게 하십시오.",
        )
    return right(
        "Right: one hidden layer, two arrows out of it, two answers. This is why it is called a graph and not a list.",
        "맞습니다. 은닉층 하나에서 화살표 두 개가 나가고 답도 두 개입니다. 이것이 목록이 아니라 그래프인 까닭입니다.",
    )


CHECKS = {"01.1": wider, "01.2": image_model, "01.3": two_answers}
