"""What a live view knows about each call: facts with their words ready, so that a script formats nothing."""

from __future__ import annotations

from typing import Any

from kfx.draw import words
from kfx.graph.facts import LayerCall, LayerGraph
from kfx.graph.walk import by_key, wires


def payload(graph: LayerGraph) -> dict[str, Any]:
    """The whole graph for a widget, as JSON-ready values; ``calls`` are in the graph's order."""
    feeds: dict[str, list[str]] = {}
    for wire in wires(graph):
        feeds.setdefault(wire.target, []).append(wire.source)
    for edge in graph.edges:  # a folded model's own row: what feeds its walls
        if by_key(graph)[edge.target].kind == "model":
            feeds.setdefault(edge.target, []).append(edge.source)
    return {
        "name": graph.name,
        "type": graph.type,
        "kind": graph.kind,
        "notes": list(graph.notes),
        "totals": {
            "params": graph.params,
            "trainable": graph.trainable,
            "bytes": graph.weight_bytes,
        },
        "calls": [_call(call, feeds.get(call.key, [])) for call in graph.calls],
    }


def _call(call: LayerCall, feeds: list[str]) -> dict[str, Any]:
    return {
        "key": call.key,
        "parent": call.parent,
        "label": call.label,
        "kind": call.kind,
        "type": call.type,
        "family": call.family,
        "settings": " · ".join(call.settings),
        "shape": words.shapes(call.outputs),
        "params": call.params,
        "paramsText": words.exact(call.params),
        "paramsShort": words.short(call.params),
        "flops": call.cost.flops,
        "flopsText": words.short(call.cost.flops),
        "memory": call.cost.activation_bytes,
        "memoryText": words.size(call.cost.activation_bytes),
        "feeds": feeds,
        "frozen": call.frozen,
        "note": call.note,
    }
