"""The exercises of tutorial 05, models as layers."""

from __future__ import annotations

import re

from kfx.exercises import Verdict
from kfx.exercises.answers import text, whole_number
from kfx.exercises.models import calls, end, ends_in, graph_of, other_begin, other_name
from kfx.exercises.sentences import Sentences
from kfx.model.facts import LayerCall, LayerGraph
from kfx.model.walk import children

verdict = Sentences("05")

_ENCODER = 18_672
_HEAD = 16 * 2 + 1
_LARGEST = r"up_sampling2d(_\d+)?"  # with a number where the cell was run more than once


def two_pictures(answer: object) -> Verdict:
    """Check: how many parameters has a model that calls the encoder twice, joins the codes and ends in Dense 1?"""
    number = whole_number(answer)
    if isinstance(number, Verdict):
        return number
    if number == _ENCODER + _HEAD:
        return verdict.right("two_pictures.right")
    if number in (2 * _ENCODER + _HEAD, 2 * _ENCODER):
        return verdict.wrong("two_pictures.you_counted_the_encoder")
    if number == _ENCODER:
        return verdict.wrong("two_pictures.the_encoder_is_right")
    if number in (_ENCODER + 17, _ENCODER + 32, _ENCODER + 16):
        return verdict.wrong("two_pictures.nearly_look_at_the")
    return verdict.wrong("two_pictures.not_yet_which_of")


def largest_on_the_way_back(answer: object) -> Verdict:
    """The path of the decoder's layer whose output holds the most numbers, 24 × 24 × 32."""
    path = text(answer)
    if isinstance(path, Verdict):
        return path
    model = path.rpartition("/")[0]
    if re.fullmatch(rf"decoder/{_LARGEST}", path):
        return verdict.right("largest_on_the_way_back.right")
    if re.fullmatch(_LARGEST, path):
        return verdict.wrong("largest_on_the_way_back.that_is_the_layer")
    if path == "decoder":
        return verdict.wrong("largest_on_the_way_back.that_is_the_whole")
    if "encoder" in (model, path):
        return verdict.wrong("largest_on_the_way_back.that_is_on_the")
    if model == "decoder":
        return verdict.wrong("largest_on_the_way_back.a_path_into_the")
    return verdict.wrong("largest_on_the_way_back.there_is_no_path", path=path[:60])


def bold(answer: object) -> Verdict:
    """Input(128), three models with a Dense 1 sigmoid each, and their maximum, named bold."""
    graph = graph_of(answer)
    if isinstance(graph, Verdict):
        return graph
    if other := other_begin(graph, [(128,)], verdict.phrase("bold.begins_at")):
        return other
    if len(graph.outputs) != 1:
        return verdict.wrong("bold.the_ensemble_should_give", count=len(graph.outputs))
    last = end(graph, 0)
    if last.type != "Maximum":
        return verdict.wrong("bold.the_answer_comes_from", type=last.type)
    feeds = [edge.source for edge in graph.edges if edge.target == last.key]
    members = [calls(graph)[key] for key in feeds]
    if any(member.kind != "model" for member in members):
        return verdict.wrong("bold.the_members_are_layers")
    if len(feeds) != 3:
        return verdict.wrong("bold.three_members_should_answer", count=len(feeds))
    if len({member.name for member in members}) < 3 or any(member.params != 129 for member in members):
        return verdict.wrong("bold.the_three_members_should")
    if not all(_ends_in_sigmoid(graph, member) for member in members):
        return verdict.wrong("bold.the_shapes_are_right")
    if other := other_name(graph, "bold"):
        return other
    return verdict.right("bold.right")


def _ends_in_sigmoid(graph: LayerGraph, member: LayerCall) -> bool:
    inside = children(graph)[member.key]
    return bool(inside) and ends_in(inside[-1], "sigmoid")


CHECKS = {"05.1": two_pictures, "05.2": largest_on_the_way_back, "05.3": bold}
