"""The exercises of tutorial 08, shared layers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from kfx.exercises import Verdict
from kfx.exercises.answers import values_at, whole_number
from kfx.exercises.models import end, graph_of, require_inputs, require_name, sources
from kfx.exercises.sentences import Sentences

words = Sentences("08")

_SHARED, _OWN = 1000 * 128, 1000 * 64
_FOUR_INPUTS = {
    _SHARED + _OWN: "four_inputs.right",
    3 * _SHARED + _OWN: "four_inputs.you_counted_the_shared",
    **dict.fromkeys((_SHARED, 2 * _SHARED), "four_inputs.the_shared_table_is"),
}
_THE = [0, 4, 7]  # places of the first word of the second text: the dog sleeping near the door sees the cat


def four_inputs(answer: object) -> Iterator[Verdict]:
    """Check the number of parameters of an Embedding(1000, 128) for three inputs and an Embedding(1000, 64) for a fourth."""
    number = yield from whole_number(answer)
    yield words.verdict(_FOUR_INPUTS.get(number, "four_inputs.not_yet_an_embedding"))


def second_call(answer: object) -> Iterator[Verdict]:
    """Check ``kfx.extract(pair, texts, "shared_embedding@2")``."""
    values = yield from values_at(answer, ["shared_embedding@2"])
    found = values["shared_embedding@2"]
    yield from words.require(found.shape == (1, 9, 128), "second_call.the_address_is_right", shape=found.shape)
    equal = [place for place in range(9) if np.array_equal(found[0, place], found[0, 0])]
    yield from words.require(equal == _THE, "second_call.nine_words_but_not")
    yield words.verdict("second_call.right")


def change(answer: object) -> Iterator[Verdict]:
    """Check two inputs (32, 32, 3), one Conv2D(8, 3) called on both, Subtract; named change."""
    graph, shape = (yield from graph_of(answer)), (32, 32, 3)
    yield from require_inputs(graph, [shape, shape], words.phrase("change.begins_at", shape=shape))
    looking = [call for call in graph.calls if call.type == "Conv2D"]
    names = {call.name for call in looking}
    yield from words.require(len(names) <= 1, "change.there_are_convolutions_each", count=len(names))
    yield from words.require(len(looking) == 2, "change.the_convolution_should_be", count=len(looking))
    maps = looking[0].outputs[0].shape or ()
    yield from words.require(maps == (None, 30, 30, 8), "change.one_layer_is_called", shape=maps[1:])
    last = end(graph, 0)
    reads_both = {call.key for call in sources(graph, last)} == {call.key for call in looking}
    yield from words.require(last.type == "Subtract" and reads_both, "change.the_convolution_is_shared")
    yield from require_name(graph, "change")
    yield words.verdict("change.right")


CHECKS = {"08.1": four_inputs, "08.2": second_call, "08.3": change}
