"""Tell whether a model has changed since it was last looked at: its layers, their attributes, weights and classes.

Attributes are compared by identity, and what they hold by `Contents`. So that no other object gets the identity of one that is
gone, plain values are kept, and other objects are watched by weak references: none of them is kept alive, nor is the model.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable
from functools import lru_cache
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

from kfx.keras_access import internals
from kfx.keras_access.code import code_of
from kfx.keras_access.contents import CONTAINERS, PLAIN, Contents, is_open
from kfx.keras_access.layers import NOT_FOR_CALLS

_UNSEEN = NOT_FOR_CALLS - {"name"}  # layers and weights inside are compared by themselves
_OF_WEIGHT = attrgetter("_trainable", "_shape", "_dtype")


class _LayerState(NamedTuple):
    size: int  # the number of attributes, seen or not
    get: Callable[[dict[str, Any]], tuple[Any, ...]]
    flat: tuple[int, ...]  # places of containers of what cannot change inside
    deep: tuple[int, ...]  # places of other values that can change inside
    identities: tuple[int, ...]
    items: tuple[object, ...]
    contents: tuple[object, ...]


class _Flag:
    """Is set once and for all."""

    is_set = False

    def set(self, _: object) -> None:
        self.is_set = True


class ModelState:
    """The state of a model at one time."""

    def __init__(self, model: Any) -> None:
        self._gone = _Flag()  # set when an object is gone whose identity was noted
        self._gone_callback = self._gone.set
        self._kept: list[object] = []
        self._watched: dict[int, object] = {}
        layers = internals.all_layers(model)
        self._layers = tuple(map(id, layers))
        contents = Contents(self._watch)
        self._states = [self._note(layer, contents) for layer in layers]
        self._classes = {type(layer) for layer in layers if not internals.is_builtin(type(layer))}
        self._watch(layers)
        self._watch(internals.weights_of(model))
        self._watch(value for cls in self._classes for value in code_of(cls))
        self._rest = self._others(model, contents)

    def holds_for(self, model: Any) -> bool:
        """Return whether a model is as it was."""
        if self._gone.is_set:
            return False
        layers = internals.all_layers(model)
        if tuple(map(id, layers)) != self._layers:
            return False
        contents = Contents()
        for layer, (size, get, flat, deep, identities, items, inside) in zip(layers, self._states, strict=True):
            held = vars(layer)
            if len(held) != size:
                return False
            try:
                values = get(held)
            except KeyError:
                return False
            if tuple(map(id, values)) != identities:
                return False
            if flat and tuple([_items(values[n]) for n in flat]) != items:
                return False
            if deep and contents.of_each([values[n] for n in deep]) != inside:
                return False
        return self._others(model, contents) == self._rest

    def _note(self, layer: Any, contents: Contents) -> _LayerState:
        held = vars(layer)
        get = _getter(tuple(held))
        values = get(held)
        self._kept += [value for value in values if value.__class__ in PLAIN]
        others = [(n, value) for n, value in enumerate(values) if value.__class__ not in PLAIN]
        self._watch([value for _, value in others])
        can_change = [n for n, value in others if is_open(value)]
        flat = tuple([n for n in can_change if isinstance(values[n], CONTAINERS) and not any(map(is_open, _each(values[n])))])
        for n in flat:
            self._watch(_each(values[n]))
        deep = tuple([n for n in can_change if n not in flat])
        flat = tuple([n for n in flat if not isinstance(values[n], tuple | frozenset)])  # these stay as they are
        items = tuple([_items(values[n]) for n in flat])
        return _LayerState(
            len(held), get, flat, deep, tuple(map(id, values)), items, contents.of_each([values[n] for n in deep])
        )

    def _watch(self, values: Iterable[object]) -> None:
        """See that the identities of objects stay theirs: keep small ones, and note when others are gone."""
        watched, callback = self._watched, self._gone_callback
        for value in values:
            if id(value) not in watched:
                cls = value.__class__
                if cls in PLAIN or _is_small(cls):
                    watched[id(value)] = value
                    continue
                try:
                    watched[id(value)] = weakref.ref(value, callback)
                except TypeError:  # such as a tuple or a plain list: its contents are compared
                    watched[id(value)] = None

    def _others(self, model: Any, contents: Contents) -> tuple[object, ...]:
        """Return what else a summary depends on: weights, the optimizer, the code of classes, what Keras remembers of calls."""
        held = internals.weights_of(model)
        try:
            sizes: tuple[object, ...] = tuple(map(_OF_WEIGHT, held))
        except AttributeError:  # a variable that is not Keras's
            sizes = tuple([_OF_WEIGHT(weight) if hasattr(weight, "_shape") else None for weight in held])
        weights = tuple(map(id, held)), sizes
        optimizer = getattr(model, "optimizer", None)
        trained = None if optimizer is None else (id(optimizer), optimizer.built, len(optimizer.variables))
        code = tuple([contents.of_code(cls) for cls in self._classes])
        return weights, trained, code, len(internals.calls_of(model)), str(internals.remembered_shapes(model))


@internals.cache_by_class
def _is_small(cls: type) -> bool:
    """Return whether objects of a class can be kept: those of Keras that hold no model, such as an initializer."""
    parts = cls.__module__.split(".")
    return parts[0] == "keras" and not {"initializers", "regularizers", "constraints", "dtype_policies"}.isdisjoint(parts)


@lru_cache(maxsize=4096)
def _getter(names: tuple[str, ...]) -> Callable[[dict[str, Any]], tuple[Any, ...]]:
    seen = [name for name in names if name not in _UNSEEN]
    return itemgetter(*seen, "_trainable", "_trainable") if "_trainable" in names else itemgetter(*seen, *seen[:1])


def _each(container: Any) -> Iterable[Any]:
    return container.values() if isinstance(container, dict) else container


def _items(container: Any) -> object:
    """Return the identities of what a container holds, and the keys of a dict."""
    if isinstance(container, dict):
        return tuple(container), tuple(map(id, container.values()))
    return tuple(map(id, container)) if isinstance(container, list | tuple) else frozenset(map(id, container))
