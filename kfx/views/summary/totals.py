"""The facts of the whole model: the line above a summary's table and the line below it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from kfx.model.facts import LayerGraph
from kfx.text import numbers
from kfx.text.untrusted import visible
from kfx.views.summary.rows import Row

_KINDS = {"traced": "traced from one run", "opaque": "wiring unknown"}
_DTYPES = {8: "float64", 4: "float32"}


class Fact(NamedTuple):
    """One part of a line of facts; ``strong`` is its number, set before the words."""

    strong: str
    text: str

    def __str__(self) -> str:
        return f"{self.strong} {self.text}".strip()


def head_facts(graph: LayerGraph, rows: Sequence[Row]) -> list[Fact]:
    """Return ``15 layers``, ``223,242 parameters``, ``58.1 MFLOPs``, ``488.0 kB activations``; ``rows``: all of the model's."""
    top = [row for row in rows if row.level == 0 and row.call.calls]
    again = any(row.call.calls > 1 and row.call.own_params for row in rows)
    found = [Fact("", text) for text in _counted(rows)]
    counted = Fact(f"{graph.params:,}", "parameters" + (", counted once" if again else ""))
    found.append(counted if _counts(graph) else Fact("", "parameters unknown"))
    if graph.kind == "opaque":  # which layers are called, and how often, is unknown: the rows do not add up to a call
        return [*found, Fact("", "FLOPs unknown"), Fact("", "activations unknown"), Fact("", _KINDS[graph.kind])]
    flops, bytes_ = sum(row.flops_known for row in top), sum(row.bytes_known for row in top)
    found.append(_sum(numbers.flops(flops), "", "FLOPs unknown", flops, [row.flops for row in top]))
    found.append(
        _sum(numbers.size(bytes_), "activations", "activations unknown", bytes_, [row.activation_bytes for row in top])
    )
    if graph.unread:
        found.append(Fact("", f"partly traced: {len(graph.unread)} of {numbers.count(graph.blocks, 'block')} unread"))
    elif graph.kind in _KINDS:
        found.append(Fact("", _KINDS[graph.kind]))
    return found


def _counts(graph: LayerGraph) -> bool:
    """Return False for a model that was never built, whose parameters cannot be counted."""
    return bool(graph.params) or all(call.counted for call in graph.calls)


def _sum(number: str, unit: str, unknown: str, known: int, parts: list[int | None]) -> Fact:
    whole = None not in parts
    return Fact(number if whole else f"≥ {number}", unit) if known or whole else Fact("", unknown)


def _counted(rows: Sequence[Row]) -> list[str]:
    """``15 layers`` or ``3 layers, 4 calls``, operations and nested models by themselves; inner inputs are not counted."""
    repeated: set[str] = set()  # addresses inside a second call of a nested model: the same layers again
    layers = calls = operations = models = 0
    for row in rows:
        call = row.call
        again = call.call > 1 or call.parent in repeated
        if again:
            repeated.add(call.key)
        if call.kind == "model":
            models += not again
        elif call.kind == "op":
            operations += not again
        elif call.kind != "input" or call.parent is None:
            calls += 1
            layers += not again
    called = f", {numbers.count(calls, 'call')}" if calls > layers else ""
    others = ((operations, "operation"), (models, "nested model"))
    return [numbers.count(layers, "layer") + called, *(numbers.count(n, noun) for n, noun in others if n)]


def foot_facts(graph: LayerGraph) -> list[Fact]:
    """Return ``Total 223,242``, ``trainable 223,242``, ``frozen 0``, ``893.0 kB as float32``, the optimizer's share.

    Also ``active 12.9 B of 46.7 B for one token`` of a mixture of experts and ``KV cache 1.6 MB for 1 × 2,048``, where known.
    """
    if not _counts(graph):
        return [Fact("", "Total unknown")]
    each = graph.weight_bytes / graph.params if graph.params else 0
    as_type = f" as {_DTYPES[int(each)]}" if each in _DTYPES and _floats(graph) else ""
    found = [
        Fact("", f"Total {graph.params:,}"),
        Fact("", f"trainable {graph.trainable:,}"),
        Fact("", f"frozen {graph.params - graph.trainable:,}"),
        Fact("", f"{_weight_bytes(graph)}{as_type}"),
    ]
    if graph.optimizer_params:
        found.append(Fact("", f"optimizer {graph.optimizer_params:,} more"))
    if graph.active_params is not None:
        found.append(Fact("", f"active {numbers.short(graph.active_params)} of {numbers.short(graph.params)} for one token"))
    if graph.kv_cache is not None:
        cache = graph.kv_cache
        lengths = " and ".join(f"{length:,}" for length in cache.lengths)
        found.append(Fact("", f"KV cache {numbers.size(cache.nbytes)} for {cache.batch:,} × {lengths}"))
    return found


def _weight_bytes(graph: LayerGraph) -> str:
    text = numbers.at_least(numbers.size(graph.weight_bytes), graph.weight_bytes, whole=graph.weights_sized)
    return "bytes unknown" if text == "?" else text


def _floats(graph: LayerGraph) -> bool:
    return all("float" in call.dtype for call in graph.calls if call.own_params)


def reading_notes(graph: LayerGraph, rows: Sequence[Row], shown: Sequence[Row] | None = None) -> list[str]:
    """Return how to read the table, and what could not be read from the model; ``shown`` are the rows of the table."""
    part = []
    if shown is not None and len(shown) < len(rows):
        top, here = (sum(row.level == 0 for row in some) for some in (rows, shown))
        part = [f"{here:,} of {top:,} rows; the totals are the whole model's."] if here < top else []
    how = "One example: shapes leave the batch axis out"
    if any(None in t.shape[1:] for row in rows for t in row.call.outputs if t.shape is not None):
        how += "; ? is an axis of any length"
    return [*part, f"{how}.", *_cache_note(graph), *map(visible, graph.notes)]


def _cache_note(graph: LayerGraph) -> list[str]:
    """Return which layers the KV cache counts."""
    if graph.kv_cache is None:
        return []
    layers = graph.kv_cache.layers
    more = f" and {len(layers) - 2} more" if len(layers) > 2 else ""
    which = f"{', '.join(map(visible, layers[:2]))}{more}"
    return [f"KV cache: keys and values of causal self-attention in {numbers.count(len(layers), 'call')}: {which}."]
