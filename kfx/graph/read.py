"""Read any Keras model into a `LayerGraph` without calling, building or changing it."""

from __future__ import annotations

from typing import Any

from kfx.graph import internals
from kfx.graph.composite import list_sublayers
from kfx.graph.cost import total_cost
from kfx.graph.exact import read_function
from kfx.graph.facts import LayerGraph
from kfx.graph.reading import Level, Reading
from kfx.graph.weights import measure


def read_graph(model: Any, *, inputs: Any = None) -> LayerGraph:
    """The facts about a model: its calls, its edges and what each costs.

    Args:
        model: A Keras model or layer of any kind.
        inputs: What a model without a graph of its own is traced with: shapes with the batch axis first, specs or data.

    Returns:
        The graph; ``kind`` says how sure it is.
    """
    reading = Reading()
    if not isinstance(model, reading.keras.Operation):
        raise TypeError(f"cannot read {type(model).__name__!r}")
    weights = measure(internals.weights_of(model))
    top = Level(None, (), dict(weights))
    function = internals.function_of(model)
    entrances: tuple[str, ...] = ()
    exits: tuple[tuple[str, int, str], ...] = ()
    if function is not None:
        read_function(reading, function, top)
        entrances = tuple(top.made[id(t)][0] for t in function.inputs)
        names = internals.structure_names(function, "outputs")
        exits = tuple((*top.made[id(t)], name) for t, name in zip(function.outputs, names, strict=True))
    else:
        list_sublayers(reading, model, top)
    trained = measure(getattr(model, "trainable_weights", ()))
    rows = [c for c in reading.calls if c.parent is None]
    return LayerGraph(
        name=str(model.name),
        type=type(model).__name__,
        kind="exact" if function is not None else "opaque",
        calls=tuple(reading.calls),
        edges=tuple(reading.edges),
        inputs=entrances,
        outputs=exits,
        params=sum(w.size for w in weights.values()),
        trainable=sum(w.size for w in trained.values()),
        weight_bytes=sum(w.nbytes for w in weights.values()),
        cost=total_cost(rows, known=function is not None),
        notes=tuple(reading.notes),
    )
