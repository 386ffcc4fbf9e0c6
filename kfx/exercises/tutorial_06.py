"""The exercises of tutorial 06, several inputs and outputs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from numbers import Real
from typing import Any

from kfx.exercises import Verdict
from kfx.exercises.answers import whole_number
from kfx.exercises.models import calls, end, ends_in, graph_of, output_shape
from kfx.exercises.sentences import Sentences
from kfx.model.facts import LayerGraph

verdict = Sentences("06")

_WIDE = 64 + 32 + 20  # title, body, tags
_AS_IT_IS = 128 + 32 + 12
_HUGE = 1e300
_OUTPUTS = ("priority", "department")


def other_widths(answer: object) -> Verdict:
    """Check: how many parameters has a Dense of one unit on 64 + 32 + 20 numbers?"""
    number = whole_number(answer)
    if isinstance(number, Verdict):
        return number
    if number == _WIDE + 1:
        return verdict.right("other_widths.right")
    if number == _WIDE:
        return verdict.wrong("other_widths.the_weights_are_right")
    if number == _AS_IT_IS + 1:
        return verdict.wrong("other_widths.that_is_the_layer")
    if number == 4 * (_WIDE + 1):
        return verdict.wrong("other_widths.that_is_the_department")
    if number == 64 + 32 + 1:
        return verdict.wrong("other_widths.you_counted_the_two")
    return verdict.wrong("other_widths.not_yet_find_out")


def five_times(answer: object) -> Verdict:
    """A dict with ``department`` five times ``priority``."""
    if answer is None:
        return verdict.nothing_yet("five_times.nothing_yet")
    if not isinstance(answer, Mapping):
        return verdict.something_else(answer, "five_times.expected")
    if set(answer) != set(_OUTPUTS):
        return verdict.wrong("five_times.the_dictionary_should_name", listed=_listed(answer))
    one, other = (answer[name] for name in _OUTPUTS)
    if not (_is_weight(one) and _is_weight(other)):
        return verdict.wrong("five_times.each_weight_should_be")
    share = float(other) / float(one)
    if abs(share - 1 / 5) < 1e-6:
        return verdict.wrong("five_times.the_other_way_round")
    if abs(share - 5) > 1e-6:
        return verdict.wrong("five_times.the_names_are_right", share=share)
    return verdict.right("five_times.right")


def review(answer: object) -> Verdict:
    """Inputs words (open length) and stars (5), outputs helpful (1 sigmoid) and topic (3 softmax), each from both inputs."""
    graph = graph_of(answer)
    if isinstance(graph, Verdict):
        return graph
    begins = {calls(graph)[key].name: calls(graph)[key].outputs[0].shape or () for key in graph.inputs}
    if set(begins) != {"words", "stars"}:
        return verdict.wrong("review.the_model_should_have", listed=_listed(begins))
    for name, shape, say in (("words", (None, None), "(None,)"), ("stars", (None, 5), "(5,)")):
        if begins[name] != shape:
            return verdict.wrong("review.the_input_should_have", name=name, say=say, shape=begins[name][1:])
    ends = {end(graph, place).name: place for place in range(len(graph.outputs))}
    if set(ends) != {"helpful", "topic"}:
        return verdict.wrong("review.the_layers_that_make", listed=_listed(ends))
    for name, units, activation in (("helpful", 1, "sigmoid"), ("topic", 3, "softmax")):
        call, made = end(graph, ends[name]), output_shape(graph, ends[name])
        if made != (None, units) or not ends_in(call, activation):
            said = "one unit" if units == 1 else f"{units} units"
            return verdict.wrong(
                "review.the_output_should_have", name=name, said=said, activation=activation, shape=made, units=units
            )
        missing = [key for key in graph.inputs if key not in _before(graph, call.key)]
        if missing:
            unread = calls(graph)[missing[0]].name
            return verdict.wrong("review.the_output_does_not", name=name, unread=unread)
    return verdict.right("review.right")


def _is_weight(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and 0 < value < _HUGE  # type: ignore[operator]  # Real compares


def _before(graph: LayerGraph, key: str) -> set[str]:
    """All calls that a call depends on."""
    found: set[str] = set()
    ahead = [key]
    while ahead:
        here = ahead.pop()
        more = {edge.source for edge in graph.edges if edge.target == here} - found
        found |= more
        ahead += more
    return found


def _listed(names: Iterable[object]) -> str:
    return ", ".join(sorted(str(name)[:40] for name in names)) or "–"


CHECKS = {"06.1": other_widths, "06.2": five_times, "06.3": review}
