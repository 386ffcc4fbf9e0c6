"""Recognise the residual stream of a transformer: what its blocks return, in order, and what the first one is called with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kfx.errors import KfxError
from kfx.model.facts import LayerCall, LayerGraph
from kfx.model.read.model import read_graph
from kfx.values.tap.calls import Traced, traced_calls

if TYPE_CHECKING:
    import keras


def residual_stream(model: keras.Model, inputs: object) -> tuple[str, ...]:
    """Return the addresses of the residual stream.

    A block is a layer or model with attention inside. Without such layers, the sums beside the attention layers are taken.

    Raises:
        KfxError: No attention was found, or nothing that it is added to.
    """
    traced = traced_calls(model, inputs)
    calls = traced.calls
    attention = [call for call in calls if _attends(call) and not _within(call, calls)]
    found = _blocks(calls, attention) or _sums(calls, attention)
    if not found:
        raise KfxError(
            f"No residual stream was recognised in {str(model.name)!r}: no layer holds attention, and no sum follows it. "
            "Name the layers to read, in order: layers=['block_0', 'block_1', ...]."
        )
    before = _before(model, inputs, traced, found[0])
    return (*([before] if before else []), *(call.key for call in found))


def _attends(call: LayerCall) -> bool:
    classes = (call.type, *(base.rpartition(".")[2] for base in call.bases))
    return call.kind not in ("input", "op") and any("attention" in one.lower() for one in classes)


def _within(call: LayerCall, calls: Sequence[LayerCall]) -> bool:
    """Return whether a call is a part of attention."""
    return any(other is not call and _attends(other) and call.key.startswith(f"{other.key}/") for other in calls)


def _blocks(calls: Sequence[LayerCall], attention: Sequence[LayerCall]) -> list[LayerCall]:
    """Return the layers around the attention that are of the class of the last one and beside it."""
    around = {call.parent for call in attention if call.parent is not None}
    blocks = [call for call in calls if call.key in around and _is_stream(call)]
    if not blocks:
        return []
    last = blocks[-1]
    same = [one for one in blocks if (one.type, one.parent, _size(one)) == (last.type, last.parent, _size(last))]
    if last.kind == "model" and len(same) == 1 and _sums(calls, attention):
        return []  # a nested model that holds the whole stream
    return same


def _sums(calls: Sequence[LayerCall], attention: Sequence[LayerCall]) -> list[LayerCall]:
    """Return the sums beside the last attention."""
    if not attention:
        return []
    parent = attention[-1].parent
    sums = [call for call in calls if call.type == "Add" and call.parent == parent and _is_stream(call)]
    return [one for one in sums if _size(one) == _size(sums[-1])]


def _is_stream(call: LayerCall) -> bool:
    return (
        len(call.outputs) == 1 and len(call.outputs[0].shape or ()) == 3 and call.outputs[0].dtype.startswith(("float", "bf"))
    )


def _size(call: LayerCall) -> int | None:
    shape = call.outputs[0].shape
    return None if shape is None else shape[-1]


def _before(model: keras.Model, inputs: object, traced: Traced, first: LayerCall) -> str | None:
    """Return the address of what the first block is called with, where it is one call of the same width."""
    try:
        graph: LayerGraph = read_graph(model)
    except Exception:  # the reader may not know what the model is called with: the stream begins with the first block
        return None
    by_key = {call.key: call for call in traced.calls}
    sources = [edge.source for edge in graph.edges if edge.target == first.key]
    alike = [key for key in sources if key in by_key and by_key[key].kind != "input" and _is_stream(by_key[key])]
    alike = [key for key in dict.fromkeys(alike) if _size(by_key[key]) == _size(first)]
    if first.type == "Add":  # of the stream and what attention adds to it
        if not any(key in by_key and _attends(by_key[key]) for key in sources):
            return None
        alike = [key for key in alike if not _attends(by_key[key])]
    return alike[0] if len(alike) == 1 else None
