"""Which calls a user means: an address, a glob, a type, a predicate, or a list of these."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kfx.model.address import find
from kfx.model.facts import LayerCall, LayerGraph
from kfx.model.read.model import read_graph
from kfx.values.tap.calls import calls_of, inner_calls


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
        for one in wanted:
            said = raw_refusal(model, one) if isinstance(one, str) else None
            if said is not None:
                raise ValueError(said) from None
        raise


def raw_refusal(model: Any, address: str) -> str | None:
    """Why there are no values at an address that a trace has, and where the nearest are; None for any other address."""
    graph = read_graph(model)
    raw = {found.key for found in graph.calls if found.module == "tensorflow"}
    if address not in raw:
        return None
    before = _nearest(address, raw, [(edge.target, edge.source) for edge in graph.edges])
    after = _nearest(address, raw, [(edge.source, edge.target) for edge in graph.edges])
    around = [f"{', '.join(map(repr, keys[:3]))} {where} it" for keys, where in ((before, "before"), (after, "after")) if keys]
    return (
        f"{address!r} is an operation of TensorFlow's between the layers of model {str(model.name)!r}, of which nothing is "
        f"kept. Take the values of the layers around it{': ' if around else ''}{', '.join(around)}."
    )


def _nearest(address: str, raw: set[str], steps: Sequence[tuple[str, str]]) -> list[str]:
    """The first calls that are no raw operations, along steps from one call to the next."""
    found: dict[str, None] = {}
    seen, waiting = {address}, [address]
    for at in waiting:
        for here, there in steps:
            if here == at and there not in seen:
                seen.add(there)
                if there in raw:
                    waiting.append(there)
                else:
                    found[there] = None
    return list(found)


def select(calls: Sequence[LayerCall], wanted: Any, *, model: Any) -> list[str]:
    """`kfx.model.address.find` over some calls of a model."""
    graph = LayerGraph(name=str(model.name), type=type(model).__name__, kind="traced", calls=tuple(calls), edges=())
    return find(graph, wanted)
