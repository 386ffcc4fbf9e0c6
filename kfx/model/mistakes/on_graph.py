"""Add a failed call to the graph of its inputs, as if Keras had made a node of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

from kfx.keras_access import internals
from kfx.keras_access.importing import import_keras
from kfx.model.facts import Edge, LayerCall, LayerGraph, Tensor
from kfx.model.growing.facts import FailedNode
from kfx.model.labels import call_label, free_label
from kfx.model.layers.arguments import config_of
from kfx.model.mistakes.facts import Mistake
from kfx.model.mistakes.given import flat_tensors, source_of
from kfx.model.mistakes.models import missing_inputs
from kfx.model.mistakes.traceback import FailedCall

_SETTINGS = {"model": "was not made", "foreign": "needs numbers", "class": "was not made"}


def tensors_of(failed: FailedCall) -> list[Any]:
    """Return the symbolic tensors that a failed call was given."""
    return [x for x in flat_tensors(failed) if _is_symbolic(x)]


def _is_symbolic(x: object) -> bool:
    return isinstance(x, import_keras().KerasTensor)


def add_failed_call(
    graph: LayerGraph, keys: Mapping[int, str], failed: FailedCall, mistake: Mistake
) -> tuple[LayerGraph, FailedNode]:
    """Return the graph with the failed call at its end, and the arrays among its inputs as boxes before it.

    Args:
        graph: All that leads to the call's symbolic inputs.
        keys: ``id`` of a Keras node -> key of its call.
        failed: The call.
        mistake: Its explanation.
    """
    taken = {call.key for call in graph.calls}
    given = _inputs_of(failed)
    number = sum(id(node) in keys for node in internals.calls_of(failed.op)) + 1
    key = free_label(call_label(mistake.name, number, number), taken)
    taken.add(key)
    arrays, lines = [], []
    for x in given:
        source = _source(x, keys)
        if source is None:
            label = free_label(source_of(x), taken)
            kind = "of another graph" if _is_symbolic(x) else "numbers"
            taken.add(label)
            arrays.append(LayerCall(label, (label,), label, "input", "Array", "io", settings=(kind,), outputs=(_tensor(x),)))
            source = label, 0
        lines.append((*source, key))
    clashing = [bool(one.clash) for one in mistake.given]
    red = {line for line, clash in zip(lines, clashing, strict=False) if clash or len(lines) == 1} or set(lines)
    sources = {box.key for box in arrays}
    if failed.kind == "model":
        lost, ends, path = _broken_paths(failed, keys)
        sources |= lost
        red = path | {line for line in lines if line[0] in sources | ends} or red
    call = LayerCall(
        key=key,
        path=(key,),
        name=mistake.name,
        kind="layer",
        type=mistake.type,
        family="error",
        settings=(_SETTINGS.get(mistake.kind, _SETTINGS.get(failed.kind, "refused its inputs")),),
        config=config_of(failed.op) if failed.op is not None else (),
        inputs=tuple(map(_tensor, given)),
        note=mistake.sentence,
    )
    edges = tuple(Edge(*line, str(n)) for n, line in enumerate(lines))
    grown = replace(graph, calls=(*graph.calls, *arrays, call), edges=(*graph.edges, *edges))
    return grown, FailedNode(key, frozenset(sources), frozenset(red), mistake)


def _source(x: object, keys: Mapping[int, str]) -> tuple[str, int] | None:
    """Return the key of the call that made a tensor and the number of its output; None for one outside the graph."""
    made = internals.node_of(x)
    return None if made is None or id(made[0]) not in keys else (keys[id(made[0])], made[1])


def _tensor(x: object) -> Tensor:
    shape, dtype = getattr(x, "shape", None), getattr(x, "dtype", "")
    try:
        return Tensor(None if shape is None else tuple(shape), str(getattr(dtype, "name", dtype)))
    except (TypeError, ValueError):
        return Tensor(None, "")


def _inputs_of(failed: FailedCall) -> list[Any]:
    """Return the inputs of the call; those of a model are its outputs, and its inputs that are not symbolic tensors."""
    given = flat_tensors(failed)
    if failed.kind != "model":
        return given
    inputs, outputs = ({id(x): x for x in import_keras().tree.flatten(side)} for side in failed.args)
    return [x for x in given if id(x) in outputs or not (id(x) in inputs and _is_symbolic(x))]


def _broken_paths(failed: FailedCall, keys: Mapping[int, str]) -> tuple[set[str], set[str], set[tuple[str, int, str]]]:
    """Return the inputs that a failed model does not name, the outputs that need them, and the lines between."""
    inputs, outputs = ([x for x in import_keras().tree.flatten(side) if _is_symbolic(x)] for side in failed.args)
    lost, ends, lines = set(), set(), set()
    for _, path in missing_inputs(inputs, outputs):
        made = [source for x in path if (source := _source(x, keys)) is not None]
        if made:
            ends.add(made[0][0])
            lost.add(made[-1][0])
        lines |= {(*source, target[0]) for target, source in pairwise(made)}
    return lost, ends, lines
