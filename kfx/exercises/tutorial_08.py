"""The exercises of tutorial 08, shared layers."""

from __future__ import annotations

import numpy as np

from kfx.exercises import Verdict
from kfx.exercises.answers import values_at, whole_number
from kfx.exercises.models import calls, end, graph_of, other_begin, other_name
from kfx.exercises.sentences import Sentences

verdict = Sentences("08")

_SHARED, _OWN = 1000 * 128, 1000 * 64
_THE = [0, 4, 7]  # where the first word of the second text stands: the dog sleeping near the door sees the cat


def four_inputs(answer: object) -> Verdict:
    """Check: how many parameters have an Embedding(1000, 128) for three inputs and an Embedding(1000, 64) for a fourth?"""
    number = whole_number(answer)
    if isinstance(number, Verdict):
        return number
    if number == _SHARED + _OWN:
        return verdict.right("four_inputs.right")
    if number == 3 * _SHARED + _OWN:
        return verdict.wrong("four_inputs.you_counted_the_shared")
    if number in (_SHARED, 2 * _SHARED):
        return verdict.wrong("four_inputs.the_shared_table_is")
    return verdict.wrong("four_inputs.not_yet_an_embedding")


def second_call(answer: object) -> Verdict:
    """``kfx.extract(pair, texts, "shared_embedding@2")``."""
    values = values_at(answer, ["shared_embedding@2"])
    if isinstance(values, Verdict):
        return values
    found = values["shared_embedding@2"]
    shape = found.shape
    if shape != (1, 9, 128):
        return verdict.wrong("second_call.the_address_is_right", shape=shape)
    if [place for place in range(9) if np.array_equal(found[0, place], found[0, 0])] != _THE:
        return verdict.wrong("second_call.nine_words_but_not")
    return verdict.right("second_call.right")


def change(answer: object) -> Verdict:
    """Two inputs (32, 32, 3), one Conv2D(8, 3) called on both, Subtract; named change."""
    graph = graph_of(answer)
    if isinstance(graph, Verdict):
        return graph
    shape = (32, 32, 3)
    if other := other_begin(graph, [shape, shape], verdict.phrase("change.begins_at", shape=shape)):
        return other
    made = calls(graph)
    looking = [call for call in made.values() if call.type == "Conv2D"]
    names = {call.name for call in looking}
    if len(names) > 1:
        return verdict.wrong("change.there_are_convolutions_each", count=len(names))
    if len(looking) != 2:
        return verdict.wrong("change.the_convolution_should_be", count=len(looking))
    maps = looking[0].outputs[0].shape or ()
    if maps != (None, 30, 30, 8):
        return verdict.wrong("change.one_layer_is_called", shape=maps[1:])
    feeds = {edge.source for edge in graph.edges if edge.target == end(graph, 0).key}
    if end(graph, 0).type != "Subtract" or feeds != {call.key for call in looking}:
        return verdict.wrong("change.the_convolution_is_shared")
    if other := other_name(graph, "change"):
        return other
    return verdict.right("change.right")


CHECKS = {"08.1": four_inputs, "08.2": second_call, "08.3": change}
