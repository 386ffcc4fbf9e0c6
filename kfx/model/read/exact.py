"""Read Keras's own graph: the calls of a Functional model, a Sequential or a `keras.Function`, and all nested ones."""

from __future__ import annotations

from collections import Counter
from typing import Any

from kfx.keras_access import internals
from kfx.keras_access.untouched import untouched
from kfx.model.facts import Edge, Tensor
from kfx.model.read.builder import Inside, Level, Reading
from kfx.model.read.composite import read_composite


def read_function(reading: Reading, function: Any, level: Level, shapes: dict[int, Any] | None = None) -> None:
    """Add every call of a graph; ``shapes`` holds tensors to show in place of the graph's own, by identity."""
    read_nodes(reading, internals.nodes_of(function), level, shapes or {})


def read_nodes(reading: Reading, nodes: list[Any], level: Level, shapes: dict[int, Any]) -> None:
    """Add calls that are given as Keras nodes in an order in which each stands after all that it needs."""
    level.totals.update(Counter(id(node.operation) for node in nodes))
    for node in nodes:
        _read_node(reading, node, level, shapes)


def _read_node(reading: Reading, node: Any, level: Level, shapes: dict[int, Any]) -> None:
    op = node.operation
    name = reading.label(op, level, node)
    place = reading.reserve()
    key = f"{level.parent}/{name[0]}" if level.parent is not None else name[0]
    inputs, constants = [], []
    tensor_class = reading.keras.KerasTensor
    for where, x in internals.argument_leaves(node):
        if isinstance(x, tensor_class):
            label = internals.name_in_path(where.partition(".")[2]) if "." in where else ""
            inputs.append(_tensor(reading, level, shapes, x, label))
            if id(x) in level.made:
                reading.edges.append(Edge(*level.made[id(x)], key, where))
        elif x is not None or type(op).__name__ == "GetItem":  # of x[:, None] the None counts
            constants.append((where, x))
    function = internals.function_of(op)
    names = internals.structure_names(function, "outputs") if function is not None else [""] * len(node.outputs)
    outputs = []
    for number, x in enumerate(node.outputs):
        outputs.append(_tensor(reading, level, shapes, x, names[number]))
        level.made[id(x)] = (key, number)
    weights = reading.charge(op, level)
    inside = None
    if function is not None or internals.tracked_layers(op):
        inner = Level(key, (*level.path, name[0]), dict(weights[1]))
        if function is not None:
            inside = read_inside(reading, function, inner, tuple(inputs))
        else:
            inside = read_composite(reading, op, inner, node)
    reading.write(place, op, level, name, tuple(inputs), tuple(outputs), weights, constants, inside)


def _tensor(reading: Reading, level: Level, shapes: dict[int, Any], x: Any, name: str) -> Tensor:
    """What is said of a symbolic tensor: asked of Keras once in a container, though several calls may take it."""
    found = level.tensors.get(id(x))
    if found is None:
        shown = shapes.get(id(x), x)
        found = level.tensors[id(x)] = reading.tensor(shown.shape, shown.dtype)
    return reading.tensor(found.shape, found.dtype, name) if name else found


def read_inside(reading: Reading, function: Any, inner: Level, inputs: tuple[Tensor, ...]) -> Inside:
    """Add the calls inside one call of a nested model, with the shapes they have in that call."""
    read_function(reading, function, inner, shapes_for(reading, function, inputs))
    made = inner.made
    return Inside("model", tuple(made[id(t)][0] for t in function.inputs), tuple(made[id(t)] for t in function.outputs))


def shapes_for(reading: Reading, function: Any, inputs: tuple[Tensor, ...]) -> dict[int, Any]:
    """Tensors to show for those of a graph, where it is called with other shapes than it was made with."""
    own = function.inputs
    if len(inputs) < len(own) or all(tuple(t.shape) == given.shape for t, given in zip(own, inputs, strict=False)):
        return {}
    tensor = reading.keras.KerasTensor
    shown = {id(t): tensor(given.shape, given.dtype) for t, given in zip(own, inputs, strict=False) if given.shape is not None}
    try:
        with untouched(function):
            for node in internals.nodes_of(function):
                if not node.is_input:
                    args, kwargs = node.arguments.fill_in(shown)
                    made = node.operation.compute_output_spec(*args, **kwargs)
                    shown.update((id(t), new) for t, new in zip(node.outputs, reading.keras.tree.flatten(made), strict=True))
    except Exception:  # a layer that cannot tell its output's shape: the graph's own shapes are still right, if less exact
        return {}
    return shown
