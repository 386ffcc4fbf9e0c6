"""The exercises of tutorial 03, save and restore."""

from __future__ import annotations

from os.path import isfile
from pathlib import Path
from typing import Any

import numpy as np

from kfx.exercises import Verdict
from kfx.exercises.answers import attempt, nothing_yet, right, something_else, whole_number, wrong
from kfx.exercises.models import other_name, two_models
from kfx.keras_access.importing import import_keras

_STEPS = 4_000 // 50  # of one epoch


def steps_in_all(answer: Any) -> Verdict:
    """What does the optimizer's count say after 3 epochs, a save, a load and 2 more epochs of 80 steps each?"""
    number = whole_number(answer)
    if isinstance(number, Verdict):
        return number
    if number == 5 * _STEPS:
        return right(
            "Right: 80 steps an epoch, and the count is saved with the rest.",
            "맞습니다. 에포크마다 80스텝이고, 세어 둔 수도 나머지와 함께 저장됩니다.",
        )
    if number == 3 * _STEPS:
        return wrong(
            "That is what stands in the file. What does the second notebook add?",
            "그것은 파일에 들어 있는 수입니다. 두 번째 노트북은 무엇을 더합니까?",
        )
    if number == 2 * _STEPS:
        return wrong(
            "That would be so if the count began anew. What does a file hold besides the weights?",
            "처음부터 다시 센다면 그럴 것입니다. 파일에는 가중치 말고 무엇이 있습니까?",
        )
    if number == 5:
        return wrong(
            "Those are epochs. How many steps does one of them have?",
            "그것은 에포크의 수입니다. 에포크 하나는 몇 스텝입니까?",
        )
    return wrong(
        "Not yet. First find out how many batches make one epoch, then how many epochs there were in all.",
        "아직 아닙니다. 먼저 배치 몇 개가 한 에포크인지, 다음으로 에포크가 모두 몇 번인지 알아보십시오.",
    )


def file_to_go_on(answer: Any) -> Verdict:
    """The name of a file with a whole model, 784 numbers to one, compiled with SGD and trained for a step or more."""
    if answer is None:
        return nothing_yet("Save the model, put the file's name", "모델을 저장하고 None 자리에 파일의 이름을 쓴 다음")
    if not isinstance(answer, str | Path):
        return something_else(answer, "the name of a file in quotation marks", "따옴표로 감싼 파일 이름")
    path = Path(answer)
    if path.name.endswith(".weights.h5"):
        return wrong(
            "Such a file holds numbers and no model. Which call writes the whole model?",
            "그런 파일에는 수만 있고 모델이 없습니다. 모델 전체를 저장하는 호출은 무엇입니까?",
        )
    if not isfile(path):  # False where a name is too long to be one
        return wrong(
            f"There is no file {path.name[:60]!r} beside this notebook. Is it the name that you saved to, with its ending?",
            f"이 노트북 옆에 {path.name[:60]!r} 파일이 없습니다. 저장할 때 쓴 이름이 맞습니까? 확장자도 썼습니까?",
        )
    with attempt() as tried:
        model = import_keras().models.load_model(path)
        ends = model.input_shape, model.output_shape
    return tried.failed or _can_go_on(model, *ends)


def _can_go_on(model: Any, begins: Any, ends: Any) -> Verdict:
    if begins != (None, 784) or ends != (None, 1):
        return wrong(
            f"The model in the file goes from {begins} to {ends}; it should make one number of 784.",
            f"파일 속의 모델은 {begins}에서 {ends}로 갑니다. 수 784개에서 수 하나를 만들어야 합니다.",
        )
    optimizer = getattr(model, "optimizer", None)
    if optimizer is None:
        return wrong(
            "The file holds a model that was never compiled, so there is no training to go on with.",
            "파일 속의 모델은 컴파일한 적이 없으므로 이어서 할 학습이 없습니다.",
        )
    if type(optimizer).__name__ != "SGD":
        return wrong(
            f"The optimizer in the file is {type(optimizer).__name__}; the exercise asks for another.",
            f"파일에 든 옵티마이저는 {type(optimizer).__name__}입니다. 문제에서 말한 것은 다른 옵티마이저입니다.",
        )
    if int(optimizer.iterations) == 0:
        return wrong(
            "The optimizer in the file has not made a step. Train first, then save.",
            "파일에 든 옵티마이저는 아직 한 스텝도 가지 않았습니다. 먼저 학습시킨 다음 저장하십시오.",
        )
    return right(
        f"Right: whoever loads this file goes on after step {int(optimizer.iterations):,}.",
        f"맞습니다. 이 파일을 불러온 사람은 {int(optimizer.iterations):,}스텝 뒤부터 이어 갑니다.",
    )


def twin(answer: Any) -> Verdict:
    """Two models with equal layers and weights that share neither; the second is called twin."""
    graphs = two_models(answer)
    if isinstance(graphs, Verdict):
        return graphs
    first, second = answer
    if first is second:
        return wrong(
            "That is one model under two names: train one, and the other has changed as well. Make a second one.",
            "그것은 이름이 둘인 모델 하나입니다. 하나를 학습시키면 다른 하나도 바뀝니다. 두 번째 모델을 만드십시오.",
        )
    if {id(weight) for weight in first.weights} & {id(weight) for weight in second.weights}:
        return wrong(
            "The two are made of the same layers, so they share their weights. A twin needs layers of its own.",
            "두 모델이 같은 층으로 되어 있어 가중치를 함께 씁니다. 쌍둥이에게는 자기 층이 있어야 합니다.",
        )
    kinds = [[(call.type, call.settings) for call in graph.calls] for graph in graphs]
    shapes = [[tuple(weight.shape) for weight in model.weights] for model in (first, second)]
    if kinds[0] != kinds[1] or shapes[0] != shapes[1]:
        return wrong(
            "The two do not have the same layers. kfx.diff(loaded, twin) shows where they part.",
            "두 모델의 층이 같지 않습니다. kfx.diff(loaded, twin)이 어디에서 갈라지는지 보여 줍니다.",
        )
    pairs = zip(first.get_weights(), second.get_weights(), strict=True)
    if not all(np.array_equal(one, other) for one, other in pairs):
        return wrong(
            "The layers are the same, the weights are not. get_weights of one model gives what set_weights of another takes.",
            "층은 같지만 가중치가 다릅니다. 한 모델의 get_weights가 주는 것을 다른 모델의 set_weights가 받습니다.",
        )
    if first.name == "twin" != second.name:
        return wrong(
            "The two are twins, but the list is turned round: give loaded first and twin second.",
            "두 모델은 쌍둥이지만 리스트의 차례가 반대입니다. loaded를 먼저, twin을 다음에 주십시오.",
        )
    if other := other_name(graphs[1], "twin"):
        return other
    return right(
        "Right: equal to the last weight, and each goes its own way from here.",
        "맞습니다. 마지막 가중치까지 같으며, 이제부터는 저마다 자기 길을 갑니다.",
    )


CHECKS = {"03.1": steps_in_all, "03.2": file_to_go_on, "03.3": twin}
