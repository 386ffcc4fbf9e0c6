"""The exercises of tutorial 01, a graph of layers."""

from __future__ import annotations

from collections.abc import Iterator

from kfx.exercises import Verdict
from kfx.exercises.answers import whole_number
from kfx.exercises.models import (
    end,
    ends_in,
    graph_of,
    output_shapes,
    require_inputs,
    require_name,
    shapes_in_words,
    weighted_before,
)
from kfx.exercises.sentences import Sentences

words = Sentences("01")

_PRESENT = 784 * 64 + 64 + 64 * 64 + 64 + 64 * 10 + 10  # the model of the tutorial
_WIDER = {
    784 * 128 + 128 + 128 * 64 + 64 + 64 * 10 + 10: "wider.right",
    _PRESENT: "wider.that_is_the_model",
    _PRESENT + 64 * 784 + 64: "wider.the_first_layer_is",  # the first layer doubled, the second left as it was
    784 * 128 + 128 * 64 + 64 * 10: "wider.all_weights_are_there",  # no biases
}


def wider(answer: object) -> Iterator[Verdict]:
    """Check the number of parameters of the model when its first Dense layer has 128 units."""
    number = yield from whole_number(answer)
    yield words.verdict(_WIDER.get(number, "wider.not_yet_a_dense"))


def image_model(answer: object) -> Iterator[Verdict]:
    """Check a model named image_model from an image (32, 32, 3) through Flatten to Dense 10 softmax."""
    graph = yield from graph_of(answer)
    yield from require_inputs(graph, [(32, 32, 3)], words.phrase("image_model.begins_at"))
    is_flat = any(call.type in ("Flatten", "Reshape") for call in graph.calls)
    yield from words.require(is_flat, "image_model.a_dense_layer_reads")
    yield from words.require(output_shapes(graph) == [(None, 10)], "image_model.the_model_should_end")
    yield from words.require(ends_in(end(graph, 0), "softmax"), "image_model.ten_numbers_come_out")
    yield from require_name(graph, "image_model")
    yield words.verdict("image_model.right")


def two_answers(answer: object) -> Iterator[Verdict]:
    """Check one Input(784), one hidden Dense layer, and two outputs that both read it: Dense 10 softmax and Dense 1 sigmoid."""
    graph = yield from graph_of(answer)
    yield from require_inputs(graph, [(784,)], words.phrase("two_answers.begins_at"))
    yield from words.require(len(graph.outputs) == 2, "two_answers.the_model_should_have", count=len(graph.outputs))
    shapes = output_shapes(graph)
    found = shapes_in_words(sorted(set(shapes), key=str))
    yield from words.require(set(shapes) == {(None, 10), (None, 1)}, "two_answers.one_output_should_hold", found=found)
    ends = {shape[-1]: end(graph, place) for place, shape in enumerate(shapes)}
    fit = ends_in(ends[10], "softmax") and ends_in(ends[1], "sigmoid")
    yield from words.require(fit, "two_answers.the_shapes_are_right")
    last = {size: one if one.own_params else weighted_before(graph, one)[0] for size, one in ends.items()}
    dense = all(one.type == "Dense" and one.outputs[0].shape == (None, size) for size, one in last.items())
    yield from words.require(dense, "two_answers.each_answer_comes_from")
    feeds = [{one.key: one for one in weighted_before(graph, call)} for call in last.values()]
    yield from words.require(all(one.kind != "input" for one in feeds[0].values()), "two_answers.both_outputs_read_the")
    yield from words.require(feeds[0].keys() == feeds[1].keys(), "two_answers.both_outputs_are_there")
    hidden = list(feeds[0].values())
    fits = [(one.type, one.outputs[0].shape) for one in hidden] == [("Dense", (None, 64))]
    found = ", ".join(f"{one.type} {shapes_in_words([one.outputs[0].shape or ()])}" for one in hidden)
    yield from words.require(fits, "two_answers.the_layer_that_both", found=found)
    first = [one.kind for one in weighted_before(graph, hidden[0])] == ["input"]
    yield from words.require(first, "two_answers.there_should_be_one")
    yield words.verdict("two_answers.right")


CHECKS = {"01.1": wider, "01.2": image_model, "01.3": two_answers}
