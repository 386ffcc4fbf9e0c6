"""The exercises of tutorial 11, when to use the functional API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from kfx.exercises import Verdict
from kfx.exercises.answers import attempt, computed, layer_class, text
from kfx.exercises.models import functional_graph_of, input_shapes, output_shapes, shapes_in_words
from kfx.exercises.sentences import Sentences
from kfx.keras_access.importing import import_keras

if TYPE_CHECKING:
    import keras

words = Sentences("11")

_REFUSED = {
    "smallest": "refused.right",
    "answer": "refused.a_dense_layer_takes",
    **dict.fromkeys(("first", "smaller", "second"), "refused.still_fits_a_convolution"),
}
_JUDGE = 5 * 16 + 16 + 16 * 3 + 3  # for examples of five numbers


def refused(answer: object) -> Iterator[Verdict]:
    """Check the layer that refuses its input: 8 → first 6 → smaller 3 → second 1 → smallest."""
    name = yield from text(answer)
    yield words.verdict(_REFUSED.get(name, "refused.none_of_the_five"), name=name[:60])


def repaired(answer: object) -> Iterator[Verdict]:
    """Check a model from (28, 28) through a Conv2D(16, 3) named look to ten numbers."""
    graph = yield from functional_graph_of(answer)
    begins, ends = input_shapes(graph), output_shapes(graph)
    yield from words.require(begins == [(None, 28, 28)], "repaired.the_input_should_keep", shapes=shapes_in_words(begins))
    looking = [call for call in graph.calls if call.name == "look"]
    types = [call.type for call in looking]
    yield from words.require(types == ["Conv2D"], "repaired.there_should_be_one", found=", ".join(types) or "no such layer")
    maps = looking[0].outputs[0].shape or ()
    yield from words.require(maps == (None, 26, 26, 16), "repaired.look_makes_a_conv2d", shape=shapes_in_words([maps]))
    yield from words.require(ends == [(None, 10)], "repaired.the_convolution_works_the", ends=shapes_in_words(ends))
    yield words.verdict("repaired.right")


def judge(answer: object) -> Iterator[Verdict]:
    """Check a subclassed model: Dense 16 relu, Dense 3 softmax."""
    made = yield from layer_class(answer, import_keras().Model)
    data = np.random.default_rng(0).normal(size=(40, 5)).astype("float32")
    with attempt() as failures:
        model = made()
        answers = computed(model, data)
    yield from failures
    yield from words.require(answers.shape == (40, 3), "judge.of_40_examples_the", shape=answers.shape)
    are_probabilities = np.allclose(answers.sum(axis=1), 1, atol=1e-4) and answers.min() >= 0
    yield from words.require(are_probabilities, "judge.three_numbers_come_out")
    params = model.count_params()
    yield from words.require(params == _JUDGE, "judge.for_examples_of_five", _JUDGE=_JUDGE, params=params)
    yield from words.require(_has_relu(model, data, answers), "judge.sizes_and_probabilities_are")
    yield words.verdict("judge.right")


def _has_relu(model: keras.Layer, data: np.ndarray, answers: np.ndarray) -> bool:
    """Return whether the model's weights and a relu give these answers."""
    if len(model.weights) != 4:
        return False
    w1, b1, w2, b2 = sorted(model.get_weights(), key=lambda w: (w.shape[-1] != 16, w.ndim != 2))
    scores = np.maximum(data @ w1 + b1, 0) @ w2 + b2
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.allclose(powers / powers.sum(axis=1, keepdims=True), answers, atol=1e-3)


CHECKS = {"11.1": refused, "11.2": repaired, "11.3": judge}
