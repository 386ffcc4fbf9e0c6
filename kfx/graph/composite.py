"""Layers made of layers that Keras keeps no graph of: what is known of their inside."""

from __future__ import annotations

from typing import Any

from kfx.graph import internals
from kfx.graph.reading import Inside, Level, Reading


def read_composite(reading: Reading, op: Any, inner: Level, node: Any) -> Inside | None:
    """Add the calls inside one call of a composite layer. None for a layer of Keras's own that is known as one thing."""
    if internals.runs_keras_code(type(op)):
        return None
    return list_sublayers(reading, op, inner)


def list_sublayers(reading: Reading, op: Any, inner: Level, note: str = "") -> Inside:
    """Add the layers a layer holds, with no wiring."""
    from kfx.graph.exact import read_function

    for layer in internals.sublayers(op):
        inner.totals[id(layer)] += 1
        name = reading.label(layer, inner)
        place = reading.reserve()
        weights = reading.charge(layer, inner)
        below = Level(
            f"{inner.parent}/{name[0]}" if inner.parent is not None else name[0], (*inner.path, name[0]), dict(weights[1])
        )
        function, inside = internals.function_of(layer), None
        if function is not None:
            read_function(reading, function, below)
            made = below.made
            inside = Inside(
                "model", tuple(made[id(t)][0] for t in function.inputs), tuple(made[id(t)] for t in function.outputs)
            )
        elif layer._layers and not internals.runs_keras_code(type(layer)):
            inside = list_sublayers(reading, layer, below)
        reading.write(place, layer, inner, name, (), (), weights, (), inside)
    return Inside("opaque", note=note)
