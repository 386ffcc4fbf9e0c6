"""The exercises of tutorial 05, models as layers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kfx.exercises import Verdict
from kfx.exercises.answers import text, whole_number
from kfx.exercises.models import end, ends_in, graph_of, require_inputs, require_name, sources
from kfx.exercises.sentences import Sentences
from kfx.model.walk import children

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


def bold(answer: object) -> Iterator[Verdict]:
    """Check Input(128), three models with a Dense 1 sigmoid each, and their maximum, named bold."""
    graph = yield from graph_of(answer)
    yield from require_inputs(graph, [(128,)], words.phrase("bold.begins_at"))
    yield from words.require(len(graph.outputs) == 1, "bold.the_ensemble_should_give", count=len(graph.outputs))
    last = end(graph, 0)
    yield from words.require(last.type == "Maximum", "bold.the_answer_comes_from", type=last.type)
    members = sources(graph, last)
    yield from words.require(all(member.kind == "model" for member in members), "bold.the_members_are_layers")
    yield from words.require(len(members) == 3, "bold.three_members_should_answer", count=len(members))
    differ = len({member.name for member in members}) == 3
    yield from words.require(differ and all(member.params == 129 for member in members), "bold.the_three_members_should")
    inner = [children(graph).get(member.key) for member in members]
    yield from words.require(all(calls and ends_in(calls[-1], "sigmoid") for calls in inner), "bold.the_shapes_are_right")
    yield from require_name(graph, "bold")
    yield words.verdict("bold.right")


CHECKS = {"05.1": two_pictures, "05.2": largest_on_the_way_back, "05.3": bold}
