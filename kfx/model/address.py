"""Find the calls of a graph by an address, with one grammar for every function.

===================  ==========================================================================================
``"conv2d"``         that layer, every call of it; also a layer inside a nested model, if only one has the name
``"encoder/conv2d"`` a layer inside a nested model, in every call of the model
``"emb@2"``          the second call of a shared layer
``"encoder/*"``      a pattern: ``*`` and ``?`` and ``[ab]`` within one level, ``**`` for any number of levels
``keras.layers.X``   every call of a layer of that class or a subclass; an operation's class finds it inside layers too
``lambda call: …``   every call for which the function returns true; it gets a `LayerCall`
a layer object       every call of it, by its name
===================  ==========================================================================================
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any

from kfx.keras_access import internals
from kfx.model.facts import LayerCall, LayerGraph
from kfx.model.labels import without_call

_SHOWN = 10  # names listed in an error
_LONGEST = 60  # characters of one name in an error


def find(graph: LayerGraph, wanted: Any) -> list[str]:
    """Return the keys of the calls at an address, in the graph's order, each once.

    Args:
        graph: The facts.
        wanted: An address as in the table above, or a list, tuple or set of addresses.

    Returns:
        At least one key for each address.

    Raises:
        ValueError: When no call matches an address, with the nearest names.
        TypeError: When an address is none of the kinds above.

    Example:
        >>> import keras, kfx
        >>> x = keras.Input((4,), name="x")
        >>> y = keras.layers.Dense(2, name="scores")(keras.layers.Dense(3, name="hidden_1")(x))
        >>> find(kfx.read_graph(keras.Model(x, y)), ["hidden_*", keras.layers.Dense])
        ['hidden_1', 'scores']
    """
    if isinstance(wanted, list | tuple | set | frozenset):
        found = {key for one in wanted for key in find(graph, one)}
        return [call.key for call in graph.calls if call.key in found]
    if isinstance(wanted, str):
        return _by_name(graph, wanted)
    if isinstance(wanted, type):
        return _by_type(graph, wanted)
    if internals.is_operation(wanted) and isinstance(getattr(wanted, "name", None), str):
        return _by_layer(graph, wanted)
    if callable(wanted):
        fitting = [call.key for call in graph.calls if wanted(call)]
        if not fitting:
            raise ValueError(f"No layer of model {_quoted(graph.name)} fits the given function. {_layers(graph)}")
        return fitting
    raise TypeError(
        f"A layer was asked for by {type(wanted).__name__!r}; expected a layer's name, a pattern, a layer class or a function."
    )


def _by_name(graph: LayerGraph, name: str) -> list[str]:
    calls = graph.calls
    if any(call.key == name for call in calls):
        return [name]
    parts = name.split("/")
    for fits in (_same, _fits):
        found = [call.key for call in calls if fits(parts, _spellings(call))]
        if found:
            return found
    if len(parts) == 1:
        inner = [call for call in calls if name in (call.name, call.label)]
        homes = {_without_calls(call) for call in inner}
        if len(homes) == 1:
            return [call.key for call in inner]
        if homes:
            places = f"{len(homes)} places of model {_quoted(graph.name)}: {_list(sorted(homes))}"
            raise ValueError(f"{_quoted(name)} is in {places}. Say which.")
    raise ValueError(_missing(graph, name))


def _same(parts: list[str], levels: list[tuple[str, str]]) -> bool:
    """Return whether a plain address matches a call: at every level the label, or the name before its ``@call``."""
    return len(parts) == len(levels) and all(part in level for part, level in zip(parts, levels, strict=True))


def _spellings(call: LayerCall) -> list[tuple[str, str]]:
    """Return the label and the plain name at every level of a call's path."""
    above = [(label, without_call(label)) for label in call.path[:-1]]
    return [*above, (call.label, call.name)]


def _fits(parts: list[str], levels: list[tuple[str, str]]) -> bool:
    """Return whether a pattern matches a path; ``**`` matches any number of levels, at the end at least one.

    All lengths that ``**`` may have are followed at once, so that a long pattern takes no longer than its parts and levels.
    """
    places = {0}  # levels that the parts so far may have used up
    for number, part in enumerate(parts):
        if part == "**" and number == len(parts) - 1:
            return min(places) < len(levels)
        if part == "**":
            places = set(range(min(places), len(levels)))
        else:
            places = {n + 1 for n in places if n < len(levels) and any(fnmatchcase(one, part) for one in levels[n])}
        if not places:
            return False
    return len(levels) in places


def _by_type(graph: LayerGraph, cls: type) -> list[str]:
    full = f"{cls.__module__}.{cls.__qualname__}"
    found = [call.key for call in graph.calls if full in call.bases]
    if not found and internals.is_operation_class(cls):  # those in a layer's own code are known by their names
        found = [call.key for call in graph.calls if call.kind == "op" and call.type == cls.__name__]
    if not found:
        types = list(dict.fromkeys(call.type for call in graph.calls if call.kind != "input"))
        raise ValueError(f"No {cls.__name__} in model {_quoted(graph.name)}. Its layer types: {_list(types)}.")
    return found


def _by_layer(graph: LayerGraph, layer: Any) -> list[str]:
    found = [call.key for call in graph.calls if call.name == layer.name and call.type == type(layer).__name__]
    if not found:
        raise ValueError(_missing(graph, layer.name))
    return found


def _without_calls(call: LayerCall) -> str:
    return "/".join(name for _, name in _spellings(call))


def _missing(graph: LayerGraph, name: str) -> str:
    near = nearest(graph, name)
    hint = f" Did you mean {' or '.join(map(_quoted, near))}?" if near else ""
    return f"No layer {_quoted(name)} in model {_quoted(graph.name)}.{hint} {_layers(graph)}"


def nearest(graph: LayerGraph, name: str, most: int = 2) -> list[str]:
    """Return the addresses most similar to a name, the nearest first."""
    names = {spelling[:200].lower(): spelling for call in graph.calls for spelling in (call.key, _without_calls(call))}
    last = {call.name[:200].lower(): _without_calls(call) for call in reversed(graph.calls)}
    found = get_close_matches(name[:200].lower(), [*names, *last], n=most, cutoff=0.6)
    return list(dict.fromkeys(names.get(near) or last[near] for near in found))


def _layers(graph: LayerGraph) -> str:
    rows = (call for call in graph.calls if call.parent is None and call.kind != "input")
    names = list(dict.fromkeys(map(_without_calls, rows)))
    return f"Its layers: {_list(names)}." if names else "It has no layers."


def _list(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(map(_short, names[:_SHOWN])) + more


def _short(name: str) -> str:
    """Return a name for a list: as it is if it is plain, otherwise quoted."""
    return name if name.isprintable() and len(name) <= _LONGEST and not set(name) & set(", '\"") else _quoted(name)


def _quoted(name: str) -> str:
    text = ascii(name) if not name.isprintable() else repr(name)
    return text if len(text) <= _LONGEST + 2 else f"{text[:_LONGEST]}…{text[0]}"
