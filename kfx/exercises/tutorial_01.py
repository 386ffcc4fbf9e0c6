"""The exercises of tutorial 01, a graph of layers."""

from __future__ import annotations

from kfx.exercises import Verdict
from kfx.exercises.answers import whole_number
from kfx.exercises.models import calls, end, ends_in, graph_of, other_begin, other_name, output_shape, shapes_in_words
from kfx.exercises.sentences import Sentences

verdict = Sentences("01")

_PRESENT = 784 * 64 + 64 + 64 * 64 + 64 + 64 * 10 + 10  # the model of the tutorial
_WIDER = 784 * 128 + 128 + 128 * 64 + 64 + 64 * 10 + 10
_NO_BIASES = 784 * 128 + 128 * 64 + 64 * 10
_FIRST_ONLY = _PRESENT + 64 * 784 + 64  # the first layer doubled, the second left as it was


def wider(answer: object) -> Verdict:
    """Check: how many parameters has the model when its first Dense layer has 128 units?"""
    number = whole_number(answer)
    if isinstance(number, Verdict):
        return number
    if number == _WIDER:
        return verdict.right("wider.right")
    if number == _PRESENT:
        return verdict.wrong("wider.that_is_the_model")
    if number == _FIRST_ONLY:
        return verdict.wrong("wider.the_first_layer_is")
    if number == _NO_BIASES:
        return verdict.wrong("wider.all_weights_are_there")
    return verdict.wrong("wider.not_yet_a_dense")


def image_model(answer: object) -> Verdict:
    """A model named image_model from an image (32, 32, 3) through Flatten to Dense 10 softmax."""
    graph = graph_of(answer)
    if isinstance(graph, Verdict):
        return graph
    made = calls(graph)
    if other := other_begin(graph, [(32, 32, 3)], verdict.phrase("image_model.begins_at")):
        return other
    if not any(call.type in ("Flatten", "Reshape") for call in made.values()):
        return verdict.wrong("image_model.a_dense_layer_reads")
    if [output_shape(graph, k) for k in range(len(graph.outputs))] != [(None, 10)]:
        return verdict.wrong("image_model.the_model_should_end")
    if not ends_in(end(graph, 0), "softmax"):
        return verdict.wrong("image_model.ten_numbers_come_out")
    if other := other_name(graph, "image_model"):
        return other
    return verdict.right("image_model.right")


def two_answers(answer: object) -> Verdict:
    """One Input(784), one hidden Dense layer, and two outputs that both read it: Dense 10 softmax and Dense 1 sigmoid."""
    graph = graph_of(answer)
    if isinstance(graph, Verdict):
        return graph
    if other := other_begin(graph, [(784,)], verdict.phrase("two_answers.begins_at")):
        return other
    if len(graph.outputs) != 2:
        return verdict.wrong("two_answers.the_model_should_have", count=len(graph.outputs))
    shapes = {output_shape(graph, 0), output_shape(graph, 1)}
    if shapes != {(None, 10), (None, 1)}:
        found = shapes_in_words(sorted(shapes, key=str))
        return verdict.wrong("two_answers.one_output_should_hold", found=found)
    ends = {output_shape(graph, k)[-1]: end(graph, k) for k in (0, 1)}
    if not ends_in(ends[10], "softmax") or not ends_in(ends[1], "sigmoid"):
        return verdict.wrong("two_answers.the_shapes_are_right")
    feeds = [{edge.source for edge in graph.edges if edge.target == end.key} for end in ends.values()]
    if feeds[0] != feeds[1]:
        return verdict.wrong("two_answers.both_outputs_are_there")
    hidden = calls(graph)[next(iter(feeds[0]))]
    if hidden.kind == "input":
        return verdict.wrong("two_answers.both_outputs_read_the")
    return verdict.right("two_answers.right")


CHECKS = {"01.1": wider, "01.2": image_model, "01.3": two_answers}
