"""Which calls a user means: an address, a glob, a type, a predicate, or a list of these."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kfx.features.calls import calls_of, inner_calls
from kfx.graph.address import find
from kfx.graph.facts import LayerCall, LayerGraph
from kfx.graph.read import read_graph


def chosen(model: Any, layers: Any, inputs: Any, *, training: bool = False, run_eagerly: bool | None = None) -> tuple[str, ...]:
    """Addresses in the order in which the model computes them.

    Raises:
        ValueError: An address or glob names nothing; the near misses are told.
        TypeError: ``layers`` holds something that cannot choose.
    """
    how = {"training": training, "run_eagerly": run_eagerly}
    calls = calls_of(model, inputs, **how)
    wanted = list(layers) if isinstance(layers, list | tuple | set | frozenset) else [layers]
    if not wanted:
        raise ValueError("`layers` is empty; give an address, a pattern such as '*', a layer class or a function.")
    keys = {found.key for found in calls}
    deep = [one for one in wanted if isinstance(one, str) and one not in keys and _inside_a_layer(one, calls)]
    if not deep:
        return tuple(_by_address(calls, wanted, model))
    found = {one.key for one in inner_calls(model, inputs, **how)} & set(deep)
    rest = [one for one in wanted if not (isinstance(one, str) and one in found)]
    return (*(_by_address(calls, rest, model) if rest else ()), *(one for one in dict.fromkeys(deep) if one in found))


def _inside_a_layer(address: str, calls: tuple[LayerCall, ...]) -> bool:
    return any(found.kind == "layer" and address.startswith(f"{found.key}/") for found in calls)


def _by_address(calls: Sequence[LayerCall], wanted: Any, model: Any) -> list[str]:
    try:
        return select(calls, wanted, model=model)
    except ValueError:
        raw = {found.key for found in read_graph(model).calls if found.module == "tensorflow"}
        for one in wanted:
            if isinstance(one, str) and one in raw:
                raise ValueError(
                    f"{one!r} is an operation of TensorFlow's between the layers of model {str(model.name)!r}, of which "
                    "nothing is kept. Take the values of the layers around it."
                ) from None
        raise


def select(calls: Sequence[LayerCall], wanted: Any, *, model: Any) -> list[str]:
    """`kfx.graph.address.find` over some calls of a model."""
    graph = LayerGraph(name=str(model.name), type=type(model).__name__, kind="traced", calls=tuple(calls), edges=())
    return find(graph, wanted)
