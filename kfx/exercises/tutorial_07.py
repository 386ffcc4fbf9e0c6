"""The exercises of tutorial 07, a small residual network."""

from __future__ import annotations

from collections.abc import Iterator

from kfx.exercises import Verdict
from kfx.exercises.answers import values_at, whole_number
from kfx.exercises.models import end, graph_of, output_shapes, require_inputs, require_name, sources
from kfx.exercises.sentences import Sentences
from kfx.model.facts import LayerCall, LayerGraph
from kfx.values.features import Features

words = Sentences("07")

_WEIGHTS = 3 * 3 * 64 * 64
_CONVOLUTION = _WEIGHTS + 64
_ONE_BLOCK = {
    2 * _CONVOLUTION: "one_block.right",
    **dict.fromkeys((2 * _WEIGHTS, _WEIGHTS), "one_block.the_patterns_are_right"),
    _CONVOLUTION: "one_block.that_is_one_convolution",
    4 * _CONVOLUTION: "one_block.those_are_both_blocks",
    3 * _CONVOLUTION: "one_block.you_counted_something_for",
}
_ADDED = ["block_1_add", "block_2_conv_2"]


def one_block(answer: object) -> Iterator[Verdict]:
    """Check the number of parameters of two Conv2D(64, 3) on 64 channels and an addition."""
    number = yield from whole_number(answer)
    yield words.verdict(_ONE_BLOCK.get(number, "one_block.not_yet_begin_with"))


def what_is_added(answer: object) -> Iterator[Verdict]:
    """Check ``kfx.extract(toy_resnet, x_test[:8], ["block_1_add", "block_2_conv_2"])``."""
    if isinstance(answer, Features):
        yield from words.require("block_2_add" not in answer, "what_is_added.block_2_add_is")
        there = sum(address in answer for address in _ADDED)
        yield from words.require(there == len(_ADDED), "what_is_added.of_the_two_that", there=there)
    values = yield from values_at(answer, _ADDED)
    shapes = [values[address].shape for address in _ADDED]
    fit = set(shapes) == {(8, 9, 9, 64)}
    yield from words.require(fit, "what_is_added.the_addresses_are_right", said=", ".join(map(str, shapes)))
    yield words.verdict("what_is_added.right")


def wider(answer: object) -> Iterator[Verdict]:
    """Check Input (9, 9, 64); Conv 128 same twice; a Conv 128 of 1 × 1 around them; Add; named wider."""
    graph = yield from graph_of(answer)
    yield from require_inputs(graph, [(9, 9, 64)], words.phrase("wider.begins_at"))
    last, shape, wide = end(graph, 0), output_shapes(graph)[0], (None, 9, 9, 128)
    yield from words.require(last.type == "Add", "wider.the_model_should_end", type=last.type)
    yield from words.require(shape == wide, "wider.the_sum_has_the", shape=shape[1:])
    ways = sorted((_way(graph, source) for source in sources(graph, last)), key=len)
    calls = [call for way in ways for call in way]
    are_two = len(ways) == 2 and all(call.type == "Conv2D" for call in calls)
    yield from words.require(are_two, "wider.two_ways_should_lead")
    count, count_2 = map(len, ways)
    yield from words.require((count, count_2) == (1, 2), "wider.on_one_way_to", count=count, count_2=count_2)
    yield from words.require({call.outputs[0].shape for call in calls} == {wide}, "wider.each_of_the_three")
    yield from words.require(calls[0].own_params == 64 * 128 + 128, "wider.the_convolution_in_the")
    yield from require_name(graph, "wider")
    yield words.verdict("wider.right")


def _way(graph: LayerGraph, call: LayerCall) -> list[LayerCall]:
    """Return the calls from the input to a call, where each reads one other: the input itself left out."""
    way: list[LayerCall] = []
    before = [call]
    while len(before) == 1 and before[0].kind != "input":
        way += before
        before = sources(graph, before[0])
    return way


CHECKS = {"07.1": one_block, "07.2": what_is_added, "07.3": wider}
