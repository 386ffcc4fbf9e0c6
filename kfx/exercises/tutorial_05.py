"""The exercises of tutorial 05, models as layers."""

from __future__ import annotations

import re
from typing import Any

from kfx.exercises import Verdict
from kfx.exercises.answers import right, text, whole_number, wrong
from kfx.exercises.models import calls, end, ends_in, graph_of, other_begin, other_name
from kfx.model.facts import LayerCall, LayerGraph
from kfx.model.walk import children

_ENCODER = 18_672
_HEAD = 16 * 2 + 1
_LARGEST = r"up_sampling2d(_\d+)?"  # with a number where the cell was run more than once


def two_pictures(answer: Any) -> Verdict:
    """How many parameters has a model that calls the encoder twice, joins the codes and ends in Dense 1?"""
    number = whole_number(answer)
    if isinstance(number, Verdict):
        return number
    if number == _ENCODER + _HEAD:
        return right(
            "Right: the encoder counts once, however often it is called, and the last layer reads both codes.",
            "맞습니다. 인코더는 몇 번을 호출하든 한 번만 세고, 마지막 층은 두 압축 코드를 모두 읽습니다.",
        )
    if number in (2 * _ENCODER + _HEAD, 2 * _ENCODER):
        return wrong(
            "You counted the encoder twice. Is it copied when it is called a second time?",
            "인코더를 두 번 세었습니다. 두 번째로 호출할 때 인코더가 복사됩니까?",
        )
    if number == _ENCODER:
        return wrong(
            "The encoder is right. Now the last layer: how many numbers does it receive?",
            "인코더는 맞습니다. 이제 마지막 층을 보십시오. 몇 개의 수를 입력으로 받습니까?",
        )
    if number in (_ENCODER + 17, _ENCODER + 32, _ENCODER + 16):
        return wrong(
            "Nearly. Look at the last layer once more: both codes arrive there, and it has a bias.",
            "거의 맞습니다. 마지막 층을 다시 보십시오. 두 압축 코드가 모두 들어오고 편향도 하나 있습니다.",
        )
    return wrong(
        "Not yet. Which of the four, the inputs, the encoder, Concatenate and Dense, hold weights, and how many each?",
        "아직 아닙니다. 입력, 인코더, Concatenate, Dense 가운데 가중치가 있는 것은 무엇이며 각각 몇 개입니까?",
    )


def largest_on_the_way_back(answer: Any) -> Verdict:
    """The path of the decoder's layer whose output holds the most numbers, 24 × 24 × 32."""
    path = text(answer)
    if isinstance(path, Verdict):
        return path
    model = path.rpartition("/")[0]
    if re.fullmatch(rf"decoder/{_LARGEST}", path):
        return right(
            "Right: 24 × 24 × 32 = 18,432 numbers, and the layer holds not one parameter. What is large to compute need not "
            "be large to learn.",
            "맞습니다. 24 × 24 × 32 = 18,432개이며, 이 층에는 파라미터가 하나도 없습니다. 계산할 것이 많다고 배울 것도 "
            "많지는 않습니다.",
        )
    if re.fullmatch(_LARGEST, path):
        return wrong(
            "That is the layer. A path also says in which model it is: the model, a slash, the layer.",
            "층은 맞습니다. 경로에는 어느 모델 안에 있는지도 씁니다. 모델, 빗금, 층의 차례로 쓰십시오.",
        )
    if path == "decoder":
        return wrong(
            "That is the whole way back. One layer inside it makes more numbers than all of it gives in the end; go on to it "
            "with a slash.",
            "그것은 되돌아가는 길 전체입니다. 그 안의 한 층은 마지막에 나오는 것보다 많은 수를 만듭니다. 빗금을 쓰고 그 층까지 "
            "가십시오.",
        )
    if "encoder" in (model, path):
        return wrong(
            "That is on the way to the code. The question is about the way back, in the other model.",
            "그것은 압축 코드로 가는 길에 있습니다. 되돌아가는 길, 곧 다른 모델에서 찾으십시오.",
        )
    if model == "decoder":
        return wrong(
            "A path into the right model, but not to the largest output. Unfold the model in the summary and multiply the "
            "sizes in the column Output, row by row.",
            "맞는 모델로 가는 경로이지만 출력이 가장 큰 층은 아닙니다. 요약에서 모델을 펼치고 행마다 Output 열의 크기를 "
            "곱해 보십시오.",
        )
    return wrong(
        f"There is no path {path[:60]!r} on the way back. A path is written like encoder/conv2d_1.",
        f"되돌아가는 길에 {path[:60]!r}라는 경로는 없습니다. 경로는 encoder/conv2d_1처럼 씁니다.",
    )


def bold(answer: Any) -> Verdict:
    """Input(128), three models with a Dense 1 sigmoid each, and their maximum, named bold."""
    graph = graph_of(answer)
    if isinstance(graph, Verdict):
        return graph
    if other := other_begin(graph, [(128,)], "one input of 128 numbers", "128개의 수를 받는 입력 하나"):
        return other
    if len(graph.outputs) != 1:
        return wrong(
            f"The ensemble should give one answer; yours has {len(graph.outputs)} outputs.",
            f"앙상블의 답은 하나여야 합니다. 지금은 출력이 {len(graph.outputs)}개입니다.",
        )
    last = end(graph, 0)
    if last.type != "Maximum":
        return wrong(
            f"The answer comes from {last.type}; it should be the largest of the three. See the hint in the exercise.",
            f"답이 {last.type}에서 나옵니다. 셋 가운데 가장 큰 값이어야 합니다. 문제에 있는 힌트를 보십시오.",
        )
    feeds = [edge.source for edge in graph.edges if edge.target == last.key]
    members = [calls(graph)[key] for key in feeds]
    if any(member.kind != "model" for member in members):
        return wrong(
            "The members are layers of the ensemble itself. Make each a model of its own and call the models.",
            "구성원이 앙상블의 층으로 바로 들어 있습니다. 저마다 모델로 만들고 그 모델을 호출하십시오.",
        )
    if len(feeds) != 3:
        return wrong(
            f"Three members should answer; yours has {len(feeds)}.",
            f"구성원 세 개가 답해야 합니다. 지금은 {len(feeds)}개입니다.",
        )
    if len({member.name for member in members}) < 3 or any(member.params != 129 for member in members):
        return wrong(
            "The three members should be different models with 129 parameters each: one Dense layer of one unit over 128 "
            "numbers. Look at the summary: what do yours have?",
            "세 구성원은 파라미터가 129개씩인 서로 다른 모델이어야 합니다. 수 128개를 읽는 유닛 하나짜리 Dense 층입니다. "
            "요약을 보십시오. 지금은 몇 개입니까?",
        )
    if not all(_ends_in_sigmoid(graph, member) for member in members):
        return wrong(
            "The shapes are right. Now the activation: each member should say a probability.",
            "형상은 맞습니다. 이제 활성화 함수를 보십시오. 구성원은 저마다 확률을 말해야 합니다.",
        )
    if other := other_name(graph, "bold"):
        return other
    return right(
        "Right: three models are layers of a fourth, and one word made it bold.",
        "맞습니다. 세 모델이 네 번째 모델의 층이 되었고, 단어 하나로 대담해졌습니다.",
    )


def _ends_in_sigmoid(graph: LayerGraph, member: LayerCall) -> bool:
    inside = children(graph)[member.key]
    return bool(inside) and ends_in(inside[-1], "sigmoid")


CHECKS = {"05.1": two_pictures, "05.2": largest_on_the_way_back, "05.3": bold}
