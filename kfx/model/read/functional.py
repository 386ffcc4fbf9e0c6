"""Read Keras's own graph, and the inside of every layer in it: nested graphs, traced code, listed layers, wrapped models."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from kfx.errors import TraceError
from kfx.keras_access import internals
from kfx.keras_access.no_call import has_no_call
from kfx.keras_access.untouched import untouched
from kfx.model.facts import Cost, Edge, Tensor
from kfx.model.layers.arguments import stored_training, training_note
from kfx.model.layers.cost import one_example, scaled
from kfx.model.layers.registry import known
from kfx.model.read.builder import Inside, Level, Reading
from kfx.model.read.inputs import CallSpecs, Spec
from kfx.model.read.inside.event import Event, Run
from kfx.model.read.inside.trace import can_trace, is_transparent, run
from kfx.model.read.inside.traced import is_custom_leaf
from kfx.model.read.inside.write import Readers, write_table

if TYPE_CHECKING:
    import keras

    from kfx.keras_access.layers import Node

Tensors = tuple[Tensor, ...]
Shown = dict[int, "keras.KerasTensor"]  # tensors to show in place of a graph's own, by identity


class _Given(NamedTuple):
    """The inputs and outputs of the layers inside a wrapper; empty if unknown."""

    inputs: tuple[Tensor, ...] = ()
    outputs: tuple[Tensor, ...] = ()


_NOTHING = _Given()

# ---- Keras's own graph


def read_function(reading: Reading, function: keras.Function, level: Level, shapes: Shown | None = None) -> None:
    """Add every call of a graph; ``shapes`` holds tensors to show in place of the graph's own, by identity."""
    read_nodes(reading, internals.nodes_of(function), level, shapes or {})


def read_nodes(reading: Reading, nodes: list[Node], level: Level, shapes: Shown) -> None:
    """Add calls given as Keras nodes, in an order in which each follows all that it needs."""
    level.totals.update(Counter(id(node.operation) for node in nodes))
    for node in nodes:
        _read_node(reading, node, level, shapes)


def _read_node(reading: Reading, node: Node, level: Level, shapes: Shown) -> None:
    op = node.operation
    place = reading.place(op, level, node)
    key = place.key
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
    inside = own = None
    if function is not None:
        inside = read_inside(reading, function, place.inside(weights, level.times), tuple(inputs))
    elif internals.tracked_layers(op):
        inside = _read_composite(reading, op, place.inside(weights, level.times), node, shapes, (tuple(inputs), tuple(outputs)))
    elif is_custom_leaf(op):
        own = _own_cost(reading, op, node, level, shapes)
    training = stored_training(constants, type(op)) if constants and internals.is_layer(op) else None
    if training is not None:
        reading.training.setdefault(training, []).append(key)
    note = "" if training is None else training_note(training)
    reading.write(place, op, level, tuple(inputs), tuple(outputs), weights, constants, inside, note, times=level.times, own=own)


def _tensor(reading: Reading, level: Level, shapes: Shown, x: keras.KerasTensor, name: str) -> Tensor:
    """Return the facts of a symbolic tensor, asked of Keras once in a container, though several calls may take it."""
    found = level.tensors.get(id(x))
    if found is None:
        shown = shapes.get(id(x), x)
        found = level.tensors[id(x)] = reading.tensor(shown.shape, shown.dtype)
    return reading.tensor(found.shape, found.dtype, name) if name else found


def read_inside(reading: Reading, function: keras.Function, inner: Level, inputs: tuple[Tensor, ...]) -> Inside:
    """Add the calls inside one call of a nested model, with the shapes they have in that call."""
    read_function(reading, function, inner, shapes_for(reading, function, inputs))
    made = inner.made
    return Inside("model", tuple(made[id(t)][0] for t in function.inputs), tuple(made[id(t)] for t in function.outputs))


def shapes_for(reading: Reading, function: keras.Function, inputs: tuple[Tensor, ...]) -> Shown:
    """Return tensors to show for those of a graph that is called with other shapes than it was made with."""
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
    except Exception:  # a layer without a shape rule: the graph's own shapes are correct, but less exact
        return {}
    return shown


# ---- layers made of layers that Keras keeps no graph of


def read_run(reading: Reading, made: Run, level: Level) -> Inside:
    """Add the calls and operations that one recorded call of a layer made."""
    return write_table(
        reading, reading.tables.of(made.event), made.event.op, level, Readers(read_inside, read_untraced, list_layers)
    )


def _read_composite(
    reading: Reading, op: keras.Layer, inner: Level, node: Node, shapes: Shown, tensors: tuple[Tensors, Tensors]
) -> Inside | None:
    """Add the calls inside one call of a composite layer; None for a layer of Keras's own, which is not opened."""
    if not is_transparent(op):
        inner.times = 1  # a wrapper of Keras's own, whose cost is that of its formula
        return read_untraced(reading, op, inner, *tensors)
    return read_composite(reading, op, inner, _specs(reading, node, shapes))


def _specs(reading: Reading, node: Node, shapes: Shown) -> CallSpecs:
    """Return what a call is given, with the sizes to show in place of Keras's."""

    def spec(x: object) -> object:
        if not isinstance(x, reading.keras.KerasTensor):
            return x
        shown = shapes.get(id(x), x)
        return Spec(tuple(shown.shape), str(shown.dtype))

    return CallSpecs(*reading.keras.tree.map_structure(spec, (tuple(node.arguments.args), dict(node.arguments.kwargs))))


def read_composite(reading: Reading, op: keras.Layer, inner: Level, specs: CallSpecs) -> Inside:
    """Add the calls inside a layer of the user's own code by running it, or an equal one, once without numbers."""
    try:
        if not can_trace():
            raise TraceError("tracing needs the TensorFlow backend")
        event = _run_once(reading, op, specs)
    except TraceError as error:
        reading.unread.append(str(inner.parent))
        return list_sublayers(reading, op, inner, f"could not be traced: {error}")
    return write_table(reading, reading.tables.of(event), op, inner, Readers(read_inside, read_untraced, list_layers))


def _run_once(reading: Reading, op: keras.Layer, specs: CallSpecs) -> Event:
    """Return the recorded call of a layer, or of an equal one that was called with equal arguments."""
    key = reading.equal.key(op, specs.args, specs.kwargs)
    found = reading.equal.find(key)
    if found is None:
        with untouched(op):
            found = run(op, specs, reading.equal).event
        reading.equal.keep(key, found)
    return found


def _own_cost(reading: Reading, op: keras.Layer, node: Node, level: Level, shapes: Shown) -> Cost | None:
    """Return what the code of a layer without a formula costs; None where that is unknown for other reasons."""
    specs = _specs(reading, node, shapes)
    sizes = [x.shape[1:] for x in reading.keras.tree.flatten((specs.args, specs.kwargs)) if isinstance(x, Spec)]
    if not can_trace() or any(None in shape for shape in sizes):
        return None
    try:
        return scaled(reading.tables.own_cost(_run_once(reading, op, specs)), level.times)
    except TraceError:
        return None


def read_untraced(
    reading: Reading, op: keras.Layer, inner: Level, inputs: tuple[Tensor, ...] = (), outputs: tuple[Tensor, ...] = ()
) -> Inside | None:
    """Add what a layer holds without running it, e.g. the models inside one of Keras's wrappers."""
    if isinstance(op, reading.keras.Sequential) and not op.built:
        return read_chain(reading, op, inner)
    if is_transparent(op) or has_no_call(op):
        return list_sublayers(reading, op, inner)
    held = [layer for layer in internals.sublayers(op) if is_open(layer)] if is_wrapper(op) else []
    if not held:
        return None
    list_layers(reading, held, inner, given=_given(reading, op, inputs, outputs))
    return Inside("opaque", note="wraps what is inside")


def is_wrapper(op: object) -> bool:
    """Return whether a layer is one of Keras's that wrap another, such as `TimeDistributed`."""
    return "Wrapper" in internals.keras_names(type(op))


def is_open(layer: Any) -> bool:
    """Return whether the inside of a wrapped layer is worth showing."""
    if internals.function_of(layer) is not None or is_transparent(layer):
        return True
    return is_wrapper(layer) and any(map(is_open, internals.sublayers(layer)))


def _given(reading: Reading, op: keras.Layer, inputs: tuple[Tensor, ...], outputs: tuple[Tensor, ...]) -> _Given:
    wraps = known(type(op)).wraps
    if wraps is None or wraps.calls is None:
        return _NOTHING
    try:
        calls = wraps.calls(op, [one_example(t.shape) for t in inputs], [one_example(t.shape) for t in outputs])
    except (ValueError, IndexError, AttributeError, TypeError):  # an unknown axis, or a call that does not fit
        return _NOTHING
    dtype = str(getattr(op, "input_dtype", None) or "float32")
    made = [tuple(reading.tensor((None, *shape[1:]), dtype) for shape in side) for side in (calls.inputs, calls.outputs)]
    return _Given(*made)


def list_sublayers(reading: Reading, op: keras.Layer, inner: Level, note: str = "") -> Inside:
    """Add the layers a layer holds, with no wiring."""
    list_layers(reading, internals.sublayers(op), inner)
    return Inside("opaque", note=note)


def list_layers(
    reading: Reading, layers: Iterable[keras.Layer], inner: Level, note: str = "", given: _Given = _NOTHING
) -> None:
    """Add layers of a container whose calls are unknown.

    Args:
        reading: The reading to add to.
        layers: The layers.
        inner: The container.
        note: The reason, for layers that are not opened.
        given: The inputs and outputs of each layer inside its wrapper.
    """
    for layer in layers:
        inner.totals[id(layer)] += 1
        place, weights = reading.place(layer, inner), reading.charge(layer, inner)
        called = given if is_wrapper(layer) else _NOTHING
        inside = _read_listed(reading, layer, place.inside(weights), given)
        if note and inside is None:
            inside = Inside("layer", note=note)
        reading.write(place, layer, inner, called.inputs, called.outputs, weights, (), inside)


def _read_listed(reading: Reading, layer: keras.Layer, below: Level, given: _Given) -> Inside | None:
    function = internals.function_of(layer)
    if function is not None:
        return read_inside(reading, function, below, given.inputs)
    if given.inputs and is_transparent(layer):
        return read_composite(reading, layer, below, CallSpecs(tuple(Spec(t.shape or (), t.dtype) for t in given.inputs), {}))
    return read_untraced(reading, layer, below, *given) if internals.tracked_layers(layer) else None


def read_chain(reading: Reading, model: keras.Sequential, level: Level) -> Inside:
    """Add the layers of an unbuilt Sequential, each with an edge from the one before; shapes are unknown."""
    start = len(reading.calls)
    list_layers(reading, internals.tracked_layers(model), level)
    keys = [call.key for call in reading.calls[start:] if call.parent == level.parent]
    reading.edges += [Edge(a, 0, b) for a, b in pairwise(keys)]
    return Inside("model", tuple(keys[:1]), tuple((key, 0) for key in keys[-1:]))
