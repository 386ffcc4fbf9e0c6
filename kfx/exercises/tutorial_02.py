"""The exercises of tutorial 02, train, evaluate, predict."""

from __future__ import annotations

from typing import Any

import numpy as np

from kfx.exercises import Verdict
from kfx.exercises.answers import attempt, nothing_yet, right, something_else, whole_number, wrong
from kfx.exercises.models import end, ends_in, graph_of, input_shapes, output_shape

_LEARNED, _BATCH = 54_000, 128
_STEPS = 422  # 421 whole batches and one of 112
_LEAST_RIGHT = 0.9
_PLANNED = 20


def steps(answer: Any) -> Verdict:
    """How many steps has an epoch of 60,000 digits with validation_split=0.1 and batch_size=128?"""
    number = whole_number(answer)
    if isinstance(number, Verdict):
        return number
    if number == _STEPS:
        return right(
            "Right: 54,000 digits are left to learn from, and the last batch has only 112 of them.",
            "맞습니다. 배우는 데 쓸 숫자는 54,000개이고 마지막 배치에는 112개뿐입니다.",
        )
    if number == _STEPS - 1:
        return wrong(
            "So many batches are full. What becomes of the digits that are left over?",
            "가득 찬 배치는 그만큼입니다. 남은 숫자는 어떻게 됩니까?",
        )
    if number in (468, 469):
        return wrong(
            "You let the model learn from all 60,000. How many are set aside for the validation?",
            "60,000개 전부로 배우게 했습니다. 검증에 쓰려고 떼어 놓는 것은 몇 개입니까?",
        )
    if number in (46, 47):
        return wrong(
            "Those are the steps of the validation. The model learns from the other part.",
            "그것은 검증의 스텝 수입니다. 모델은 나머지로 배웁니다.",
        )
    return wrong(
        "Not yet. Take off what is set aside, then count how many batches the rest makes.",
        "아직 아닙니다. 떼어 놓는 것을 뺀 다음, 나머지가 배치 몇 개가 되는지 세어 보십시오.",
    )


def even(answer: Any) -> Verdict:
    """A trained model from 784 numbers to one sigmoid unit that tells even digits from odd ones."""
    graph = graph_of(answer)
    if isinstance(graph, Verdict):
        return graph
    if [shape[1:] for shape in input_shapes(graph)] != [(784,)] or len(graph.outputs) != 1:
        return wrong(
            "The model should read one row of 784 numbers and have one output. Look at both ends in its summary.",
            "모델은 수 784개로 된 행 하나를 읽고 출력이 하나여야 합니다. 요약에서 양 끝을 보십시오.",
        )
    if output_shape(graph, 0)[1:] != (1,):
        return wrong(
            f"One probability should come out for each digit; the shape of the output is {output_shape(graph, 0)}.",
            f"숫자마다 확률 하나가 나와야 합니다. 지금 출력의 형상은 {output_shape(graph, 0)}입니다.",
        )
    if not ends_in(end(graph, 0), "sigmoid"):
        return wrong(
            "One number comes out, but nothing makes it a probability. Which activation does the exercise name?",
            "수 하나가 나오지만 아직 확률이 아닙니다. 문제에서 말한 활성화 함수는 무엇입니까?",
        )
    share = _right_answers(answer)
    if isinstance(share, Verdict):
        return share
    if share <= 1 - _LEAST_RIGHT:
        return wrong(
            "It is nearly always wrong, so it has learned well: the probability should be that of an even digit.",
            "거의 언제나 틀리므로 사실은 잘 배웠습니다. 확률은 짝수일 확률이어야 합니다.",
        )
    if share < _LEAST_RIGHT:
        return wrong(
            f"It reads {share:.0%} of the test digits, and guessing reads half. Is it trained? Are the labels True for even "
            "digits? Perhaps it needs another epoch.",
            f"테스트 숫자의 {share:.0%}를 맞힙니다. 찍어도 절반은 맞힙니다. 학습했습니까? 레이블이 짝수에서 True입니까? "
            "에포크가 더 필요할 수도 있습니다.",
        )
    return right(
        f"Right: {share:.0%} of the digits that it has never seen.",
        f"맞습니다. 한 번도 보지 못한 숫자의 {share:.0%}를 맞힙니다.",
    )


def _right_answers(model: Any) -> float | Verdict:
    from kfx.datasets import digits

    _, (images, labels) = digits()
    with attempt() as tried:
        said = np.asarray(model(images.reshape(-1, 784).astype("float32") / 255, training=False))
    return tried.failed or float(np.mean((said[:, 0] > 0.5) == (labels % 2 == 0)))


def stopped(answer: Any) -> Verdict:
    """A run of ``kfx.fit`` planned for 20 epochs or more and stopped before."""
    if answer is None:
        return nothing_yet("Train and stop, put kfx.runs[-1]", "학습시키고 멈춘 다음, None 자리에 kfx.runs[-1]을 쓰고")
    journal = getattr(answer, "journal", None)
    if not hasattr(journal, "epochs_done"):
        return something_else(answer, "one run out of kfx.runs", "kfx.runs에 있는 학습 하나")
    planned = journal.plan.epochs - journal.plan.first_epoch
    if planned < _PLANNED:
        return wrong(
            f"This run was to make {planned} epochs. Plan at least 20, so that there is something to stop.",
            f"이 학습은 {planned}에포크로 계획되었습니다. 도중에 멈출 수 있도록 20에포크 이상을 계획하십시오.",
        )
    if journal.state == "done":
        return wrong(
            "This run went all the way to its end. Press Stop while it runs, or let a callback ask for it.",
            "이 학습은 끝까지 갔습니다. 실행되는 동안 Stop을 누르거나, 콜백이 요청하게 하십시오.",
        )
    if journal.state == "failed":
        return wrong(
            "This run ended in an error. Its last line says which; mend it and train again.",
            "이 학습은 오류로 끝났습니다. 마지막 줄에 오류가 적혀 있습니다. 고친 다음 다시 학습시키십시오.",
        )
    if journal.state not in ("stopped", "interrupted"):
        return wrong(
            "This run is still going on. Stop it first.",
            "이 학습은 아직 실행되고 있습니다. 먼저 멈추십시오.",
        )
    return right(
        f"Right: {journal.state} after {journal.steps:,} steps, and nothing of what was learned is lost.",
        f"맞습니다. {journal.steps:,}스텝 뒤에 멈추었고, 배운 것은 하나도 잃지 않았습니다.",
    )


CHECKS = {"02.1": steps, "02.2": even, "02.3": stopped}
