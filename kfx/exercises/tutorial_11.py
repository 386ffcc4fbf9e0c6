"""The exercises of tutorial 11, when to use the functional API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kfx.exercises import Verdict
from kfx.exercises.answers import attempt, computed, layer_class, text
from kfx.exercises.models import calls, functional_graph_of, input_shapes, output_shape, shapes_in_words
from kfx.exercises.sentences import Sentences
from kfx.keras_access.importing import import_keras

if TYPE_CHECKING:
    import keras

verdict = Sentences("11")

_JUDGE = 5 * 16 + 16 + 16 * 3 + 3  # for examples of five numbers


def refused(answer: object) -> Verdict:
    """8 → first 6 → smaller 3 → second 1 → smallest refuses."""
    name = text(answer)
    if isinstance(name, Verdict):
        return name
    if name == "smallest":
        return verdict.right("refused.right")
    if name == "answer":
        return verdict.wrong("refused.a_dense_layer_takes")
    if name in ("first", "smaller", "second"):
        return verdict.wrong("refused.still_fits_a_convolution", name=name)
    return verdict.wrong("refused.none_of_the_five", name=name[:60])


def repaired(answer: object) -> Verdict:
    """From (28, 28) through a Conv2D(16, 3) named look to ten numbers."""
    graph = functional_graph_of(answer)
    if isinstance(graph, Verdict):
        return graph
    begins = input_shapes(graph)
    if begins != [(None, 28, 28)]:
        return verdict.wrong("repaired.the_input_should_keep", shapes=shapes_in_words(begins))
    looking = [call for call in calls(graph).values() if call.name == "look"]
    if [call.type for call in looking] != ["Conv2D"]:
        found = ", ".join(call.type for call in looking) or "no such layer"
        return verdict.wrong("repaired.there_should_be_one", found=found)
    if looking[0].outputs[0].shape != (None, 26, 26, 16):
        shape = shapes_in_words([looking[0].outputs[0].shape or ()])
        return verdict.wrong("repaired.look_makes_a_conv2d", shape=shape)
    if [output_shape(graph, k) for k in range(len(graph.outputs))] != [(None, 10)]:
        ends = shapes_in_words([output_shape(graph, k) for k in range(len(graph.outputs))])
        return verdict.wrong("repaired.the_convolution_works_the", ends=ends)
    return verdict.right("repaired.right")


def judge(answer: object) -> Verdict:
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
        return verdict.wrong("judge.of_40_examples_the", shape=answers.shape)
    if not (np.allclose(answers.sum(axis=1), 1, atol=1e-4) and answers.min() >= 0):
        return verdict.wrong("judge.three_numbers_come_out")
    if model.count_params() != _JUDGE:
        return verdict.wrong("judge.for_examples_of_five", _JUDGE=_JUDGE, params=model.count_params())
    if not _has_relu(model, data, answers):
        return verdict.wrong("judge.sizes_and_probabilities_are")
    return verdict.right("judge.right")


def _has_relu(model: keras.Model, data: np.ndarray, answers: np.ndarray) -> bool:
    """Work the answers out by hand from the model's weights."""
    if len(model.weights) != 4:
        return False
    w1, b1, w2, b2 = sorted(model.get_weights(), key=lambda w: (w.shape[-1] != 16, w.ndim != 2))
    scores = np.maximum(data @ w1 + b1, 0) @ w2 + b2
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.allclose(powers / powers.sum(axis=1, keepdims=True), answers, atol=1e-3)


CHECKS = {"11.1": refused, "11.2": repaired, "11.3": judge}
