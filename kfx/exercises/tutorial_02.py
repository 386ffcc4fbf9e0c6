"""The exercises of tutorial 02, train, evaluate, predict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from kfx.exercises import Read, Verdict
from kfx.exercises.answers import attempt, whole_number
from kfx.exercises.models import end, ends_in, graph_of, input_shapes, output_shapes
from kfx.exercises.sentences import Sentences

if TYPE_CHECKING:
    import keras

words = Sentences("02")

_STEPS = {
    422: "steps.right",  # 421 whole batches of 128 and one of 112
    421: "steps.so_many_batches_are",
    **dict.fromkeys((468, 469), "steps.you_let_the_model"),
    **dict.fromkeys((46, 47), "steps.those_are_the_steps"),
}
_LEAST_RIGHT = 0.9
_PLANNED = 20


def steps(answer: object) -> Iterator[Verdict]:
    """Check the number of steps in an epoch of 60,000 digits with validation_split=0.1 and batch_size=128."""
    number = yield from whole_number(answer)
    yield words.verdict(_STEPS.get(number, "steps.not_yet_take_off"))


def even(answer: Any) -> Iterator[Verdict]:
    """Check a trained model from 784 numbers to one sigmoid unit that tells even digits from odd ones."""
    graph = yield from graph_of(answer)
    fits = [shape[1:] for shape in input_shapes(graph)] == [(784,)] and len(graph.outputs) == 1
    yield from words.require(fits, "even.the_model_should_read")
    shape = output_shapes(graph)[0]
    yield from words.require(shape[1:] == (1,), "even.one_probability_should_come", shape=shape)
    yield from words.require(ends_in(end(graph, 0), "sigmoid"), "even.one_number_comes_out")
    share = yield from _right_answers(answer)
    yield from words.require(share > 1 - _LEAST_RIGHT, "even.it_is_nearly_always")
    yield from words.require(share >= _LEAST_RIGHT, "even.it_reads_of_the", share=share)
    yield words.verdict("even.right", share=share)


def _right_answers(model: keras.Model) -> Read[float]:
    from kfx.datasets import digits

    _, (images, labels) = digits()
    with attempt() as failures:
        predictions = np.asarray(model(images.reshape(-1, 784).astype("float32") / 255, training=False))
    yield from failures
    return float(np.mean((predictions[:, 0] > 0.5) == (labels % 2 == 0)))


def stopped(answer: Any) -> Iterator[Verdict]:
    """Check a run of ``kfx.fit`` planned for 20 epochs or more and stopped before."""
    yield from words.require_kind(answer, hasattr(getattr(answer, "journal", None), "epochs_done"), "stopped")
    journal = answer.journal
    planned = journal.plan.epochs - journal.plan.first_epoch
    yield from words.require(planned >= _PLANNED, "stopped.this_run_was_to", planned=planned)
    yield from words.require(journal.state != "done", "stopped.this_run_went_all")
    yield from words.require(journal.state != "failed", "stopped.this_run_ended_in")
    yield from words.require(journal.state in ("stopped", "interrupted"), "stopped.this_run_is_still")
    yield words.verdict("stopped.right", state=journal.state, steps=journal.steps)


CHECKS = {"02.1": steps, "02.2": even, "02.3": stopped}
