"""Put a refused call into the graph of what it was given, as if Keras had made a node of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from kfx.keras_access import internals
from kfx.keras_access.importing import import_keras
from kfx.model.facts import Edge, LayerCall, LayerGraph, Tensor
from kfx.model.growing.facts import Refused
from kfx.model.labels import call_label, free_label
from kfx.model.layers.arguments import config_of
from kfx.model.mistakes.facts import Mistake
from kfx.model.mistakes.given import flat_tensors, source_of
from kfx.model.mistakes.models import missing_inputs
from kfx.model.mistakes.traceback import FailedCall

if TYPE_CHECKING:
    import keras

_SAID = {
    "model": "was not made",
    "foreign": "needs numbers",
    "class": "was not made",
}


def tensors_of(failed: FailedCall) -> list[Any]:
    """The symbolic tensors that a refused call was given."""
    keras_tensor = import_keras().KerasTensor
    return [x for x in flat_tensors(failed) if isinstance(x, keras_tensor)]


def add_failed_call(
    graph: LayerGraph, keys: Mapping[int, str], failed: FailedCall, mistake: Mistake
) -> tuple[LayerGraph, Refused]:
    """The graph with the refused call at its end, and arrays it was given as boxes before it.

    Args:
        graph: All that leads to the symbolic tensors that the call was given.
        keys: ``id`` of a Keras node -> key of its call.
        failed: What was refused.
        mistake: Why.
    """
    calls, edges = list(graph.calls), list(graph.edges)
    taken = {call.key for call in calls}
    given = _taken_in(failed)
    times = _is_called(failed.op, keys)
    key = free_label(call_label(mistake.name, times + 1, times + 1), taken)
    taken.add(key)
    arrays, lines, inputs = [], [], []
    for n, x in enumerate(given):
        inputs.append(_tensor(x))
        made = _made(x, keys)
        if made is None:
            box = _array(x, free_label(source_of(x), taken))
            taken.add(box.key)
            arrays.append(box)
            made = (box.key, 0)
        edges.append(Edge(*made, key, str(n)))
        lines.append((*made, key))
    red = {edge for n, edge in enumerate(lines) if len(lines) == 1 or _is_to_blame(mistake, n)} or set(lines)
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
        settings=(_SAID.get(mistake.kind, _SAID.get(failed.kind, "refused its inputs")),),
        config=config_of(failed.op) if failed.op is not None else (),
        inputs=tuple(inputs),
        note=mistake.sentence,
    )
    grown = replace(graph, calls=(*calls, *arrays, call), edges=tuple(edges))
    return grown, Refused(key, frozenset(sources), frozenset(red), mistake)


def _is_to_blame(mistake: Mistake, n: int) -> bool:
    return n < len(mistake.given) and bool(mistake.given[n].clash)


def _is_called(op: keras.Operation, keys: Mapping[int, str]) -> int:
    """How often the refusing layer was called before in this graph."""
    return sum(id(node) in keys for node in internals.calls_of(op))


def _made(x: object, keys: Mapping[int, str]) -> tuple[str, int] | None:
    made = internals.node_of(x) if isinstance(x, import_keras().KerasTensor) else None
    return None if made is None or id(made[0]) not in keys else (keys[id(made[0])], made[1])


def _tensor(x: object) -> Tensor:
    shape, dtype = getattr(x, "shape", None), getattr(x, "dtype", "")
    try:
        return Tensor(None if shape is None else tuple(shape), str(getattr(dtype, "name", dtype)))
    except (TypeError, ValueError):
        return Tensor(None, "")


def _array(x: object, key: str) -> LayerCall:
    kind = "numbers" if not isinstance(x, import_keras().KerasTensor) else "of another graph"
    return LayerCall(key, (key,), key, "input", "Array", "io", settings=(kind,), outputs=(_tensor(x),))


def _taken_in(failed: FailedCall) -> list[Any]:
    """What the call takes in; a model takes in its outputs, and what is given as its inputs and is no symbolic tensor."""
    given = flat_tensors(failed)
    if failed.kind != "model":
        return given
    inputs = {id(x) for x in import_keras().tree.flatten(failed.args[0]) if isinstance(x, import_keras().KerasTensor)}
    outputs = {id(x) for x in import_keras().tree.flatten(failed.args[1])}
    return [x for x in given if id(x) not in inputs or id(x) in outputs]


def _broken_paths(failed: FailedCall, keys: Mapping[int, str]) -> tuple[set[str], set[str], set[tuple[str, int, str]]]:
    """Inputs that a refused model does not name, the outputs that need them, and the lines between."""
    tree, keras_tensor = import_keras().tree, import_keras().KerasTensor
    inputs, outputs = ([x for x in tree.flatten(side) if isinstance(x, keras_tensor)] for side in failed.args)
    lost, ends, lines = set(), set(), set()
    for _, path in missing_inputs(inputs, outputs):
        made = [made for made in (_made(x, keys) for x in path) if made is not None]
        if made:
            ends.add(made[0][0])
            lost.add(made[-1][0])
        lines |= {(*source, target[0]) for target, source in pairwise(made)}
    return lost, ends, lines
