"""The exercises of tutorial 07, a small residual network."""

from __future__ import annotations

from kfx.exercises import Verdict
from kfx.exercises.answers import values_at, whole_number
from kfx.exercises.models import calls, end, graph_of, other_begin, other_name, output_shape
from kfx.exercises.sentences import Sentences
from kfx.model.facts import LayerCall, LayerGraph
from kfx.values.features import Features

verdict = Sentences("07")

_WEIGHTS = 3 * 3 * 64 * 64
_CONVOLUTION = _WEIGHTS + 64
_BLOCK = 2 * _CONVOLUTION
_ADDED = ["block_1_add", "block_2_conv_2"]


def one_block(answer: object) -> Verdict:
    """Check: how many parameters have two Conv2D(64, 3) on 64 channels and an addition?"""
    number = whole_number(answer)
    if isinstance(number, Verdict):
        return number
    if number == _BLOCK:
        return verdict.right("one_block.right")
    if number in (2 * _WEIGHTS, _WEIGHTS):
        return verdict.wrong("one_block.the_patterns_are_right")
    if number == _CONVOLUTION:
        return verdict.wrong("one_block.that_is_one_convolution")
    if number == 2 * _BLOCK:
        return verdict.wrong("one_block.those_are_both_blocks")
    if number == 3 * _CONVOLUTION:
        return verdict.wrong("one_block.you_counted_something_for")
    return verdict.wrong("one_block.not_yet_begin_with")


def what_is_added(answer: object) -> Verdict:
    """``kfx.extract(toy_resnet, x_test[:8], ["block_1_add", "block_2_conv_2"])``."""
    if isinstance(answer, Features) and "block_2_add" in answer:
        return verdict.wrong("what_is_added.block_2_add_is")
    if isinstance(answer, Features) and not set(_ADDED) <= set(answer):
        there = sum(address in answer for address in _ADDED)
        return verdict.wrong("what_is_added.of_the_two_that", there=there)
    values = values_at(answer, _ADDED)
    if isinstance(values, Verdict):
        return values
    shapes = {values[address].shape for address in _ADDED}
    if shapes != {(8, 9, 9, 64)}:
        said = ", ".join(str(values[address].shape) for address in _ADDED)
        return verdict.wrong("what_is_added.the_addresses_are_right", said=said)
    return verdict.right("what_is_added.right")


def wider(answer: object) -> Verdict:
    """Input (9, 9, 64); Conv 128 same twice; a Conv 128 of 1 × 1 around them; Add; named wider."""
    graph = graph_of(answer)
    if isinstance(graph, Verdict):
        return graph
    if other := other_begin(graph, [(9, 9, 64)], verdict.phrase("wider.begins_at")):
        return other
    if end(graph, 0).type != "Add":
        return verdict.wrong("wider.the_model_should_end", type=end(graph, 0).type)
    if output_shape(graph, 0) != (None, 9, 9, 128):
        return verdict.wrong("wider.the_sum_has_the", shape=output_shape(graph, 0)[1:])
    ways = sorted((_way(graph, source) for source in _sources(graph, end(graph, 0).key)), key=len)
    if len(ways) != 2 or any(call.type != "Conv2D" for way in ways for call in way):
        return verdict.wrong("wider.two_ways_should_lead")
    if [len(way) for way in ways] != [1, 2]:
        return verdict.wrong("wider.on_one_way_to", count=len(ways[0]), count_2=len(ways[1]))
    if {call.outputs[0].shape for way in ways for call in way} != {(None, 9, 9, 128)}:
        return verdict.wrong("wider.each_of_the_three")
    if ways[0][0].own_params != 64 * 128 + 128:
        return verdict.wrong("wider.the_convolution_in_the")
    if other := other_name(graph, "wider"):
        return other
    return verdict.right("wider.right")


def _sources(graph: LayerGraph, key: str) -> list[str]:
    return [edge.source for edge in graph.edges if edge.target == key]


def _way(graph: LayerGraph, key: str) -> list[LayerCall]:
    """The calls from the input to a call, where each reads one other: the input itself left out."""
    made, way = calls(graph), []
    while made[key].kind != "input":
        way.append(made[key])
        before = _sources(graph, key)
        if len(before) != 1:
            break
        key = before[0]
    return way


CHECKS = {"07.1": one_block, "07.2": what_is_added, "07.3": wider}
