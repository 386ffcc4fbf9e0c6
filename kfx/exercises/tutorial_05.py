"""The exercises of tutorial 05, models as layers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from kfx.exercises import Verdict
from kfx.exercises.answers import attempt, same, text, whole_number
from kfx.exercises.models import end, ends_in, graph_of, require_inputs, require_name, weighted_before
from kfx.exercises.sentences import Sentences
from kfx.model.walk import children

if TYPE_CHECKING:
    import keras

words = Sentences("05")

_ENCODER = 18_672
_HEAD = 16 * 2 + 1
_TWO_PICTURES = {
    _ENCODER + _HEAD: "two_pictures.right",
    **dict.fromkeys((2 * _ENCODER + _HEAD, 2 * _ENCODER), "two_pictures.you_counted_the_encoder"),
    _ENCODER: "two_pictures.the_encoder_is_right",
    **dict.fromkeys((_ENCODER + 17, _ENCODER + 32, _ENCODER + 16), "two_pictures.nearly_look_at_the"),
}
_LARGEST = r"up_sampling2d(_\d+)?"  # with a number where the cell was run more than once


def two_pictures(answer: object) -> Iterator[Verdict]:
    """Check the number of parameters of a model that calls the encoder twice, joins the codes and ends in Dense 1."""
    number = yield from whole_number(answer)
    yield words.verdict(_TWO_PICTURES.get(number, "two_pictures.not_yet_which_of"))


def largest_on_the_way_back(answer: object) -> Iterator[Verdict]:
    """Check the path of the decoder's layer whose output holds the most numbers, 24 × 24 × 32."""
    path = yield from text(answer)
    model = path.rpartition("/")[0]
    yield from words.require(not re.fullmatch(_LARGEST, path), "largest_on_the_way_back.that_is_the_layer")
    yield from words.require(path != "decoder", "largest_on_the_way_back.that_is_the_whole")
    yield from words.require("encoder" not in (model, path), "largest_on_the_way_back.that_is_on_the")
    yield from words.require(model == "decoder", "largest_on_the_way_back.there_is_no_path", path=path[:60])
    yield from words.require(re.fullmatch(rf"decoder/{_LARGEST}", path), "largest_on_the_way_back.a_path_into_the")
    yield words.verdict("largest_on_the_way_back.right")


def most_hopeful(answer: Any) -> Iterator[Verdict]:
    """Check Input(128), three models with a Dense 1 sigmoid each, and their maximum, named most_hopeful."""
    graph = yield from graph_of(answer)
    yield from require_inputs(graph, [(128,)], words.phrase("most_hopeful.begins_at"))
    count = len(graph.outputs)
    yield from words.require(count == 1, "most_hopeful.the_ensemble_should_give", count=count)
    members = {member.key: member for member in weighted_before(graph, end(graph, 0))}.values()
    yield from words.require(all(member.kind == "model" for member in members), "most_hopeful.the_members_are_layers")
    names = {member.name for member in members}
    yield from words.require(len(members) == 3, "most_hopeful.three_members_should_answer", count=len(members))
    differ = len(names) == 3 and all(member.own_params == 129 for member in members)
    yield from words.require(differ, "most_hopeful.the_three_members_should")
    inner = [children(graph).get(member.key) for member in members]
    are_likely = all(calls and ends_in(calls[-1], "sigmoid") for calls in inner)
    yield from words.require(are_likely, "most_hopeful.the_shapes_are_right")
    with attempt() as failures:
        shape, is_largest = _answers_with_largest(answer, names)
    yield from failures
    yield from words.require(shape in ((40,), (40, 1)), "most_hopeful.one_number_should_come", shape=shape)
    yield from words.require(is_largest, "most_hopeful.the_answer_comes_from", type=end(graph, 0).type)
    yield from require_name(graph, "most_hopeful")
    yield words.verdict("most_hopeful.right")


def _answers_with_largest(model: keras.Model, names: set[str]) -> tuple[tuple[int, ...], bool]:
    """Call the ensemble and its members on the same 40 examples: the answer's shape, and whether it is the largest."""
    data = np.random.default_rng(0).normal(size=(40, 128)).astype("float32")
    answer = np.asarray(model(data, training=False))
    said = np.stack([np.asarray(model.get_layer(name)(data, training=False)).ravel() for name in sorted(names)])
    return answer.shape, same(answer.ravel(), said.max(axis=0))


CHECKS = {"05.1": two_pictures, "05.2": largest_on_the_way_back, "05.3": most_hopeful}
