"""The exercises of tutorial 12, mixed styles."""

from __future__ import annotations

from typing import Any

import numpy as np

from kfx.exercises import Verdict
from kfx.exercises.answers import attempt, computed, layer_class, right, same, whole_number, wrong
from kfx.exercises.models import calls, end, functional_graph_of, other_name
from kfx.keras_access.importing import import_keras
from kfx.model.walk import children

_STEPS, _WINDOW = 24, 5


def calls_of_a_projection(answer: Any) -> Verdict:
    """How often is projection_2 called for 24 steps behind a window of 5?"""
    number = whole_number(answer)
    if isinstance(number, Verdict):
        return number
    if number == _STEPS - _WINDOW + 1:
        return right(
            "Right: a window of 5 finds room at that many places, and the loop turns once for each.",
            "맞습니다. 길이가 5인 창을 놓을 수 있는 자리가 그만큼이고, 반복문은 자리마다 한 번씩 돕니다.",
        )
    if number == _STEPS:
        return wrong(
            "That is how many steps go into the convolution. How many come out of it?",
            "그것은 합성곱에 들어가는 스텝의 수입니다. 나오는 스텝은 몇 개입니까?",
        )
    if number in (_STEPS - _WINDOW, _STEPS - _WINDOW + 2):
        return wrong(
            "Off by one. Try a series of 5 steps: at how many places does a window of 5 find room there?",
            "하나 차이입니다. 스텝이 5개인 시계열로 생각해 보십시오. 길이가 5인 창을 놓을 수 있는 자리는 몇 곳입니까?",
        )
    if number == 8:
        return wrong(
            "That is the model of the tutorial, with 10 steps and a window of 3. Work it out for the other sizes.",
            "그것은 스텝이 10개이고 창이 3인 이 튜토리얼의 모델입니다. 다른 크기로 계산해 보십시오.",
        )
    return wrong(
        "Not yet. First: how many steps come out of the convolution? Then: how often does the loop turn?",
        "아직 아닙니다. 먼저 합성곱에서 스텝이 몇 개 나옵니까? 그러면 반복문은 몇 번 돕니까?",
    )


def dim(answer: Any) -> Verdict:
    """A layer class that halves in training and only then."""
    made = layer_class(answer, import_keras().layers.Layer)
    if isinstance(made, Verdict):
        return made
    data = np.array([[2, 4], [6, -8]], "float32")
    with attempt() as tried:
        layer = made()
        plain, calm = computed(layer, data), computed(layer, data, training=False)
        trained = computed(layer, data, training=True)
    if tried.failed:
        return tried.failed
    if same(plain, trained):
        return wrong(
            "In training and otherwise the layer does the same. Does its call ask for training?",
            "학습할 때나 아닐 때나 같은 일을 합니다. call에서 training을 묻고 있습니까?",
        )
    if not same(trained, data / 2):
        return wrong(
            "In training the numbers should be half of what arrives; they are not.",
            "학습할 때는 들어온 수의 반이 되어야 하는데 그렇지 않습니다.",
        )
    if not (same(plain, data) and same(calm, data)):
        return wrong(
            "Training is right. At all other times the numbers should be handed on unchanged, also when nobody says training.",
            "학습할 때는 맞습니다. 그 밖에는, 아무도 training을 지정하지 않을 때도, 수를 그대로 내보내야 합니다.",
        )
    return right(
        "Right: one layer, two ways to behave, and Keras tells it which.",
        "맞습니다. 층 하나가 두 가지로 행동하고, 어느 쪽인지는 Keras가 알려 줍니다.",
    )


def twice(answer: Any) -> Verdict:
    """Input (16, 10, 5), two CustomRNN layers side by side, their average; named twice."""
    graph = functional_graph_of(answer)
    if isinstance(graph, Verdict):
        return graph
    shapes = [tuple(tensor.shape) for tensor in answer.inputs]
    if shapes != [(16, 10, 5)]:
        return wrong(
            f"The model should begin at steps, (16, 10, 5) with the batch; yours begins at {', '.join(map(str, shapes))}.",
            f"모델은 배치까지 (16, 10, 5)인 steps에서 시작해야 합니다. 지금은 {', '.join(map(str, shapes))}에서 시작합니다.",
        )
    last = end(graph, 0)
    if last.type != "Average":
        return wrong(
            f"The answer comes from {last.type}; it should be the average of two answers.",
            f"답이 {last.type}에서 나옵니다. 두 답의 평균이어야 합니다.",
        )
    made = calls(graph)
    feeds = [made[edge.source] for edge in graph.edges if edge.target == last.key]
    own = [call for call in feeds if call.kind in ("model", "opaque") and not call.module.startswith("keras.")]
    if len(feeds) != 2 or len(own) != 2:
        return wrong(
            f"Two CustomRNN layers should be averaged; yours averages: {', '.join(call.type for call in feeds)}.",
            f"CustomRNN 층 두 개의 평균을 내야 합니다. 지금은 다음의 평균을 냅니다: {', '.join(call.type for call in feeds)}",
        )
    if len({call.name for call in own}) == 1:
        return wrong(
            "One layer is called twice, so both answers are the same. Make two layers.",
            "층 하나를 두 번 호출하므로 두 답이 같습니다. 층을 두 개 만드십시오.",
        )
    around = [made[edge.source].kind for edge in graph.edges if edge.target in {call.key for call in own}]
    if set(around) != {"input"}:
        return wrong(
            "Side by side: both layers should read the input steps itself.",
            "나란히 놓으십시오. 두 층이 모두 입력 steps를 바로 읽어야 합니다.",
        )
    inner = [call.type for one in own for call in children(graph)[one.key] if call.kind == "model"]
    if inner != ["Functional", "Functional"]:
        return wrong(
            "Both layers should call the functional classifier at their end, as CustomRNN does.",
            "두 층 모두 CustomRNN처럼 끝에서 함수형 분류기를 호출해야 합니다.",
        )
    if other := other_name(graph, "twice"):
        return other
    return right(
        "Right. The projections are there twice and the classifier once: both layers hold the same one.",
        "맞습니다. 투영 층은 두 벌이고 분류기는 하나입니다. 두 층이 같은 분류기를 지니고 있기 때문입니다.",
    )


CHECKS = {"12.1": calls_of_a_projection, "12.2": dim, "12.3": twice}
