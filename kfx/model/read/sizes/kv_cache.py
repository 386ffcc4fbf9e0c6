"""Bytes of the keys and values that a model keeps while it writes a text: those of its causal self-attention."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from kfx.keras_access import internals
from kfx.model.facts import Edge, KvCache, LayerCall

_FLOATS = ("float", "bfloat")


def kv_cache(calls: Sequence[LayerCall], edges: Sequence[Edge], ops: Mapping[str, Any], batch: int) -> KvCache | None:
    """Return the size of the cache of keys and values for the lengths that the calls have.

    2 × heads of keys × size of a head × length × bytes of the compute dtype, for each call of a layer that has projections
    named ``key`` and ``value`` and whose attention is causal: it is told ``use_causal_mask=True``, or its ``call`` and that
    of the layer around it take a cache. Attention to another sequence is left out.

    Args:
        calls: All calls of a graph.
        edges: Its edges.
        ops: The layer behind each call, by its key.
        batch: The number of examples.

    Returns:
        None where there is no such layer, or a length is unknown.
    """
    causal = [call for call in calls if _is_causal(call, ops)]
    if not causal:
        return None
    nbytes, lengths, keys = 0, [], []
    feeds: dict[str, set[tuple[str, int]]] = {}
    for edge in edges:
        feeds.setdefault(edge.target, set()).add((edge.source, edge.output))
    by_key = {call.key: call for call in calls}
    for call in causal:
        layer = ops[call.key]
        sequences = [t.shape for t in call.inputs if t.dtype.startswith(_FLOATS) and t.shape is not None and len(t.shape) == 3]
        if _attends_elsewhere(call, feeds.get(call.key, set()), by_key) or not sequences:
            continue
        width = _kept_width(layer, sequences[0])
        if width is None:
            continue
        length = sequences[0][1]
        if length is None:
            return None
        nbytes += width * length * _bytes_of(call.dtype)
        lengths.append(length)
        keys.append(call.key)
    return KvCache(nbytes * batch, batch, tuple(dict.fromkeys(lengths)), tuple(keys)) if keys else None


def _is_causal(call: LayerCall, ops: Mapping[str, Any]) -> bool:
    layer = ops.get(call.key)
    if layer is None or not internals.tracked_layers(layer):
        return False
    if ("use_causal_mask", "True") in call.config:
        return True
    return _takes_cache(type(layer)) and _takes_cache(type(ops.get(call.parent or "")))


@internals.cache_by_class
def _takes_cache(cls: type) -> bool:
    try:
        return any("cache" in name for name in inspect.signature(getattr(cls, "call", None)).parameters)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False


def _attends_elsewhere(call: LayerCall, feeds: set[tuple[str, int]], by_key: Mapping[str, LayerCall]) -> bool:
    """Return whether keys and values come from another sequence than the queries."""
    if "cross" in call.name:
        return True
    tensors = [by_key[key].outputs[number] for key, number in feeds if key in by_key and number < len(by_key[key].outputs)]
    return sum(t.dtype.startswith(_FLOATS) and t.shape is not None and len(t.shape) == 3 for t in tensors) > 1


def _kept_width(layer: Any, shape: tuple[int | None, ...]) -> int | None:
    """Return the numbers that the projections of keys and values make of one position; None where a layer has none."""
    named = {str(inner.name): inner for inner in internals.tracked_layers(layer)}
    try:
        made = [named[name].compute_output_shape((1, 1, shape[-1])) for name in ("key", "value")]
        return sum(prod(sizes[2:]) for sizes in made)
    except (KeyError, TypeError, ValueError):
        return None


def _bytes_of(dtype: str) -> int:
    return 2 if dtype == "bfloat16" else np.dtype(dtype).itemsize
