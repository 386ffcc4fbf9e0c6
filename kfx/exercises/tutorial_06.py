"""The exercises of tutorial 06, several inputs and outputs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from numbers import Real
from typing import Any

from kfx.exercises import Verdict
from kfx.exercises.answers import whole_number
from kfx.exercises.models import end, ends_in, graph_of, output_shapes, sources
from kfx.exercises.sentences import Sentences
from kfx.model.facts import LayerCall, LayerGraph
from kfx.model.walk import by_key

words = Sentences("06")

_WIDE = 64 + 32 + 20  # title, body, tags
_OTHER_WIDTHS = {
    _WIDE + 1: "other_widths.right",
    _WIDE: "other_widths.the_weights_are_right",
    128 + 32 + 12 + 1: "other_widths.that_is_the_layer",  # as it is
    4 * (_WIDE + 1): "other_widths.that_is_the_department",
    64 + 32 + 1: "other_widths.you_counted_the_two",
}
_HUGE = 1e300
_OUTPUTS = ("priority", "department")


def other_widths(answer: object) -> Iterator[Verdict]:
    """Check the number of parameters of a Dense of one unit on 64 + 32 + 20 numbers."""
    number = yield from whole_number(answer)
    yield words.verdict(_OTHER_WIDTHS.get(number, "other_widths.not_yet_find_out"))


def five_times(answer: Any) -> Iterator[Verdict]:
    """Check a dict with ``department`` five times ``priority``."""
    yield from words.require_kind(answer, isinstance(answer, Mapping), "five_times")
    yield from words.require(set(answer) == set(_OUTPUTS), "five_times.the_dictionary_should_name", listed=_listed(answer))
    one, other = (answer[name] for name in _OUTPUTS)
    yield from words.require(_is_weight(one) and _is_weight(other), "five_times.each_weight_should_be")
    share = float(other) / float(one)
    yield from words.require(abs(share - 1 / 5) >= 1e-6, "five_times.the_other_way_round")
    yield from words.require(abs(share - 5) <= 1e-6, "five_times.the_names_are_right", share=share)
    yield words.verdict("five_times.right")


def review(answer: object) -> Iterator[Verdict]:
    """Check inputs words (open length) and stars (5), outputs helpful (1 sigmoid) and topic (3 softmax) that read both."""
    graph = yield from graph_of(answer)
    calls = by_key(graph)
    begins = {calls[key].name: calls[key].outputs[0].shape or () for key in graph.inputs}
    yield from words.require(set(begins) == {"words", "stars"}, "review.the_model_should_have", listed=_listed(begins))
    for name, shape, say in (("words", (None, None), "(None,)"), ("stars", (None, 5), "(5,)")):
        found = begins[name]
        yield from words.require(found == shape, "review.the_input_should_have", name=name, say=say, shape=found[1:])
    ends = {end(graph, place).name: place for place in range(len(graph.outputs))}
    yield from words.require(set(ends) == {"helpful", "topic"}, "review.the_layers_that_make", listed=_listed(ends))
    for name, units, activation, said in (("helpful", 1, "sigmoid", "one unit"), ("topic", 3, "softmax", "3 units")):
        call, made = end(graph, ends[name]), output_shapes(graph)[ends[name]]
        asked = {"name": name, "said": said, "activation": activation, "units": units}
        fits = made == (None, units) and ends_in(call, activation)
        yield from words.require(fits, "review.the_output_should_have", **asked, shape=made)
        before = _before(graph, call)
        unread = next((calls[key].name for key in graph.inputs if key not in before), None)
        yield from words.require(unread is None, "review.the_output_does_not", name=name, unread=unread)
    yield words.verdict("review.right")


def _is_weight(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and 0 < value < _HUGE  # type: ignore[operator]  # Real compares


def _before(graph: LayerGraph, call: LayerCall) -> set[str]:
    """Return the keys of all calls that a call depends on."""
    found: set[str] = set()
    ahead = [call]
    while ahead:
        more = [source for source in sources(graph, ahead.pop()) if source.key not in found]
        found.update(source.key for source in more)
        ahead += more
    return found


def _listed(names: Iterable[object]) -> str:
    return ", ".join(sorted(str(name)[:40] for name in names)) or "–"


CHECKS = {"06.1": other_widths, "06.2": five_times, "06.3": review}
