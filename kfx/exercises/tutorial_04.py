"""The exercises of tutorial 04, one graph and several models."""

from __future__ import annotations

from typing import Any

import numpy as np

from kfx.exercises import Verdict
from kfx.exercises.answers import right, values_at, whole_number, wrong
from kfx.exercises.models import end, layers_of, other_begin, other_name, two_models

_CODE = 16
_ENCODER = 160 + 4_640 + 9_248 + 4_624  # convolutions from 1 to 16, 32, 32 and 16 patterns of 3 × 3
_NO_BIASES = _ENCODER - 16 - 32 - 32 - 16
_LAYERS = ["Conv2D", "Conv2D", "MaxPooling2D", "Conv2D", "Conv2D", "GlobalMaxPooling2D"]
_AUTOENCODER = _ENCODER + 160 + 4_640 + 4_624 + 145


def larger_pictures(answer: Any) -> Verdict:
    """How many parameters has the encoder for pictures of 56 × 56 pixels?"""
    number = whole_number(answer)
    if isinstance(number, Verdict):
        return number
    if number == _ENCODER:
        return right(
            "Right: as many as before. A convolution learns its patterns, and how often it lays them on the picture costs "
            "nothing to learn. The calculations do grow.",
            "맞습니다. 전과 같습니다. 합성곱은 무늬를 배우며, 무늬를 이미지에 몇 번 대어 보는지는 배울 것이 아닙니다. "
            "다만 계산량은 늘어납니다.",
        )
    if number == _CODE:
        return wrong(
            "That is how many numbers the code has. Parameters are the weights and biases inside the layers.",
            "그것은 압축 코드에 든 수의 개수입니다. 파라미터는 층 안에 있는 가중치와 편향입니다.",
        )
    if number == _AUTOENCODER:
        return wrong(
            "That is the whole autoencoder. The encoder ends at the code.",
            "그것은 오토인코더 전체입니다. 인코더는 압축 코드에서 끝납니다.",
        )
    if number == _NO_BIASES:
        return wrong(
            "The weights are right, but each pattern of a convolution also has a bias.",
            "가중치는 맞지만, 합성곱의 무늬에는 저마다 편향도 하나씩 있습니다.",
        )
    if number > _ENCODER and number % _ENCODER == 0:
        return wrong(
            "You let the parameters grow with the picture. How many numbers make up one pattern of 3 × 3, and does a larger "
            "picture change that?",
            "파라미터가 이미지와 함께 늘어난다고 보았습니다. 3 × 3 무늬 하나는 몇 개의 수로 이루어집니까? "
            "이미지가 커지면 그 수가 바뀝니까?",
        )
    return wrong(
        "Not yet. Find the number in the summary of the encoder as it is, then ask of each layer: does it depend on how "
        "large the picture is?",
        "아직 아닙니다. 지금 인코더의 요약에서 그 수를 찾은 다음, 층마다 물어보십시오. 그것은 이미지의 크기에 따라 달라집니까?",
    )


def two_values(answer: Any) -> Verdict:
    """``kfx.extract(autoencoder, test_images[:5], ["conv2d_3", "code"])``."""
    values = values_at(answer, ["conv2d_3", "code"])
    if isinstance(values, Verdict):
        return values
    maps, code = values["conv2d_3"], values["code"]
    if len(code) != 5:
        return wrong(
            f"The values belong to {len(code)} digits; take the first five, test_images[:5].",
            f"숫자 {len(code)}개의 값입니다. 처음 다섯 개인 test_images[:5]를 주십시오.",
        )
    if maps.shape[1:] != (4, 4, _CODE) or code.shape[1:] != (_CODE,) or not np.allclose(maps.max(axis=(1, 2)), code, atol=1e-4):
        return wrong(
            "The addresses are right, but the values are not those of the tutorial's autoencoder. Which model did you ask?",
            "주소는 맞지만 이 튜토리얼의 autoencoder가 만든 값이 아닙니다. 어느 모델에 물었습니까?",
        )
    return right(
        "Right: a code is the largest number of each of the 16 pictures that conv2d_3 makes.",
        "맞습니다. 압축 코드는 conv2d_3이 만든 이미지 16개에서 저마다 가장 큰 수를 모은 것입니다.",
    )


def third_model(answer: Any) -> Verdict:
    """``[encoder, keras.Model(image, encoder.get_layer("max_pooling2d").output, name="first_half")]``."""
    graphs = two_models(answer)
    if isinstance(graphs, Verdict):
        return graphs
    whole, part = map(layers_of, answer)
    if [type(layer).__name__ for layer in whole[-1:]] == ["MaxPooling2D"]:
        return wrong(
            "The first model of your list ends at the pooling already. Give the encoder first and then its half.",
            "리스트의 첫째 모델이 이미 풀링에서 끝납니다. 인코더를 먼저, 그 앞부분을 다음에 주십시오.",
        )
    if [type(layer).__name__ for layer in whole] != _LAYERS:
        return wrong(
            "The first model of your list is not the encoder, four convolutions and two poolings. The list is "
            "[encoder, first_half].",
            "리스트의 첫째 모델이 합성곱 네 개와 풀링 두 개로 된 인코더가 아닙니다. 리스트는 [encoder, first_half]입니다.",
        )
    last = end(graphs[1], 0).type
    if last != "MaxPooling2D":
        return wrong(
            f"The second model ends at a layer of type {last}; it should end at max_pooling2d.",
            f"둘째 모델은 {last} 층에서 끝납니다. max_pooling2d에서 끝나야 합니다.",
        )
    if not all(any(layer is other for other in whole) for layer in part):
        return wrong(
            "The layers look alike but they are not the same ones: they were made anew. Use the placeholders that are there, "
            "image and the output of encoder.get_layer(...).",
            "층이 비슷해 보이지만 같은 층이 아니라 새로 만든 층입니다. 이미 있는 자리 표시자 image와 "
            "encoder.get_layer(...)의 출력을 쓰십시오.",
        )
    if other := other_begin(graphs[1], [(28, 28, 1)], "the placeholder image", "자리 표시자 image"):
        return other
    if other := other_name(graphs[1], "first_half"):
        return other
    return right(
        "Right: a third frame on the same graph, and not one new weight.",
        "맞습니다. 같은 그래프에 세 번째 테두리가 생겼고, 새로 생긴 가중치는 하나도 없습니다.",
    )


CHECKS = {"04.1": larger_pictures, "04.2": two_values, "04.3": third_model}
