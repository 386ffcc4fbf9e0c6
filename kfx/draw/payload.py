"""What a live view knows about each call: facts with their words ready, so that a script formats nothing."""

from __future__ import annotations

from typing import Any

from kfx.draw import words
from kfx.draw.rows import Row, summary_rows
from kfx.draw.totals import Fact, foot_facts, head_facts, reading_notes
from kfx.graph.facts import LayerCall, LayerGraph, Tensor
from kfx.graph.walk import by_key, wires


def payload(graph: LayerGraph) -> dict[str, Any]:
    """The whole graph for a widget, as JSON-ready values; ``calls`` stand in a tree's order.

    ``configs`` holds each distinct list of constructor arguments once; a call's ``config`` is its place in it.
    """
    rows = summary_rows(graph)
    configs: dict[tuple[tuple[str, str], ...], int] = {}
    feeds = _feeds(graph)
    calls = [_call(row, feeds.get(row.address, []), configs) for row in rows]
    return {
        "name": words.visible(graph.name),
        "type": words.visible(graph.type),
        "kind": graph.kind,
        "notes": [words.visible(note) for note in graph.notes],
        "totals": {
            "params": graph.params,
            "trainable": graph.trainable,
            "bytes": graph.weight_bytes,
        },
        "head": list(map(_fact, head_facts(graph, rows))),
        "foot": list(map(_fact, foot_facts(graph))),
        "reading": reading_notes(graph, rows),
        "configs": [[list(map(words.visible, pair)) for pair in config] for config in configs],
        "calls": calls,
    }


def wire_key(key: str) -> str:
    """An address as it travels to the browser: JSON in UTF-8 cannot hold a lone surrogate."""
    return key.encode("utf-8", "backslashreplace").decode()


def _fact(fact: Fact) -> dict[str, str]:
    return {"strong": fact.strong, "text": fact.text}


def _feeds(graph: LayerGraph) -> dict[str, list[str]]:
    """What feeds each call: through the walls of nested models, and for a nested model what reaches its wall."""
    models = {key for key, call in by_key(graph).items() if call.kind == "model"}
    feeds: dict[str, list[str]] = {}
    for wire in wires(graph):
        feeds.setdefault(wire.target, []).append(wire_key(wire.source))
    for edge in graph.edges:
        if edge.target in models:
            feeds.setdefault(edge.target, []).append(wire_key(edge.source))
    return feeds


def _call(row: Row, feeds: list[str], configs: dict[tuple[tuple[str, str], ...], int]) -> dict[str, Any]:
    call = row.call
    return {
        "key": wire_key(row.address),
        "parent": None if call.parent is None else wire_key(call.parent),
        "label": words.visible(row.layer),
        "kind": call.kind,
        "type": row.type,
        "family": call.family,
        "settings": row.settings,
        "shape": row.output,
        "params": row.parameters,
        "paramsText": words.exact(row.parameters),
        "paramsShort": words.short(row.parameters),
        "share": round(row.share, 5),
        "flops": row.flops,
        "flopsText": row.flops_text,
        "memory": row.activation_bytes,
        "memoryText": row.bytes_text,
        "feeds": feeds,
        "connected": ", ".join(map(words.visible, row.connected_to)),
        "trains": row.can_train,
        "frozen": call.frozen,
        "note": words.visible(call.note),
        "in": _tensors(call.inputs),
        "out": _tensors(call.outputs),
        "source": _source(call),
        "config": configs.setdefault(call.config, len(configs)) if call.config else None,
    }


def _tensors(tensors: tuple[Tensor, ...]) -> str:
    return " · ".join(f"{words.visible(t.name)} {words.full_shape(t)}".strip() for t in tensors)


def _source(call: LayerCall) -> str:
    return words.visible(call.cost.source)
