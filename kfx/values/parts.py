"""Choose what to run of a model that has no ``call``: the parts that the addresses name, on data for them."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from kfx.keras_access.forward import checked
from kfx.keras_access.importing import import_keras
from kfx.keras_access.no_call import has_no_call
from kfx.keras_access.not_a_model import model_in
from kfx.keras_access.untouched import keras_globals_restored
from kfx.model.address import find
from kfx.model.facts import LayerGraph
from kfx.model.read.model import read_layers
from kfx.model.read.sizes.graph_inputs import shapes_agree
from kfx.values.data.arrays import comes_in_batches
from kfx.values.tap.calls import specs_of
from kfx.values.tap.program import cached

if TYPE_CHECKING:
    import keras

    from kfx.values.parts_model import Parts

_runners: weakref.WeakKeyDictionary[object, dict[tuple[int, ...], Parts]] = weakref.WeakKeyDictionary()


class _Held(NamedTuple):
    """What a model without ``call`` holds: its graph, and by address every part that can be called."""

    graph: LayerGraph
    parts: Mapping[str, keras.Layer]


def runnable(model: keras.Model, layers: object = "*", data: object = None) -> keras.Model:
    """Return a model that can be called: the model itself; for one without ``call``, a model of the parts that are named.

    Args:
        model: A Keras model or layer.
        layers: Addresses as for `kfx.extract`.
        data: The data it will be run on. Parts that do not take them are left out where they are not named one by one.

    Raises:
        TypeError: ``model`` is not a Keras model or layer.
        ValueError: An address names nothing, or the parts do not all take the data.
        UnbuiltModelError: The model, or a part, has no weights yet.
    """
    model = model_in(model)
    if not has_no_call(model):
        return checked(model)
    held = held_parts(model)
    named: set[str] = set()
    meant: set[str] = set()  # by a pattern, a class or a function, which may mean several
    for one in layers if isinstance(layers, list | tuple | set | frozenset) else [layers]:
        found = part_addresses(model, one)
        (meant if len(found) > 1 else named).update(found)
    meant = {address for address in meant if held.parts[address].built} or meant
    taking = {address for address in named | meant if data is None or _takes(held.parts[address], data)}
    if not taking & meant and not named:
        raise ValueError(f"{_no_call(model)}, and none of them takes these data: {_wanted(held, meant)}.")
    if len(named) > 1 and named - taking:
        raise ValueError(
            f"{_no_call(model)}. The addresses are in {len(named)} parts that do not all take these data: "
            f"{_wanted(held, named)}. Ask for each part by itself, with data for it."
        )
    chosen = named | (taking & meant)
    return _runner(model, {address: part for address, part in held.parts.items() if address in chosen})


def runner_of(model: keras.Model, address: str) -> keras.Model:
    """Return the model of one part."""
    return _runner(model, {address: held_parts(model).parts[address]})


def part_addresses(model: keras.Model, wanted: Any) -> list[str]:
    """Return the addresses of the parts that an address, pattern, class or predicate means, in order.

    Raises:
        ValueError: It names nothing.
    """
    held = held_parts(model)
    if not held.parts:
        raise ValueError(f"Model {str(model.name)!r} has no call and holds no layers, so there is nothing to run.")
    if isinstance(wanted, str):
        inside = [address for address in held.parts if wanted == address or wanted.startswith(f"{address}/")]
        if inside:
            return inside
    keys = find(held.graph, wanted)
    return [address for address in held.parts if any(_around(key, address) or _around(address, key) for key in keys)]


def _around(key: str, address: str) -> bool:
    """Return whether a call is a part or lies in it."""
    return key == address or key.startswith(f"{address}/")


def held_parts(model: keras.Model) -> _Held:
    """Return the graph of a model without ``call``, and by address every part of it that can be called."""
    return cached(model, (runnable,), lambda: _read(model))


def _read(model: keras.Model) -> _Held:
    graph, ops = read_layers(model)
    parts: dict[str, Any] = {}
    opened: set[str | None] = {None}
    for call in graph.calls:
        if call.parent in opened:
            if has_no_call(ops[call.key]):
                opened.add(call.key)
            else:
                parts[call.key] = ops[call.key]
    return _Held(graph, parts)


def _runner(model: keras.Model, parts: Mapping[str, keras.Layer]) -> Parts:
    """Return the model of some parts; the same one each time, so that what is compiled for it is kept."""
    from kfx.values.parts_model import Parts

    kept = _runners.setdefault(model, {})
    key = tuple(map(id, parts.values()))
    if key not in kept:
        with keras_globals_restored():
            kept[key] = Parts([checked(part) for part in parts.values()], list(parts), name=model.name)
    return kept[key]


def _takes(part: keras.Layer, data: Any) -> bool:
    """Return whether data fit a part, as far as their shapes say; True where that is unknown."""
    try:
        wanted = [tuple(x.shape) for x in import_keras().tree.flatten(specs_of(part))]
    except ValueError:
        return True
    given = _shapes(data)
    return given is None or (
        len(given) == len(wanted)
        and all(shapes_agree((None, *b[1:]), (None, *a[1:])) for a, b in zip(wanted, given, strict=True))
    )


def _shapes(data: Any) -> list[tuple[int | None, ...]] | None:
    """Return the shapes of a batch of the data; None where they are not known before the data are read."""
    element = getattr(data, "element_spec", None)
    if element is not None:
        data = element[0] if isinstance(element, tuple) else element
    elif comes_in_batches(data):
        return None
    found = [getattr(x, "shape", None) for x in import_keras().tree.flatten(data)]
    return None if None in found else [tuple(shape) for shape in found]  # type: ignore[arg-type]  # None is not among them


def _no_call(model: keras.Model) -> str:
    return f"Model {str(model.name)!r} has no call, so that its parts are run, not the model"


def _wanted(held: _Held, addresses: set[str]) -> str:
    """Return ``encoder takes (batch, 6), decoder takes (batch, 2)``."""
    found = []
    for address in (address for address in held.parts if address in addresses):
        try:
            shapes = [tuple(x.shape) for x in import_keras().tree.flatten(specs_of(held.parts[address]))]
        except ValueError:
            continue
        found.append(f"{address} takes {' and '.join(map(_shape, shapes))}")
    return ", ".join(found)


def _shape(shape: tuple[int | None, ...]) -> str:
    return f"({', '.join(['batch', *('any' if n is None else str(n) for n in shape[1:])])})"
