"""Describe what objects hold, so that two descriptions differ if code that uses the objects may do something else.

Plain values, arrays and containers count by value, functions by the globals that they name, objects of a user's classes by
their attributes; everything else by its identity.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from types import FunctionType, MethodType
from typing import Any

import numpy as np

from kfx.keras_access import internals
from kfx.keras_access.code import code_of, held_by, is_library_class, is_library_function, wrapped

PLAIN = frozenset([int, float, str, bool, bytes, complex, type(None)])
CONTAINERS = (list, tuple, dict, set, frozenset)
_LIBRARIES = frozenset(["keras", "tensorflow", "numpy", "builtins", "kfx"])
_MOST = 500  # items of a container, attributes of an object or numbers of an array that count by value
_DEEPEST = 8


class Contents:
    """Describes objects, each once; keep one for as long as nothing changes."""

    def __init__(self, watch: Callable[[Iterable[object]], None] | None = None) -> None:
        """Create one; ``watch`` is called with objects whose identity is part of a description."""
        self._watch = watch
        self._known: dict[int, object] = {}

    def of(self, x: Any, depth: int = 0) -> object:
        """Return a value that is equal for equal contents."""
        cls = x.__class__
        if cls in PLAIN:
            return cls, x
        found = self._known.get(id(x))
        if found is None:
            if self._watch is not None:
                self._watch([x])
            self._known[id(x)] = id(x)  # for objects that hold themselves
            found = self._known[id(x)] = self._describe(x, cls, depth + 1) if depth <= _DEEPEST and is_open(x) else id(x)
        return found

    def of_each(self, values: Iterable[Any], depth: int = 0) -> tuple[object, ...]:
        """Return the descriptions of several objects."""
        return tuple([self.of(value, depth) for value in values])

    def of_code(self, made: type | FunctionType, depth: int = 0) -> object:
        """Describe a class or a function by its code, and the globals that it names by their contents."""
        code = code_of(made)
        return tuple(map(id, code)), self.of_each([x for x in code if is_open(x) and x.__class__ is not FunctionType], depth)

    def _describe(self, x: Any, cls: type, depth: int) -> object:
        if isinstance(x, CONTAINERS):
            return cls, self._items(x, depth)
        if isinstance(x, np.ndarray):
            return (x.shape, x.dtype.str, x.tobytes()) if x.size <= _MOST and not x.dtype.hasobject else id(x)
        if cls is FunctionType:
            held = [*held_by(x), x.__defaults__, x.__kwdefaults__, *vars(x).values()]
            return id(x), id(x.__code__), self.of_code(x, depth), self.of_each(held, depth)
        if cls is MethodType:
            return self.of(x.__func__, depth), self.of(x.__self__, depth)
        if isinstance(x, partial):
            return self.of_each((x.func, x.args, x.keywords), depth)
        inner = wrapped(x)
        if inner and not isinstance(x, type):
            return id(x), self.of_each(inner, depth)
        return id(x), self._items(vars(x), depth)

    def _items(self, x: Any, depth: int) -> object:
        is_dict = hasattr(x, "keys")
        values, keys = (x.values(), tuple(x)) if is_dict else (x, None)
        if len(x) > _MOST:
            return keys, tuple(map(id, values))
        described = self.of_each(values, depth)
        return keys, frozenset(described) if isinstance(x, set | frozenset) else described


def is_open(x: Any) -> bool:
    """Return whether what an object holds can change while it stays the same object, and counts."""
    cls = x.__class__
    if cls in PLAIN:
        return False
    if cls is FunctionType:
        return not is_library_function(x)
    if isinstance(x, type):
        return not internals.keras_names(x) and not is_library_class(x)
    return _is_open_class(cls)


@internals.cache_by_class
def _is_open_class(cls: type) -> bool:
    if issubclass(cls, (*CONTAINERS, np.ndarray, partial, MethodType)):
        return True
    return cls.__module__.split(".")[0] not in _LIBRARIES and cls.__dictoffset__ != 0 and not internals.keras_names(cls)
