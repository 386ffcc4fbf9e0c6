"""Layers made of layers that Keras keeps no graph of: their inside is traced where that is safe, else listed without wiring."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kfx.errors import TraceError
from kfx.keras_access import internals
from kfx.keras_access.untouched import untouched
from kfx.model.read.builder import Inside, Level, Reading
from kfx.model.read.inputs import CallSpecs, Spec
from kfx.model.read.trace import can_trace, is_transparent, run
from kfx.model.read.traced import read_event

_MOST_TRACES = 100  # composite calls traced in one reading; each takes some 10 to 50 ms


def read_composite(reading: Reading, op: Any, inner: Level, node: Any) -> Inside | None:
    """Add the calls inside one call of a composite layer, given as a Keras node.

    Returns:
        None for a layer of Keras's own, which is shown as one thing.
    """
    if not is_transparent(op):
        return read_untraced(reading, op, inner)
    if not can_trace():
        return list_sublayers(reading, op, inner, "tracing needs the TensorFlow backend")
    if reading.traces >= _MOST_TRACES:
        return list_sublayers(reading, op, inner, f"not traced: {_MOST_TRACES} layers were")
    reading.traces += 1
    with untouched(op):
        try:
            event = run(op, _specs_of(reading, node))
        except TraceError as error:
            return list_sublayers(reading, op, inner, f"could not be traced: {error}")
        return read_event(reading, event, inner)


def read_untraced(reading: Reading, op: Any, inner: Level) -> Inside | None:
    """What is known of the inside of a layer without running it: the models a wrapper of Keras's own applies."""
    if isinstance(op, reading.keras.Sequential) and not op.built:
        from kfx.model.read.sequential import read_chain

        return read_chain(reading, op, inner)
    if is_transparent(op):
        return list_sublayers(reading, op, inner)
    held = [layer for layer in internals.sublayers(op) if internals.function_of(layer) is not None or is_transparent(layer)]
    if not held or "Wrapper" not in internals.keras_names(type(op)):
        return None
    list_layers(reading, held, inner)
    return Inside("opaque", note="wraps what is inside")


def list_sublayers(reading: Reading, op: Any, inner: Level, note: str = "") -> Inside:
    """Add the layers a layer holds, with no wiring."""
    list_layers(reading, internals.sublayers(op), inner)
    return Inside("opaque", note=note)


def list_layers(reading: Reading, layers: Iterable[Any], inner: Level, note: str = "") -> None:
    """Add layers that are known to be in a container, but not how they are called; ``note`` says why."""
    from kfx.model.read.exact import read_inside

    for layer in layers:
        inner.totals[id(layer)] += 1
        name = reading.label(layer, inner)
        place = reading.reserve()
        weights = reading.charge(layer, inner)
        path = (*inner.path, name[0])
        below = Level("/".join(path), path, dict(weights[1]))
        function, inside = internals.function_of(layer), None
        if function is not None:
            inside = read_inside(reading, function, below, ())
        elif internals.tracked_layers(layer):
            inside = read_untraced(reading, layer, below)
        if note and inside is None:
            inside = Inside("layer", note=note)
        reading.write(place, layer, inner, name, (), (), weights, (), inside)


def _specs_of(reading: Reading, node: Any) -> CallSpecs:
    def spec(x: Any) -> Any:
        return Spec(tuple(x.shape), str(x.dtype)) if isinstance(x, reading.keras.KerasTensor) else x

    return CallSpecs(*reading.keras.tree.map_structure(spec, (tuple(node.arguments.args), dict(node.arguments.kwargs))))
