"""The exercises of tutorial 11, when to use the functional API."""

from __future__ import annotations

from typing import Any

import numpy as np

from kfx.exercises import Verdict
from kfx.exercises.answers import attempt, computed, layer_class, right, text, wrong
from kfx.exercises.models import calls, functional_graph_of, input_shapes, output_shape, shapes_in_words
from kfx.keras_access.importing import import_keras

_JUDGE = 5 * 16 + 16 + 16 * 3 + 3  # for examples of five numbers


def refused(answer: Any) -> Verdict:
    """8 → first 6 → smaller 3 → second 1 → smallest refuses."""
    name = text(answer)
    if isinstance(name, Verdict):
        return name
    if name == "smallest":
        return right(
            "Right: 8 becomes 6, then 3, then 1, and a window of 2 does not fit into a picture of 1 × 1.",
            "맞습니다. 8이 6, 3, 1로 줄어들고, 2짜리 창은 1 × 1 그림에 들어가지 않습니다.",
        )
    if name == "answer":
        return wrong(
            "A Dense layer takes any number of axes. And nothing arrives there: an earlier call is refused.",
            "Dense 층은 축의 개수를 가리지 않습니다. 게다가 그보다 앞선 호출이 거부되어 아무것도 들어오지 않습니다.",
        )
    if name in ("first", "smaller", "second"):
        return wrong(
            f"{name} still fits. A convolution with a window of 3 takes 2 from height and width, pooling by 2 halves them and "
            "drops the rest. Go on from there.",
            f"{name}은 아직 들어갑니다. 3짜리 창의 합성곱은 높이와 너비를 2씩 줄이고, 2짜리 풀링은 반으로 줄이며 나머지를 "
            "버립니다. 거기에서부터 계속해 보십시오.",
        )
    return wrong(
        f"None of the five layers is called {name[:60]!r}. The names stand behind name= in each line.",
        f"다섯 층 가운데 {name[:60]!r}라는 이름은 없습니다. 이름은 줄마다 name= 뒤에 있습니다.",
    )


def repaired(answer: Any) -> Verdict:
    """From (28, 28) through a Conv2D(16, 3) named look to ten numbers."""
    graph = functional_graph_of(answer)
    if isinstance(graph, Verdict):
        return graph
    begins = input_shapes(graph)
    if begins != [(None, 28, 28)]:
        return wrong(
            f"The input should keep its shape (28, 28); yours is {shapes_in_words(begins)}. The missing axis can be added "
            "behind it.",
            f"입력의 형상은 그대로 (28, 28)이어야 합니다. 지금은 {shapes_in_words(begins)}입니다. 빠진 축은 입력 뒤에서 "
            "더할 수 있습니다.",
        )
    looking = [call for call in calls(graph).values() if call.name == "look"]
    if [call.type for call in looking] != ["Conv2D"]:
        found = ", ".join(call.type for call in looking) or "no such layer"
        return wrong(
            f"There should be one Conv2D layer named look; there is: {found}.",
            f"look이라는 이름의 Conv2D 층이 하나 있어야 합니다. 지금은 다음과 같습니다: {found}",
        )
    if looking[0].outputs[0].shape != (None, 26, 26, 16):
        shape = shapes_in_words([looking[0].outputs[0].shape or ()])
        return wrong(
            f"look makes {shape}; a Conv2D(16, 3) makes (26, 26, 16) of a picture of 28 × 28.",
            f"look이 {shape}을 만듭니다. Conv2D(16, 3)은 28 × 28 그림으로 (26, 26, 16)을 만듭니다.",
        )
    if [output_shape(graph, k) for k in range(len(graph.outputs))] != [(None, 10)]:
        ends = shapes_in_words([output_shape(graph, k) for k in range(len(graph.outputs))])
        return wrong(
            f"The convolution works. The model should end in ten numbers for each digit; yours ends in {ends}.",
            f"합성곱은 됩니다. 모델은 숫자마다 수 열 개로 끝나야 합니다. 지금은 {ends}로 끝납니다.",
        )
    return right(
        "Right: the channel axis is there now, and every line was checked as you wrote it.",
        "맞습니다. 이제 채널의 축이 있고, 줄마다 쓰는 동안 검사되었습니다.",
    )


def judge(answer: Any) -> Verdict:
    """A subclassed model: Dense 16 relu, Dense 3 softmax."""
    made = layer_class(answer, import_keras().Model)
    if isinstance(made, Verdict):
        return made
    data = np.random.default_rng(0).normal(size=(40, 5)).astype("float32")
    with attempt() as tried:
        model = made()
        answers = computed(model, data)
    if tried.failed:
        return tried.failed
    if answers.shape != (40, 3):
        return wrong(
            f"Of 40 examples the model makes {answers.shape}; it should give three numbers for each.",
            f"예제 40개로 {answers.shape}을 만듭니다. 예제마다 수 세 개를 내야 합니다.",
        )
    if not (np.allclose(answers.sum(axis=1), 1, atol=1e-4) and answers.min() >= 0):
        return wrong(
            "Three numbers come out, but they are no probabilities. Which activation makes them add up to 1?",
            "수 세 개가 나오지만 확률이 아닙니다. 더해서 1이 되게 하는 활성화 함수는 무엇입니까?",
        )
    if model.count_params() != _JUDGE:
        return wrong(
            f"For examples of five numbers the model should have {_JUDGE} parameters; it has {model.count_params()}. How many "
            "units has the hidden layer?",
            f"수가 다섯 개인 예제에 대해 파라미터가 {_JUDGE}개여야 합니다. 지금은 {model.count_params()}개입니다. 은닉층의 "
            "유닛은 몇 개입니까?",
        )
    if not _has_relu(model, data, answers):
        return wrong(
            "Sizes and probabilities are right. Now the hidden layer: does it have the activation that makes negatives zero?",
            "크기와 확률은 맞습니다. 이제 은닉층을 보십시오. 음수를 0으로 만드는 활성화 함수가 있습니까?",
        )
    return right(
        "Right. And notice: only now, with data, did anyone know whether the class works.",
        "맞습니다. 그리고 데이터를 넣은 지금에야 이 클래스가 동작하는지 알게 되었다는 점도 눈여겨보십시오.",
    )


def _has_relu(model: Any, data: np.ndarray, answers: np.ndarray) -> bool:
    """Work the answers out by hand from the model's weights."""
    if len(model.weights) != 4:
        return False
    w1, b1, w2, b2 = sorted(model.get_weights(), key=lambda w: (w.shape[-1] != 16, w.ndim != 2))
    scores = np.maximum(data @ w1 + b1, 0) @ w2 + b2
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.allclose(powers / powers.sum(axis=1, keepdims=True), answers, atol=1e-3)


CHECKS = {"11.1": refused, "11.2": repaired, "11.3": judge}
