"""The exercises of tutorial 07, a small residual network."""

from __future__ import annotations

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


def one_block(answer: object) -> Verdict:
    """Check the number of parameters of two Conv2D(64, 3) on 64 channels and an addition."""
    return words.verdict(_ONE_BLOCK.get(whole_number(answer), "one_block.not_yet_begin_with"))


def what_is_added(answer: object) -> Verdict:
    """Check ``kfx.extract(toy_resnet, x_test[:8], ["block_1_add", "block_2_conv_2"])``."""
    if isinstance(answer, Features):
        words.require("block_2_add" not in answer, "what_is_added.block_2_add_is")
        there = sum(address in answer for address in _ADDED)
        words.require(there == len(_ADDED), "what_is_added.of_the_two_that", there=there)
    shapes = [values.shape for values in map(values_at(answer, _ADDED).__getitem__, _ADDED)]
    fit = set(shapes) == {(8, 9, 9, 64)}
    words.require(fit, "what_is_added.the_addresses_are_right", said=", ".join(map(str, shapes)))
    return words.verdict("what_is_added.right")


def wider(answer: object) -> Verdict:
    """Check Input (9, 9, 64); Conv 128 same twice; a Conv 128 of 1 × 1 around them; Add; named wider."""
    graph = graph_of(answer)
    require_inputs(graph, [(9, 9, 64)], words.phrase("wider.begins_at"))
    last, shape, wide = end(graph, 0), output_shapes(graph)[0], (None, 9, 9, 128)
    words.require(last.type == "Add", "wider.the_model_should_end", type=last.type)
    words.require(shape == wide, "wider.the_sum_has_the", shape=shape[1:])
    ways = sorted((_way(graph, source) for source in sources(graph, last)), key=len)
    calls = [call for way in ways for call in way]
    are_two = len(ways) == 2 and all(call.type == "Conv2D" for call in calls)
    words.require(are_two, "wider.two_ways_should_lead")
    count, count_2 = map(len, ways)
    words.require((count, count_2) == (1, 2), "wider.on_one_way_to", count=count, count_2=count_2)
    words.require({call.outputs[0].shape for call in calls} == {wide}, "wider.each_of_the_three")
    words.require(calls[0].own_params == 64 * 128 + 128, "wider.the_convolution_in_the")
    require_name(graph, "wider")
    return words.verdict("wider.right")


def _way(graph: LayerGraph, call: LayerCall) -> list[LayerCall]:
    """Return the calls from the input to a call, where each reads one other: the input itself left out."""
    way: list[LayerCall] = []
    before = [call]
    while len(before) == 1 and before[0].kind != "input":
        way += before
        before = sources(graph, before[0])
    return way


CHECKS = {"07.1": one_block, "07.2": what_is_added, "07.3": wider}
