"""The exercises of tutorial 07, a small residual network."""

from __future__ import annotations

from typing import Any

from kfx.exercises import Verdict
from kfx.exercises.answers import right, values_at, whole_number, wrong
from kfx.exercises.models import calls, end, graph_of, other_begin, other_name, output_shape
from kfx.model.facts import LayerCall, LayerGraph
from kfx.values.features import Features

_WEIGHTS = 3 * 3 * 64 * 64
_CONVOLUTION = _WEIGHTS + 64
_BLOCK = 2 * _CONVOLUTION
_ADDED = ["block_1_add", "block_2_conv_2"]


def one_block(answer: Any) -> Verdict:
    """How many parameters have two Conv2D(64, 3) on 64 channels and an addition?"""
    number = whole_number(answer)
    if isinstance(number, Verdict):
        return number
    if number == _BLOCK:
        return right(
            "Right: two convolutions, and nothing for the way around them.",
            "맞습니다. 합성곱이 둘이고, 그 둘을 돌아가는 길에는 아무것도 들지 않습니다.",
        )
    if number in (2 * _WEIGHTS, _WEIGHTS):
        return wrong(
            "The patterns are right. What else has a convolution for each channel that goes out?",
            "무늬의 개수는 맞습니다. 합성곱에는 나가는 채널마다 무엇이 하나씩 더 있습니까?",
        )
    if number == _CONVOLUTION:
        return wrong(
            "That is one convolution. What else is in the block?", "그것은 합성곱 하나입니다. 블록에는 무엇이 더 있습니까?"
        )
    if number == 2 * _BLOCK:
        return wrong("Those are both blocks of toy_resnet.", "그것은 toy_resnet의 두 블록을 모두 더한 것입니다.")
    if number == 3 * _CONVOLUTION:
        return wrong(
            "You counted something for the skip. What can an addition learn?",
            "스킵에도 무엇인가를 세었습니다. 덧셈이 무엇을 배울 수 있습니까?",
        )
    return wrong(
        "Not yet. Begin with one convolution: 3 × 3 numbers for each of the 64 × 64 pairs of channels.",
        "아직 아닙니다. 합성곱 하나부터 세어 보십시오. 64 × 64개의 채널 쌍마다 수가 3 × 3개씩 있습니다.",
    )


def what_is_added(answer: Any) -> Verdict:
    """``kfx.extract(toy_resnet, x_test[:8], ["block_1_add", "block_2_conv_2"])``."""
    if isinstance(answer, Features) and "block_2_add" in answer:
        return wrong(
            "block_2_add is the sum. The exercise asks for the two things that are added.",
            "block_2_add는 합입니다. 이 연습 문제에서 구하는 것은 더해지는 두 값입니다.",
        )
    if isinstance(answer, Features) and not set(_ADDED) <= set(answer):
        there = sum(address in answer for address in _ADDED)
        return wrong(
            f"Of the two that are added, {there} is there. Which two boxes have an arrow into block_2_add?",
            f"더해지는 두 값 가운데 {there}개가 있습니다. 그림에서 어느 두 상자의 화살표가 block_2_add로 갑니까?",
        )
    values = values_at(answer, _ADDED)
    if isinstance(values, Verdict):
        return values
    shapes = {values[address].shape for address in _ADDED}
    if shapes != {(8, 9, 9, 64)}:
        said = ", ".join(str(values[address].shape) for address in _ADDED)
        return wrong(
            f"The addresses are right, but the shapes are {said}. Did you give toy_resnet the first eight test images?",
            f"주소는 맞지만 형상이 {said}입니다. toy_resnet에 처음 여덟 개의 테스트 이미지를 주었습니까?",
        )
    return right(
        "Right: what went into the block, and what the block adds to it.",
        "맞습니다. 블록에 들어간 값, 그리고 블록이 거기에 더하는 값입니다.",
    )


def wider(answer: Any) -> Verdict:
    """Input (9, 9, 64); Conv 128 same twice; a Conv 128 of 1 × 1 around them; Add; named wider."""
    graph = graph_of(answer)
    if isinstance(graph, Verdict):
        return graph
    if other := other_begin(graph, [(9, 9, 64)], "keras.Input((9, 9, 64))", "keras.Input((9, 9, 64))"):
        return other
    if end(graph, 0).type != "Add":
        return wrong(
            f"The model should end in an addition, layers.add([...]); it ends in {end(graph, 0).type}.",
            f"모델은 덧셈 layers.add([...])로 끝나야 합니다. 지금은 {end(graph, 0).type}로 끝납니다.",
        )
    if output_shape(graph, 0) != (None, 9, 9, 128):
        return wrong(
            f"The sum has the shape {output_shape(graph, 0)[1:]}; it should have 9 × 9 places and 128 channels.",
            f"합의 형상이 {output_shape(graph, 0)[1:]}입니다. 9 × 9개의 자리와 128개의 채널이 있어야 합니다.",
        )
    ways = sorted((_way(graph, source) for source in _sources(graph, end(graph, 0).key)), key=len)
    if len(ways) != 2 or any(call.type != "Conv2D" for way in ways for call in way):
        return wrong(
            "Two ways should lead to the addition, and there should be convolutions and nothing else on them.",
            "덧셈으로 가는 길은 둘이어야 하고, 그 위에는 합성곱만 있어야 합니다.",
        )
    if [len(way) for way in ways] != [1, 2]:
        return wrong(
            f"On one way to the addition there should be one convolution, on the other one two; there are {len(ways[0])} and "
            f"{len(ways[1])}.",
            f"덧셈으로 가는 길에 합성곱이 하나와 둘 있어야 합니다. 지금은 {len(ways[0])}개와 {len(ways[1])}개입니다.",
        )
    if {call.outputs[0].shape for way in ways for call in way} != {(None, 9, 9, 128)}:
        return wrong(
            "Each of the three convolutions should have 128 channels; look at the shapes in the plot.",
            "합성곱 세 개의 채널은 모두 128개여야 합니다. 그래프에서 형상을 보십시오.",
        )
    if ways[0][0].own_params != 64 * 128 + 128:
        return wrong(
            "The convolution in the skip should be one of 1 × 1: layers.Conv2D(128, 1). Then it only mixes channels.",
            "스킵에 있는 합성곱은 1 × 1이어야 합니다. layers.Conv2D(128, 1)이면 채널만 섞습니다.",
        )
    if other := other_name(graph, "wider"):
        return other
    return right(
        "Right: where a block changes the shape, its skip must change it, too. This one costs parameters, but few.",
        "맞습니다. 블록이 형상을 바꾸면 스킵도 형상을 바꾸어야 합니다. 이런 스킵에는 파라미터가 들지만 많지는 않습니다.",
    )


def _sources(graph: LayerGraph, key: str) -> list[str]:
    return [edge.source for edge in graph.edges if edge.target == key]


def _way(graph: LayerGraph, key: str) -> list[LayerCall]:
    """The calls from the input to a call, where each reads one other: the input itself left out."""
    made, way = calls(graph), []
    while made[key].kind != "input":
        way.append(made[key])
        before = _sources(graph, key)
        if len(before) != 1:
            break
        key = before[0]
    return way


CHECKS = {"07.1": one_block, "07.2": what_is_added, "07.3": wider}
