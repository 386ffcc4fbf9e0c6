"""The exercises of tutorial 04, one graph and several models."""

from __future__ import annotations

from typing import Any

import numpy as np

from kfx.exercises import Verdict
from kfx.exercises.answers import values_at, whole_number
from kfx.exercises.models import end, layers_of, other_begin, other_name, two_models
from kfx.exercises.sentences import Sentences

verdict = Sentences("04")

_CODE = 16
_ENCODER = 160 + 4_640 + 9_248 + 4_624  # convolutions from 1 to 16, 32, 32 and 16 patterns of 3 × 3
_NO_BIASES = _ENCODER - 16 - 32 - 32 - 16
_LAYERS = ["Conv2D", "Conv2D", "MaxPooling2D", "Conv2D", "Conv2D", "GlobalMaxPooling2D"]
_AUTOENCODER = _ENCODER + 160 + 4_640 + 4_624 + 145


def larger_pictures(answer: object) -> Verdict:
    """Check: how many parameters has the encoder for pictures of 56 × 56 pixels?"""
    number = whole_number(answer)
    if isinstance(number, Verdict):
        return number
    if number == _ENCODER:
        return verdict.right("larger_pictures.right")
    if number == _CODE:
        return verdict.wrong("larger_pictures.that_is_how_many")
    if number == _AUTOENCODER:
        return verdict.wrong("larger_pictures.that_is_the_whole")
    if number == _NO_BIASES:
        return verdict.wrong("larger_pictures.the_weights_are_right")
    if number > _ENCODER and number % _ENCODER == 0:
        return verdict.wrong("larger_pictures.you_let_the_parameters")
    return verdict.wrong("larger_pictures.not_yet_find_the")


def two_values(answer: object) -> Verdict:
    """``kfx.extract(autoencoder, test_images[:5], ["conv2d_3", "code"])``."""
    values = values_at(answer, ["conv2d_3", "code"])
    if isinstance(values, Verdict):
        return values
    maps, code = values["conv2d_3"], values["code"]
    if len(code) != 5:
        return verdict.wrong("two_values.the_values_belong_to", count=len(code))
    if maps.shape[1:] != (4, 4, _CODE) or code.shape[1:] != (_CODE,) or not np.allclose(maps.max(axis=(1, 2)), code, atol=1e-4):
        return verdict.wrong("two_values.the_addresses_are_right")
    return verdict.right("two_values.right")


def third_model(answer: Any) -> Verdict:
    """``[encoder, keras.Model(image, encoder.get_layer("max_pooling2d").output, name="first_half")]``."""
    graphs = two_models(answer)
    if isinstance(graphs, Verdict):
        return graphs
    whole, part = map(layers_of, answer)
    if [type(layer).__name__ for layer in whole[-1:]] == ["MaxPooling2D"]:
        return verdict.wrong("third_model.the_first_model_of")
    if [type(layer).__name__ for layer in whole] != _LAYERS:
        return verdict.wrong("third_model.the_first_model_of_your_list")
    last = end(graphs[1], 0).type
    if last != "MaxPooling2D":
        return verdict.wrong("third_model.the_second_model_ends", last=last)
    if not all(any(layer is other for other in whole) for layer in part):
        return verdict.wrong("third_model.the_layers_look_alike")
    if other := other_begin(graphs[1], [(28, 28, 1)], verdict.phrase("third_model.begins_at")):
        return other
    if other := other_name(graphs[1], "first_half"):
        return other
    return verdict.right("third_model.right")


CHECKS = {"04.1": larger_pictures, "04.2": two_values, "04.3": third_model}
