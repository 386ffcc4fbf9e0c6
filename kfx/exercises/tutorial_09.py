"""The exercises of tutorial 09, take nodes out and use them again."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

from kfx.datasets import PHOTO_NAMES
from kfx.exercises import Verdict
from kfx.exercises.answers import text, whole_number
from kfx.exercises.models import end, ends_in, graph_of, output_shapes, require_inputs, require_name
from kfx.exercises.sentences import Sentences

words = Sentences("09")

_CONVOLUTIONS = {16: "convolutions.right", 21: "convolutions.you_counted_the_pooling"}  # 5 pooling layers
_SEEN = 722_496  # parameters of SqueezeNet as far as fire9_concat
_NEW = 512 * 3 + 3


def convolutions(answer: object) -> Iterator[Verdict]:
    """Check the number of outputs of ``kfx.feature_extractor(vgg, "block*_conv*")``."""
    number = yield from whole_number(answer)
    yield words.verdict(_CONVOLUTIONS.get(number, "convolutions.not_yet_go_through"))


def nearest_style(answer: object) -> Iterator[Verdict]:
    """Check the photograph whose Gram matrix at fire3_concat is nearest to that of retina."""
    name = (yield from text(answer)).lower()
    listed = ", ".join(PHOTO_NAMES)
    yield from words.require(name in PHOTO_NAMES, "nearest_style.there_is_no_photograph", name=name[:60], listed=listed)
    yield from words.require(name != "retina", "nearest_style.every_photograph_is_nearest")
    yield from words.require(name == "coffee", "nearest_style.another_one_is_nearer")
    yield words.verdict("nearest_style.right")


def sorter(answer: Any) -> Iterator[Verdict]:
    """Check SqueezeNet as far as fire9_concat, frozen, then GlobalAveragePooling2D and Dense(3, softmax); named sorter."""
    graph, size = (yield from graph_of(answer)), (227, 227, 3)
    yield from require_inputs(graph, [size], words.phrase("sorter.begins_at", shape=size))
    shape, last = output_shapes(graph)[0], end(graph, 0)
    fits = shape == (None, 3) and ends_in(last, "softmax")
    yield from words.require(fits, "sorter.the_model_should_end", shape=shape[1:], name=last.name)
    learned, count = (sum(prod(weight.shape) for weight in some) for some in (answer.trainable_weights, answer.weights))
    yield from words.require(count == _SEEN + _NEW, "sorter.it_has_parameters_with", count=count)
    yield from words.require(learned == _NEW, "sorter.parameters_would_learn_set", learned=learned)
    pooled = any(call.type == "GlobalAveragePooling2D" for call in graph.calls)
    yield from words.require(pooled, "sorter.the_sizes_fit_but")
    yield from require_name(graph, "sorter")
    yield words.verdict("sorter.right")


CHECKS = {"09.1": convolutions, "09.2": nearest_style, "09.3": sorter}
