"""The exercises of tutorial 09, take nodes out and use them again."""

from __future__ import annotations

from math import prod
from typing import Any

from kfx.datasets import PHOTO_NAMES
from kfx.exercises import Verdict
from kfx.exercises.answers import text, whole_number
from kfx.exercises.models import end, ends_in, graph_of, other_begin, other_name, output_shape
from kfx.exercises.sentences import Sentences

verdict = Sentences("09")

_CONVOLUTIONS, _POOLINGS = 16, 5
_SEEN = 722_496  # parameters of SqueezeNet as far as fire9_concat
_NEW = 512 * 3 + 3


def convolutions(answer: object) -> Verdict:
    """Check: how many outputs has ``kfx.feature_extractor(vgg, "block*_conv*")``?"""
    number = whole_number(answer)
    if isinstance(number, Verdict):
        return number
    if number == _CONVOLUTIONS:
        return verdict.right("convolutions.right")
    if number == _CONVOLUTIONS + _POOLINGS:
        return verdict.wrong("convolutions.you_counted_the_pooling")
    return verdict.wrong("convolutions.not_yet_go_through")


def nearest_style(answer: object) -> Verdict:
    """Whose Gram matrix at fire3_concat is nearest to that of retina?"""
    name = text(answer)
    if isinstance(name, Verdict):
        return name
    name = name.lower()
    if name not in PHOTO_NAMES:
        return verdict.wrong("nearest_style.there_is_no_photograph", name=name[:60], listed=", ".join(PHOTO_NAMES))
    if name == "retina":
        return verdict.wrong("nearest_style.every_photograph_is_nearest")
    if name != "coffee":
        return verdict.wrong("nearest_style.another_one_is_nearer")
    return verdict.right("nearest_style.right")


def sorter(answer: Any) -> Verdict:
    """SqueezeNet as far as fire9_concat, frozen, then GlobalAveragePooling2D and Dense(3, softmax); named sorter."""
    graph = graph_of(answer)
    if isinstance(graph, Verdict):
        return graph
    size = (227, 227, 3)
    if other := other_begin(graph, [size], verdict.phrase("sorter.begins_at", shape=size)):
        return other
    shape = output_shape(graph, 0)
    if shape != (None, 3) or not ends_in(end(graph, 0), "softmax"):
        return verdict.wrong("sorter.the_model_should_end", shape=shape[1:], name=end(graph, 0).name)
    learned, kept = (_numbers(weights) for weights in (answer.trainable_weights, answer.non_trainable_weights))
    if learned + kept != _SEEN + _NEW:
        return verdict.wrong("sorter.it_has_parameters_with", count=learned + kept)
    if learned != _NEW:
        return verdict.wrong("sorter.parameters_would_learn_set", learned=learned)
    if not any(call.type == "GlobalAveragePooling2D" for call in graph.calls):
        return verdict.wrong("sorter.the_sizes_fit_but")
    if other := other_name(graph, "sorter"):
        return other
    return verdict.right("sorter.right")


def _numbers(weights: list[Any]) -> int:
    return sum(prod(weight.shape) for weight in weights)


CHECKS = {"09.1": convolutions, "09.2": nearest_style, "09.3": sorter}
