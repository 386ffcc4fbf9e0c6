"""Read the graph around bare symbolic tensors, before any model exists, as a live sketch does."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from kfx.keras_access import internals
from kfx.keras_access.importing import import_keras
from kfx.model.facts import LayerGraph
from kfx.model.read.builder import Level, Reading
from kfx.model.read.functional import read_nodes
from kfx.model.walk import depth_first


def is_symbolic(given: Any) -> bool:
    """Return whether a value is a KerasTensor, or a list, tuple or dict of nothing else."""
    keras_tensor = import_keras().KerasTensor
    if isinstance(given, keras_tensor):
        return True
    found = [x for _, x in internals.leaves(given)] if isinstance(given, list | tuple | dict) else []
    return bool(found) and all(isinstance(x, keras_tensor) for x in found)


def read_tensors(tensors: Any, *, downstream: bool = False, name: str = "tensors") -> LayerGraph:
    """Return the facts about everything that leads to symbolic tensors.

    Args:
        tensors: A KerasTensor, or a list, tuple or dict of them; they become the graph's outputs, by their dict keys.
        downstream: Also read everything built on what leads to them: a re-run notebook cell leaves dead branches.
        name: The graph's name.

    Raises:
        TypeError: When there is anything else among ``tensors``.
    """
    if not is_symbolic(tensors):
        raise TypeError(
            f"`tensors` is {type(tensors).__name__!r}; give a KerasTensor such as the result of layer(x), or a list of them."
        )
    return read_around(tensors, downstream=downstream, name=name)[0]


def read_around(
    tensors: Any, *, downstream: bool = False, name: str = "tensors", without: Collection[int] = ()
) -> tuple[LayerGraph, list[tuple[Any, str]]]:
    """Return the graph as `read_tensors` does, and each Keras node with the key of its call, to follow a graph as it grows.

    ``without`` are the ids of nodes to leave out, none of which another node needs.
    """
    given = list(internals.leaves(tensors))
    nodes = _in_order([x for _, x in given], downstream, without)
    operations = {id(node.operation): node.operation for node in nodes}.values()
    reading = Reading()
    weights = reading.weights.of(w for op in operations for w in internals.weights_of(op))
    top = Level(None, (), dict(weights), turns=_by_time(nodes) if downstream else {})
    read_nodes(reading, nodes, top, {})
    loose = sum(id(x) not in top.made for _, x in given)
    if loose:
        reading.notes.append(f"{loose} of the tensors came from no layer.")
    graph = reading.freeze(
        "exact",
        weights,
        name=name,
        type="KerasTensor",
        inputs=tuple(call.key for call in reading.calls if call.parent is None and call.kind == "input"),
        outputs=tuple((*top.made[id(x)], internals.name_in_path(path)) for path, x in given if id(x) in top.made),
        trainable=sum(w.size for w in weights.values() if w.trainable),
    )
    return graph, [(node, top.made[id(node.outputs[0])][0]) for node in nodes if node.outputs]


def _by_time(nodes: list[Any]) -> dict[int, int]:
    """Return the number of each node among the calls of its layer, in the order of creation; only for shared layers."""
    mine = {id(node) for node in nodes}
    found = {}
    for op in {id(node.operation): node.operation for node in nodes}.values():
        calls = [id(node) for node in internals.calls_of(op) if id(node) in mine]
        found.update({node: n for n, node in enumerate(calls, 1)} if len(calls) > 1 else {})
    return found


def _in_order(tensors: list[Any], downstream: bool, without: Collection[int]) -> list[Any]:
    """Return the calls around tensors, each after all that it needs."""
    found = [made[0] for made in map(internals.node_of, tensors) if made is not None]
    reached: dict[int, Any] = {}
    todo = list(reversed(found))
    while todo:
        node = todo.pop()
        if id(node) not in reached:
            reached[id(node)] = node
            todo += node.parent_nodes
            todo += [x for x in reversed(internals.consumers(node)) if id(x) not in without] if downstream else []
    return depth_first([*found, *reached.values()], lambda node: node.parent_nodes, id)
