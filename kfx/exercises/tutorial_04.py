"""The exercises of tutorial 04, one graph and several models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from kfx.exercises import Verdict
from kfx.exercises.answers import values_at, whole_number
from kfx.exercises.models import end, layers_of, require_inputs, require_name, two_models
from kfx.exercises.sentences import Sentences

words = Sentences("04")

_CODE = 16
_ENCODER = 160 + 4_640 + 9_248 + 4_624  # convolutions from 1 to 16, 32, 32 and 16 patterns of 3 × 3
_LARGER_PICTURES = {
    _ENCODER: "larger_pictures.right",
    _CODE: "larger_pictures.that_is_how_many",
    _ENCODER + 160 + 4_640 + 4_624 + 145: "larger_pictures.that_is_the_whole",  # autoencoder
    _ENCODER - 16 - 32 - 32 - 16: "larger_pictures.the_weights_are_right",  # no biases
}
_LAYERS = ["Conv2D", "Conv2D", "MaxPooling2D", "Conv2D", "Conv2D", "GlobalMaxPooling2D"]


def larger_pictures(answer: object) -> Iterator[Verdict]:
    """Check the number of parameters of the encoder for pictures of 56 × 56 pixels."""
    number = yield from whole_number(answer)
    is_multiple = number > _ENCODER and number % _ENCODER == 0
    other = "larger_pictures.you_let_the_parameters" if is_multiple else "larger_pictures.not_yet_find_the"
    yield words.verdict(_LARGER_PICTURES.get(number, other))


def two_values(answer: object) -> Iterator[Verdict]:
    """Check ``kfx.extract(autoencoder, test_images[:5], ["conv2d_3", "code"])``."""
    values = yield from values_at(answer, ["conv2d_3", "code"])
    maps, code = values["conv2d_3"], values["code"]
    yield from words.require(len(code) == 5, "two_values.the_values_belong_to", count=len(code))
    shapes_fit = maps.shape[1:] == (4, 4, _CODE) and code.shape[1:] == (_CODE,)
    fit = shapes_fit and np.allclose(maps.max(axis=(1, 2)), code, atol=1e-4)
    yield from words.require(fit, "two_values.the_addresses_are_right")
    yield words.verdict("two_values.right")


def third_model(answer: Any) -> Iterator[Verdict]:
    """Check ``[encoder, keras.Model(image, encoder.get_layer("max_pooling2d").output, name="first_half")]``."""
    _, graph = yield from two_models(answer)
    whole, part = map(layers_of, answer)
    types = [type(layer).__name__ for layer in whole]
    yield from words.require(types[-1:] != ["MaxPooling2D"], "third_model.the_first_model_of")
    yield from words.require(types == _LAYERS, "third_model.the_first_model_of_your_list")
    last = end(graph, 0).type
    yield from words.require(last == "MaxPooling2D", "third_model.the_second_model_ends", last=last)
    shared = all(any(layer is other for other in whole) for layer in part)
    yield from words.require(shared, "third_model.the_layers_look_alike")
    yield from require_inputs(graph, [(28, 28, 1)], words.phrase("third_model.begins_at"))
    yield from require_name(graph, "first_half")
    yield words.verdict("third_model.right")


CHECKS = {"04.1": larger_pictures, "04.2": two_values, "04.3": third_model}
