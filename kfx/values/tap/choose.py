"""Choose calls of a model by an address, a glob, a class, a predicate, or a list of these."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kfx.model.address import find
from kfx.model.facts import LayerCall, LayerGraph
from kfx.model.read.model import read_graph
from kfx.values.tap.calls import addressable_calls, traced_calls

if TYPE_CHECKING:
    import keras


def choose_addresses(
    model: keras.Model, layers: object, inputs: object, *, training: bool = False, run_eagerly: bool | None = None
) -> tuple[str, ...]:
    """Return the chosen addresses in the order in which the model computes them.

    Raises:
        ValueError: An address or glob names nothing; the message lists similar names.
        TypeError: ``layers`` holds something else.
    """
    calls = addressable_calls(model, inputs, training=training, run_eagerly=run_eagerly)
    wanted = list(layers) if isinstance(layers, list | tuple | set | frozenset) else [layers]
    if not wanted:
        raise ValueError("`layers` is empty; give an address, a pattern such as '*', a layer class or a function.")
    keys = {found.key for found in calls}
    layer_paths = tuple(f"{found.key}/" for found in calls if found.kind == "layer")
    deep = [one for one in wanted if isinstance(one, str) and one not in keys and one.startswith(layer_paths)]
    if not deep:
        return tuple(_by_address(calls, wanted, model))
    inner = traced_calls(model, inputs, training=training, run_eagerly=run_eagerly).inner
    found = {one.key for one in inner} & set(deep)
    rest = [one for one in wanted if not (isinstance(one, str) and one in found)]
    return (*(_by_address(calls, rest, model) if rest else ()), *(one for one in dict.fromkeys(deep) if one in found))


def _by_address(calls: Sequence[LayerCall], wanted: list, model: keras.Model) -> list[str]:
    try:
        return select(calls, wanted, model=model)
    except ValueError:
        for one in wanted:
            refusal = raw_refusal(model, one) if isinstance(one, str) else None
            if refusal is not None:
                raise ValueError(refusal) from None
        raise


def raw_refusal(model: keras.Model, address: str) -> str | None:
    """Return why a TensorFlow operation of a traced model has no values, and the nearest layers; None for other addresses."""
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
    """Return the nearest calls that are not raw operations, following steps from one call to the next."""
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


def select(calls: Sequence[LayerCall], wanted: object, *, model: keras.Model) -> list[str]:
    """Choose among some calls of a model with `kfx.model.address.find`."""
    graph = LayerGraph(name=str(model.name), type=type(model).__name__, kind="traced", calls=tuple(calls), edges=())
    return find(graph, wanted)
