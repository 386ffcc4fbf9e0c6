"""Mixtures of experts: how many of a model's parameters compute for one token."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from kfx.keras_access import internals
from kfx.model.read.weights import measure

if TYPE_CHECKING:
    import keras

_CHOSEN = ("top_k", "num_experts_per_token", "num_experts_per_tok", "experts_per_token")


def active_params(model: keras.Layer) -> int | None:
    """Return the parameters that compute for one token: all but those of the experts that the router does not choose.

    A layer with ``num_experts`` holds experts where its own weights have a leading axis of that length, or where it holds a
    list of as many layers of one class. How many are chosen is its ``top_k`` (or the like), or that of a layer around it.

    Returns:
        None for a model without experts, and where it is not known how many are chosen.
    """
    if not any("num_experts" in vars(layer) for layer in internals.all_layers(model)):
        return None
    idle, found = 0, False
    seen: set[int] = set()
    for layer, around in _with_containers(model):
        count = _number(layer, "num_experts")
        if count is None or count < 2 or id(layer) in seen:
            continue
        seen.add(id(layer))
        sizes = _of_experts(layer, count)
        if not sizes:
            continue
        chosen = _chosen((layer, *around[::-1]))
        if sizes == [-1] or chosen is None or not 0 < chosen <= count:
            return None
        idle += sum(sizes) * (count - chosen) // count
        found = True
    return sum(measure(weight).size for weight in internals.weights_of(model)) - idle if found else None


def _with_containers(model: keras.Layer) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """Yield every layer in a model, each once, with the layers around it, the outermost first."""
    todo: list[tuple[Any, tuple[Any, ...]]] = [(model, ())]
    seen: set[int] = set()
    while todo:
        layer, around = todo.pop()
        if id(layer) not in seen:
            seen.add(id(layer))
            yield layer, around
            todo += [(inner, (*around, layer)) for inner in internals.tracked_layers(layer)]


def _of_experts(layer: Any, count: int) -> list[int]:
    """Return the sizes of the weights that belong to the experts of a layer; ``[-1]`` where that cannot be told."""
    own = internals.own_weights_of(layer)
    if any(internals.shape_of(weight) == (count, count) for weight in own):  # may be a router's as well
        return [-1]
    stacked = [weight for weight in own if internals.shape_of(weight)[:1] == (count,)]
    if any(len(internals.shape_of(weight)) > 1 for weight in stacked):
        return [measure(weight).size for weight in stacked]
    held = internals.tracked_layers(layer)
    by_class = [[x for x in held if type(x) is cls] for cls in dict.fromkeys(map(type, held))]
    experts = next((group for group in by_class if len(group) == count), [])
    return [measure(weight).size for expert in experts for weight in internals.weights_of(expert)]


def _chosen(layers: tuple[Any, ...]) -> int | None:
    """Return how many experts are chosen, from the nearest layer that says so, or a layer beside it."""
    for layer in layers:
        for one in (layer, *internals.tracked_layers(layer)):
            found = next((n for n in (_number(one, name) for name in _CHOSEN) if n is not None), None)
            if found is not None:
                return found
    return None


def _number(layer: Any, name: str) -> int | None:
    value = vars(layer).get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
