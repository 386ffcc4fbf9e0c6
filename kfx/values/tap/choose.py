"""Choose calls of a model by an address, a glob, a class, a predicate, or a list of these."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from kfx.keras_access import internals
from kfx.keras_access.importing import import_keras
from kfx.model.address import find
from kfx.model.facts import LayerCall, LayerGraph
from kfx.model.read.model import read_graph
from kfx.values.tap.calls import Traced, addressable_calls, as_traced, traced_calls
from kfx.values.tap.field_names import addressed
from kfx.values.tap.opening import EVERYTHING, names_nothing, opening_for, plain_names
from kfx.values.tap.program import cached
from kfx.values.tap.visit import Named
from kfx.values.unreadable import refusal

if TYPE_CHECKING:
    import keras


def choose_addresses(
    model: keras.Model, layers: object, inputs: object, *, training: bool = False, run_eagerly: bool | None = None
) -> tuple[str, ...]:
    """Return the chosen addresses in the order in which the model computes them.

    A pattern of stars alone, ``"*"`` or ``"**"``, means layers; every other one also means the operations that the graph shows
    inside layers, and one that names a layer, such as ``"attention/*"``, the parts of that layer. ``block/q`` and the like
    mean what `kfx.values.tap.field_names` says.

    Raises:
        ValueError: An address or glob names nothing; the message lists similar names.
        TypeError: ``layers`` holds something else.
    """
    how: dict[str, Any] = {"training": training, "run_eagerly": run_eagerly}
    wanted = addressed(model, wanted_list(layers))
    opening = opening_for(model, wanted)
    if not opening:
        calls = addressable_calls(model, inputs, **how)
        try:
            return tuple(select(calls, wanted, model=model))
        except ValueError:  # a name inside of a layer, perhaps
            opening = EVERYTHING
    if opening is not EVERYTHING:
        traced = traced_calls(model, inputs, opening=opening, **how)
        try:
            return choose_among(traced, wanted, model=model)
        except ValueError:
            pass
    traced = traced_calls(model, inputs, opening=EVERYTHING, **how)
    try:
        return choose_among(traced, wanted, model=model)
    except ValueError:
        for one in wanted:
            why = refusal(model, one) if isinstance(one, str) else None
            if why is not None:
                raise ValueError(why) from None
        raise


def choose_recorded(wanted: tuple[str, ...], model: keras.Model, named: Sequence[Named]) -> tuple[LayerCall, ...] | None:
    """Return the facts of what addresses and patterns mean among the calls of one pass; None where one means nothing."""
    traced = as_traced(model, named)
    try:
        keys = choose_among(traced, wanted, model=model)
    except ValueError:
        return None
    facts = {call.key: call for some in (traced.calls, traced.operations, traced.inner) for call in some}
    if internals.function_of(model) is not None:  # Keras may run branches in another order than its graph lists them
        rank = {call.key: n for n, call in enumerate(cached(model, read_graph, lambda: read_graph(model).calls))}
        if all(key in rank for key in keys):
            keys = tuple(sorted(keys, key=rank.__getitem__))
    return tuple(facts[key] for key in keys)


def wanted_list(layers: object) -> list[Any]:
    """Return what was asked for as a list.

    Raises:
        ValueError: It is empty.
    """
    wanted = list(layers) if isinstance(layers, list | tuple | set | frozenset) else [layers]
    if not wanted:
        raise ValueError("`layers` is empty; give an address, a pattern such as '*', a layer class or a function.")
    return wanted


def choose_among(traced: Traced, wanted: Iterable[Any], *, model: keras.Model) -> tuple[str, ...]:
    """Return the chosen addresses among recorded calls, operations and parts of layers, in the order of the pass."""
    layers, drawn = traced.calls, (*traced.calls, *traced.operations)
    found: set[str] = set()
    for one in wanted:
        if _means_layers(one):
            found.update(_first_of((layers, traced.inner), one, model))
        elif isinstance(one, str):
            found.update(_named(drawn, traced.inner, one, model))
        else:
            found.update(_first_of((drawn, traced.inner), one, model))
    return tuple(sorted(found, key=traced.order.__getitem__))


def _means_layers(one: object) -> bool:
    """Return whether operations are not meant: by a pattern that names nothing, a layer class or a layer."""
    layer = import_keras().layers.Layer
    if isinstance(one, str):
        return names_nothing(one)
    return (isinstance(one, type) and issubclass(one, layer)) or isinstance(one, layer)


def _first_of(groups: Sequence[Sequence[LayerCall]], one: object, model: keras.Model) -> list[str]:
    """Return what is found in the first group in which anything is."""
    for calls in groups:
        try:
            return select(calls, one, model=model)
        except ValueError:
            continue
    return select(groups[0], one, model=model)


def _named(drawn: Sequence[LayerCall], inner: Sequence[LayerCall], one: str, model: keras.Model) -> list[str]:
    """Return what an address or pattern means, with the parts of layers that it names."""
    code = opening_for(model, [one]).code
    around = {call.key: (call.path[:-1], plain_names(call.path[:-1])) for call in inner}
    parts = [call for call in inner if any(path.fits(names) for path in code for names in around[call.key])]
    calls = (*drawn, *parts)
    try:
        return select(calls, one, model=model)
    except ValueError:
        if "/" not in one:  # a part of a layer is asked for by that layer
            raise
        return select((*drawn, *inner), one, model=model)


def select(calls: Sequence[LayerCall], wanted: object, *, model: keras.Model) -> list[str]:
    """Choose among some calls of a model with `kfx.model.address.find`."""
    graph = LayerGraph(name=str(model.name), type=type(model).__name__, kind="traced", calls=tuple(calls), edges=())
    return find(graph, wanted)
