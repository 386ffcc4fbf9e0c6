"""The names that the field gives to parts of a transformer's block, e.g. ``block/q`` and ``block/pattern``, as addresses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from kfx.model.facts import LayerCall, LayerGraph
from kfx.model.read.model import read_graph
from kfx.values.tap.inside import SCORES

if TYPE_CHECKING:
    import keras

PROJECTIONS = {"q": "query", "k": "key", "v": "value"}
FIELD_NAMES = ("residual_before", "residual_after", *PROJECTIONS, "pattern", "mlp")
_PROJECTION = re.compile(r"_?(proj|projector|projection|dense|layer|linear)?(_?\d+)?")


def addressed(model: keras.Model, wanted: Iterable[Any]) -> list[Any]:
    """Return what was asked for, with an address in place of each name of the field.

    A block is a layer with one attention layer inside; ``residual_before`` is what it is called with, ``residual_after`` what
    it returns, ``mlp`` what its last sum adds to the residual stream, ``q``, ``k`` and ``v`` are the projections of its
    attention layer, and ``pattern`` are the scores. A layer or operation that has such a name itself wins.

    Raises:
        ValueError: The block holds several attention layers, so that it is not clear which is meant.
    """
    return [(field_address(model, one) or one) if isinstance(one, str) else one for one in wanted]


def field_address(model: keras.Model, address: str) -> str | None:
    """Return the address behind a name of the field; None for any other address, and where no block is recognised."""
    around, _, name = address.rpartition("/")
    if name not in FIELD_NAMES or not around:
        return None
    graph = read_graph(model)
    calls = {call.key: call for call in graph.calls}
    if address in calls or around not in calls:
        return None
    looks = _attention_in(graph, around)
    if not looks:
        return None
    if name in ("pattern", *PROJECTIONS):
        if len(looks) > 1:
            listed = ", ".join(f"'{look.key}/{name}'" for look in looks[:6])
            raise ValueError(f"{address!r} may mean several attention layers; say which: {listed}.")
        return _part(graph, looks[0].key, name)
    if looks[0].key == around:
        return None
    inside = [call for call in graph.calls if call.parent == around]
    if name == "mlp":
        return _mlp(graph, inside)
    return around if name == "residual_after" else next((call.key for call in inside if call.kind == "input"), None)


def _attention_in(graph: LayerGraph, around: str) -> list[LayerCall]:
    """Return the attention layers in a call, or the call itself if it is one: those with no other inside."""
    found = [call for call in graph.calls if (call.key == around or call.key.startswith(f"{around}/")) and _attends(call)]
    return [one for one in found if not any(other.key.startswith(f"{one.key}/") for other in found)]


def _attends(call: LayerCall) -> bool:
    classes = (call.type, *(base.rpartition(".")[2] for base in call.bases))
    return call.kind not in ("input", "op") and any("attention" in one.lower() for one in classes)


def _part(graph: LayerGraph, look: str, name: str) -> str | None:
    """Return the address of the scores of an attention layer, or of one of its projections."""
    if name == "pattern":
        return f"{look}/{SCORES}"
    inside = [call for call in graph.calls if call.parent == look and call.kind not in ("input", "op")]
    if not inside:  # one of Keras's own, whose parts the graph does not show
        return f"{look}/{PROJECTIONS[name]}"
    for start in (PROJECTIONS[name], name):
        for call in inside:
            lower = call.name.lower()
            if lower.startswith(start) and _PROJECTION.fullmatch(lower[len(start) :]):
                return call.key
    return None


def _mlp(graph: LayerGraph, inside: Sequence[LayerCall]) -> str | None:
    """Return what the last sum of a block adds: the source that is no sum, norm or input itself."""
    sums = [call for call in inside if call.type == "Add"]
    if not sums:
        return None
    sources = {edge.source for edge in graph.edges if edge.target == sums[-1].key}
    added = [call for call in inside if call.key in sources and call not in sums]
    added = [call for call in added if call.kind != "input" and "norm" not in call.type.lower()]
    return added[0].key if len(added) == 1 else None
