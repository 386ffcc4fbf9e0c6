"""The exercises of tutorial 08, shared layers."""

from __future__ import annotations

from typing import Any

import numpy as np

from kfx.exercises import Verdict
from kfx.exercises.answers import right, values_at, whole_number, wrong
from kfx.exercises.models import calls, end, graph_of, other_begin, other_name

_SHARED, _OWN = 1000 * 128, 1000 * 64
_THE = [0, 4, 7]  # where the first word of the second text stands: the dog sleeping near the door sees the cat


def four_inputs(answer: Any) -> Verdict:
    """How many parameters have an Embedding(1000, 128) for three inputs and an Embedding(1000, 64) for a fourth?"""
    number = whole_number(answer)
    if isinstance(number, Verdict):
        return number
    if number == _SHARED + _OWN:
        return right(
            "Right: two tables, whatever the number of texts that look into them.",
            "맞습니다. 표는 두 개이고, 몇 개의 텍스트가 그 표를 보는지는 상관없습니다.",
        )
    if number == 3 * _SHARED + _OWN:
        return wrong(
            "You counted the shared table once for each of its three inputs. How many tables are there?",
            "함께 쓰는 표를 세 입력마다 한 번씩 세었습니다. 표는 몇 개입니까?",
        )
    if number in (_SHARED, 2 * _SHARED):
        return wrong(
            "The shared table is 1,000 × 128. The fourth text has a table of its own, and it has other columns.",
            "함께 쓰는 표는 1,000 × 128입니다. 넷째 텍스트는 자기 표를 따로 쓰고, 그 표는 열의 개수가 다릅니다.",
        )
    return wrong(
        "Not yet. An Embedding holds its rows times its columns and no bias. Count the tables first.",
        "아직 아닙니다. Embedding의 파라미터는 행의 개수와 열의 개수를 곱한 것이며 편향은 없습니다. 먼저 표를 세어 보십시오.",
    )


def second_call(answer: Any) -> Verdict:
    """``kfx.extract(pair, texts, "shared_embedding@2")``."""
    values = values_at(answer, ["shared_embedding@2"])
    if isinstance(values, Verdict):
        return values
    found = values["shared_embedding@2"]
    shape = found.shape
    if shape != (1, 9, 128):
        return wrong(
            f"The address is right, but the values have the shape {shape}. The second text has nine words: did you give both "
            "arrays of texts, in their order?",
            f"주소는 맞지만 값의 형상이 {shape}입니다. 두 번째 텍스트에는 단어가 아홉 개 있습니다. texts의 두 배열을 "
            "차례대로 주었습니까?",
        )
    if [place for place in range(9) if np.array_equal(found[0, place], found[0, 0])] != _THE:
        return wrong(
            "Nine words, but not those of texts: there the first, the fifth and the eighth are the same word, so their rows "
            "must be equal.",
            "단어가 아홉 개이지만 texts의 단어가 아닙니다. texts에서는 첫째, 다섯째, 여덟째 단어가 같으므로 세 행도 같아야 "
            "합니다.",
        )
    return right(
        "Right: nine words, 128 numbers for each. The first call was not even computed.",
        "맞습니다. 단어가 아홉 개이고 단어마다 수가 128개입니다. 첫 번째 호출은 계산조차 하지 않았습니다.",
    )


def change(answer: Any) -> Verdict:
    """Two inputs (32, 32, 3), one Conv2D(8, 3) called on both, Subtract; named change."""
    graph = graph_of(answer)
    if isinstance(graph, Verdict):
        return graph
    shape = (32, 32, 3)
    if other := other_begin(graph, [shape, shape], f"two photographs of shape {shape}", f"형상이 {shape}인 사진 두 장"):
        return other
    made = calls(graph)
    looking = [call for call in made.values() if call.type == "Conv2D"]
    names = {call.name for call in looking}
    if len(names) > 1:
        return wrong(
            f"There are {len(names)} convolutions, each with weights of its own. Make one layer and call it twice.",
            f"합성곱 층이 {len(names)}개이고 가중치가 저마다 따로 있습니다. 층을 하나만 만들어 두 번 호출하십시오.",
        )
    if len(looking) != 2:
        return wrong(
            f"The convolution should be called once on each of the two photographs; its calls now: {len(looking)}.",
            f"합성곱은 두 사진에 모두 호출해야 합니다. 지금은 {len(looking)}번 호출합니다.",
        )
    shape = looking[0].outputs[0].shape or ()
    if shape != (None, 30, 30, 8):
        return wrong(
            f"One layer is called twice, as it should be. It makes {shape[1:]}; Conv2D(8, 3) makes another shape.",
            f"층 하나를 두 번 호출하는 것은 맞습니다. 그런데 만드는 형상이 {shape[1:]}입니다. Conv2D(8, 3)은 다른 형상을 "
            "만듭니다.",
        )
    feeds = {edge.source for edge in graph.edges if edge.target == end(graph, 0).key}
    if end(graph, 0).type != "Subtract" or feeds != {call.key for call in looking}:
        return wrong(
            "The convolution is shared. What comes out should be the difference of its two calls, by layers.Subtract().",
            "합성곱은 함께 쓰고 있습니다. 나오는 것은 두 호출의 차여야 합니다. layers.Subtract()를 쓰십시오.",
        )
    if other := other_name(graph, "change"):
        return other
    return right(
        "Right: the same eyes look twice, so equal photographs leave nothing over.",
        "맞습니다. 같은 눈이 두 번 보므로, 사진이 같으면 아무것도 남지 않습니다.",
    )


CHECKS = {"08.1": four_inputs, "08.2": second_call, "08.3": change}
