"""The exercises of tutorial 02, train, evaluate, predict."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kfx.exercises import Verdict
from kfx.exercises.answers import attempt, whole_number
from kfx.exercises.models import end, ends_in, graph_of, input_shapes, output_shape
from kfx.exercises.sentences import Sentences

if TYPE_CHECKING:
    import keras

verdict = Sentences("02")

_LEARNED, _BATCH = 54_000, 128
_STEPS = 422  # 421 whole batches and one of 112
_LEAST_RIGHT = 0.9
_PLANNED = 20


def steps(answer: object) -> Verdict:
    """Check: how many steps has an epoch of 60,000 digits with validation_split=0.1 and batch_size=128?"""
    number = whole_number(answer)
    if isinstance(number, Verdict):
        return number
    if number == _STEPS:
        return verdict.right("steps.right")
    if number == _STEPS - 1:
        return verdict.wrong("steps.so_many_batches_are")
    if number in (468, 469):
        return verdict.wrong("steps.you_let_the_model")
    if number in (46, 47):
        return verdict.wrong("steps.those_are_the_steps")
    return verdict.wrong("steps.not_yet_take_off")


def even(answer: object) -> Verdict:
    """A trained model from 784 numbers to one sigmoid unit that tells even digits from odd ones."""
    graph = graph_of(answer)
    if isinstance(graph, Verdict):
        return graph
    if [shape[1:] for shape in input_shapes(graph)] != [(784,)] or len(graph.outputs) != 1:
        return verdict.wrong("even.the_model_should_read")
    if output_shape(graph, 0)[1:] != (1,):
        return verdict.wrong("even.one_probability_should_come", shape=output_shape(graph, 0))
    if not ends_in(end(graph, 0), "sigmoid"):
        return verdict.wrong("even.one_number_comes_out")
    share = _right_answers(answer)
    if isinstance(share, Verdict):
        return share
    if share <= 1 - _LEAST_RIGHT:
        return verdict.wrong("even.it_is_nearly_always")
    if share < _LEAST_RIGHT:
        return verdict.wrong("even.it_reads_of_the", share=share)
    return verdict.right("even.right", share=share)


def _right_answers(model: keras.Model) -> float | Verdict:
    from kfx.datasets import digits

    _, (images, labels) = digits()
    with attempt() as tried:
        said = np.asarray(model(images.reshape(-1, 784).astype("float32") / 255, training=False))
    return tried.failed or float(np.mean((said[:, 0] > 0.5) == (labels % 2 == 0)))


def stopped(answer: object) -> Verdict:
    """A run of ``kfx.fit`` planned for 20 epochs or more and stopped before."""
    if answer is None:
        return verdict.nothing_yet("stopped.nothing_yet")
    journal = getattr(answer, "journal", None)
    if journal is None or not hasattr(journal, "epochs_done"):
        return verdict.something_else(answer, "stopped.expected")
    planned = journal.plan.epochs - journal.plan.first_epoch
    if planned < _PLANNED:
        return verdict.wrong("stopped.this_run_was_to", planned=planned)
    if journal.state == "done":
        return verdict.wrong("stopped.this_run_went_all")
    if journal.state == "failed":
        return verdict.wrong("stopped.this_run_ended_in")
    if journal.state not in ("stopped", "interrupted"):
        return verdict.wrong("stopped.this_run_is_still")
    return verdict.right("stopped.right", state=journal.state, steps=journal.steps)


CHECKS = {"02.1": steps, "02.2": even, "02.3": stopped}
