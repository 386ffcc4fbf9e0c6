"""The exercises of tutorial 09, take nodes out and use them again."""

from __future__ import annotations

from math import prod
from typing import Any

from kfx.datasets import PHOTO_NAMES
from kfx.exercises import Verdict
from kfx.exercises.answers import right, text, whole_number, wrong
from kfx.exercises.models import end, ends_in, graph_of, other_begin, other_name, output_shape

_CONVOLUTIONS, _POOLINGS = 16, 5
_SEEN = 722_496  # parameters of SqueezeNet as far as fire9_concat
_NEW = 512 * 3 + 3


def convolutions(answer: Any) -> Verdict:
    """How many outputs has ``kfx.feature_extractor(vgg, "block*_conv*")``?"""
    number = whole_number(answer)
    if isinstance(number, Verdict):
        return number
    if number == _CONVOLUTIONS:
        return right(
            "Right: an output for each convolution. With the three Dense layers these are the 19 in the network's name.",
            "맞습니다. 합성곱마다 출력이 하나씩 있습니다. Dense 층 세 개를 더하면 이름에 있는 19가 됩니다.",
        )
    if number == _CONVOLUTIONS + _POOLINGS:
        return wrong(
            "You counted the pooling layers too. The pattern wants '_conv' after the number of the block.",
            "풀링 층까지 세었습니다. 패턴은 블록의 번호 뒤에 '_conv'가 있는 층만 뜻합니다.",
        )
    return wrong(
        "Not yet. Go through the five blocks one by one; the first two have fewer convolutions than the others.",
        "아직 아닙니다. 다섯 블록을 하나씩 세어 보십시오. 처음 두 블록은 합성곱이 다른 블록보다 적습니다.",
    )


def nearest_style(answer: Any) -> Verdict:
    """Whose Gram matrix at fire3_concat is nearest to that of retina?"""
    name = text(answer)
    if isinstance(name, Verdict):
        return name
    name = name.lower()
    if name not in PHOTO_NAMES:
        return wrong(
            f"There is no photograph {name[:60]!r}. The photographs: {', '.join(PHOTO_NAMES)}.",
            f"{name[:60]!r}이라는 사진은 없습니다. 사진의 이름은 {', '.join(PHOTO_NAMES)}입니다.",
        )
    if name == "retina":
        return wrong(
            "Every photograph is nearest to itself. Which of the others comes next?",
            "모든 사진은 자기 자신과 가장 가깝습니다. 그다음으로 가까운 사진은 무엇입니까?",
        )
    if name != "coffee":
        return wrong(
            "Another one is nearer. In the cell that compares, put retina in the place of the photograph that all are "
            "compared with, and look for the smallest number above 0.",
            "더 가까운 사진이 있습니다. 비교하는 셀에서 비교의 기준이 되는 사진을 retina로 바꾸고, 0보다 큰 수 가운데 가장 "
            "작은 것을 찾으십시오.",
        )
    return right(
        "Right: large smooth areas of a warm colour, in an eye as in a cup. What they show plays no part.",
        "맞습니다. 눈에도 찻잔에도 따뜻한 색의 넓고 매끄러운 면이 있습니다. 무엇을 보여 주는지는 상관없습니다.",
    )


def sorter(answer: Any) -> Verdict:
    """SqueezeNet as far as fire9_concat, frozen, then GlobalAveragePooling2D and Dense(3, softmax); named sorter."""
    graph = graph_of(answer)
    if isinstance(graph, Verdict):
        return graph
    shape = (227, 227, 3)
    if other := other_begin(graph, [shape], f"one photograph of shape {shape}", f"형상이 {shape}인 사진 한 장"):
        return other
    shape = output_shape(graph, 0)
    if shape != (None, 3) or not ends_in(end(graph, 0), "softmax"):
        return wrong(
            f"The model should end in three probabilities, Dense(3, activation='softmax'); it makes {shape[1:]} by "
            f"{end(graph, 0).name!r}.",
            f"모델은 세 확률, 곧 Dense(3, activation='softmax')로 끝나야 합니다. 지금은 {end(graph, 0).name!r}에서 형상 "
            f"{shape[1:]}이 나옵니다.",
        )
    learned, kept = (_numbers(weights) for weights in (answer.trainable_weights, answer.non_trainable_weights))
    if learned + kept != _SEEN + _NEW:
        return wrong(
            f"It has {learned + kept:,} parameters. With net as far as fire9_concat, the mean over the places and one Dense "
            "layer it would be another number: is the address right, and does nothing stand between?",
            f"파라미터가 {learned + kept:,}개입니다. fire9_concat까지의 net과 자리에 대한 평균, Dense 층 하나라면 다른 수가 "
            "됩니다. 주소가 맞습니까? 그 사이에 다른 층은 없습니까?",
        )
    if learned != _NEW:
        return wrong(
            f"{learned:,} parameters would learn. Set trainable = False on the model that looks; leave the Dense layer free.",
            f"파라미터 {learned:,}개가 학습됩니다. 사진을 보는 모델에 trainable = False를 쓰고 Dense 층은 그대로 두십시오.",
        )
    if not any(call.type == "GlobalAveragePooling2D" for call in graph.calls):
        return wrong(
            "The sizes fit, but nothing takes the mean over the places: which layer does the exercise name for that?",
            "크기는 맞지만 자리에 대한 평균을 내는 층이 없습니다. 문제에서 말한 층은 무엇입니까?",
        )
    if other := other_name(graph, "sorter"):
        return other
    return right(
        "Right: all that sees is kept, and a few numbers learn three classes. That needs few pictures and little time.",
        "맞습니다. 보는 부분은 그대로 두고 적은 수의 파라미터가 클래스 세 개를 배웁니다. 사진도 시간도 조금이면 됩니다.",
    )


def _numbers(weights: list[Any]) -> int:
    return sum(prod(weight.shape) for weight in weights)


CHECKS = {"09.1": convolutions, "09.2": nearest_style, "09.3": sorter}
