"""The data of the live views: each call's facts with their texts, so that a script formats nothing."""

from __future__ import annotations

from kfx.model.facts import LayerCall, LayerGraph, Tensor
from kfx.model.walk import by_key, wires
from kfx.text import numbers
from kfx.text.untrusted import visible
from kfx.views.summary.columns import Column, columns
from kfx.views.summary.rows import Row, summary_rows
from kfx.views.summary.totals import foot_facts, head_facts, reading_notes

Config = tuple[tuple[str, str], ...]  # names and texts of a layer's constructor arguments


def payload(graph: LayerGraph) -> dict[str, object]:
    """Return the whole graph for a widget, as JSON-ready values; ``calls`` are in a tree's order.

    ``texts`` holds each distinct sentence once and ``configs`` each distinct list of constructor arguments; a call's ``in``,
    ``out``, ``source``, ``why`` and ``config`` are indices into them.
    """
    rows = summary_rows(graph)
    configs: dict[Config, int] = {}
    texts: dict[str, int] = {}
    feeds = _feeds(graph)
    shown = columns("live", optional=True)
    calls = [_call(row, feeds.get(wire_key(row.address), []), configs, texts) for row in rows]
    for column in shown:
        for row, call in zip(rows, calls, strict=True):
            call[column.field] = column.text(row)
            if column.registered:
                call[column.sorts] = column.value(row)
    return {
        "name": visible(graph.name),
        "notes": [visible(note) for note in graph.notes],
        "head": [fact._asdict() for fact in head_facts(graph, rows)],
        "foot": [fact._asdict() for fact in foot_facts(graph)],
        "reading": reading_notes(graph, rows),
        "configs": [[list(map(visible, pair)) for pair in config] for config in configs],
        "texts": list(texts),
        "columns": list(map(_column, shown)),
        "calls": calls,
    }


def wire_key(key: str) -> str:
    """Return an address as the browser gets it: JSON in UTF-8 cannot hold a lone surrogate."""
    return key.encode("utf-8", "backslashreplace").decode()


def _column(column: Column) -> dict[str, object]:
    """Return what the script needs to know about a column; ``text`` and ``sorts`` are names of a call's fields."""
    same = ("head", "sorts", "right", "small", "optional", "hides", "quiet")
    own = {"id": column.field.removesuffix("Text"), "text": column.field, "kind": column.cell}
    return own | {name: getattr(column, name) for name in same}


def _feeds(graph: LayerGraph) -> dict[str, list[str]]:
    """Return the sources of each call: those inside nested models, and for a nested model those of its inputs."""
    models = {key for key, call in by_key(graph).items() if call.kind == "model"}
    feeds: dict[str, list[str]] = {}
    for wire in wires(graph):
        feeds.setdefault(wire_key(wire.target), []).append(wire_key(wire.source))
    for edge in graph.edges:
        if edge.target in models:
            feeds.setdefault(wire_key(edge.target), []).append(wire_key(edge.source))
    return feeds


def _call(row: Row, feeds: list[str], configs: dict[Config, int], texts: dict[str, int]) -> dict[str, object]:
    call = row.call

    def once(text: str) -> int:
        return texts.setdefault(text, len(texts))

    return {
        "key": wire_key(row.address),
        "parent": None if call.parent is None else wire_key(call.parent),
        "family": call.glyph,
        "params": row.parameters,
        "paramsShort": numbers.short(row.parameters if row.call.counted else None),
        "share": round(row.share, 5),
        "shareText": f"{numbers.percent(row.share)} of all parameters" if row.parameters else "",
        "flops": row.flops,
        "memory": row.activation_bytes,
        "feeds": feeds,
        "note": visible(call.note),
        "in": once(_tensors(call.inputs)),
        "out": once(_tensors(call.outputs)),
        "source": once(visible(call.cost.source)),
        "why": once(shape_words(call)),
        "config": configs.setdefault(call.config, len(configs)) if call.config else None,
    }


def shape_words(call: LayerCall) -> str:
    """Return the arithmetic of the output shape, or else the shapes that Keras computes."""
    if call.derivation:
        return "; ".join(map(visible, call.derivation))
    if call.kind not in ("layer", "op") or not call.outputs or not call.inputs:
        return ""
    return f"Keras computes {_tensors(call.outputs)} from {_tensors(call.inputs)}"


def _tensors(tensors: tuple[Tensor, ...]) -> str:
    return " · ".join(f"{visible(t.name)} {numbers.full_shape(t)}".strip() for t in tensors)
