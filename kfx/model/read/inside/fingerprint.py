"""Find layers that do the same: of one class, with equal attributes, weight shapes and sublayers; names do not count.

Layers with equal fingerprints make the same calls and operations when they are called with equal arguments, so that one of them
is traced for all. What cannot be compared by value, such as an object of another library, is equal only to itself.
"""

from __future__ import annotations

from itertools import count
from types import CellType, FunctionType, MethodType, ModuleType
from typing import Any, NamedTuple

import numpy as np

from kfx.keras_access import internals
from kfx.keras_access.code import code_of
from kfx.keras_access.contents import is_open
from kfx.keras_access.importing import import_keras
from kfx.keras_access.layers import attributes_of_calls, reads_its_name

_PLAIN = frozenset([int, float, str, bool, bytes, complex, type(None), type])
_DEEPEST = 12  # levels of lists, dicts and plain objects; what lies deeper is equal only to itself
_MOST_NUMBERS = 1000  # of an array that is compared by value
_NOTHING: frozenset[str] = frozenset()
_NOT_FOR_CALLS = """
    seed _init_seed _initial_seed state name _name _path _tracker _lock _auto_config _inbound_nodes _outbound_nodes
    _keras_history _remat_mode
"""
_OF_KERAS_OBJECTS = frozenset(_NOT_FOR_CALLS.split())  # no call depends on these of a seed, a tensor or an operation


class Fingerprint(NamedTuple):
    """A number that layers share if they do the same, and the layers inside in an order that they share too, itself first."""

    number: int
    layers: tuple[Any, ...]


_MOST_KINDS = 20_000
_new_number = count(1)
_kinds: dict[object, int] = {}  # what layers do, with a number for each
_codes: dict[tuple[int, ...], list[object]] = {}  # code by identities, kept so that no other object gets them


class Fingerprints:
    """Makes fingerprints; positive numbers are comparable in the whole process, negative ones within one such object."""

    def __init__(self) -> None:
        keras = import_keras()
        self.layer_class, self.variable_class = keras.layers.Layer, keras.Variable
        self.policy_class = keras.dtype_policies.DTypePolicy
        self._numbers: dict[object, int] = {}
        self._known: dict[int, tuple[Fingerprint, list[Any]]] = {}
        self._said: dict[int, object] = {}
        self._busy: set[int] = set()
        self._alive: list[object] = []  # objects whose identities are part of a fingerprint
        self._holds_identities = False
        self._tokens: dict[object, object] = {}
        if len(_kinds) > _MOST_KINDS:
            _kinds.clear()
            _codes.clear()

    def of(self, layer: Any) -> Fingerprint:
        """Return the fingerprint of a layer, which is made once."""
        return self._of(layer)[0]

    def _of(self, layer: Any) -> tuple[Fingerprint, list[Any]]:
        """Return the fingerprint, and the layers and weights inside as often as they are met, which tells what is shared."""
        found = self._known.get(id(layer))
        if found is None:
            self._busy.add(id(layer))
            met, around = [layer], self._holds_identities
            self._holds_identities = False
            said = self._attributes(layer, met)
            places: dict[int, int] = {}
            pattern = tuple([places.setdefault(id(x), len(places)) for x in met])
            if self._holds_identities:
                number = -1 - self._numbers.setdefault((said, pattern), len(self._numbers))
            else:
                number = _kinds.get((said, pattern)) or _kinds.setdefault((said, pattern), next(_new_number))
            self._holds_identities = around
            layers = {id(x): x for x in met if isinstance(x, self.layer_class)}
            found = self._known[id(layer)] = Fingerprint(number, tuple(layers.values())), met
            self._busy.discard(id(layer))
        return found

    def _attributes(self, layer: Any, met: list[Any]) -> object:
        cls = type(layer)
        function = internals.function_of(layer) if isinstance(layer, import_keras().Model) else None
        if function is layer or (function is None and reads_its_name(cls)):
            return self._graph(function, met) if function is not None else self._itself(layer)
        names, values = attributes_of_calls(layer)
        known = self._said
        said = [v if v.__class__ in _PLAIN else known.get(id(v)) or self._say(v, met, 0) for v in values]
        return cls, self._token(cls), names, tuple(map(type, values)), tuple(said)

    def _token(self, made: type | FunctionType) -> object:
        """Return a value that is equal while a class or function of a user's does the same."""
        if isinstance(made, type) and internals.is_builtin(made):
            return ()
        found = self._tokens.get(made)
        if found is None:
            self._tokens[made] = ()  # for functions that name each other
            code = code_of(made)[isinstance(made, FunctionType) :]  # a function, which may hold a model, is not kept itself
            held = [x for x in code if self._counts_by_value(x)]
            kept = [x for x in code if not self._counts_by_value(x)]
            key = tuple(map(id, kept))
            _codes.setdefault(key, kept)
            spaces = [vars(x) for x in kept if isinstance(x, type) and is_open(x)]
            named = [(k, v) for space in spaces for k, v in space.items() if not k.startswith("__")]
            found = self._tokens[made] = key, tuple([self._say(x, [], 0) for x in (*held, *named)])
        return found

    def _counts_by_value(self, x: object) -> bool:
        """Return whether a global is data or a layer, not code."""
        if isinstance(x, FunctionType | type):
            return False
        return is_open(x) or isinstance(x, self.layer_class | self.variable_class)

    def _graph(self, function: Any, met: list[Any]) -> object:
        """Return a model's own graph: its calls in order, each with the calls that feed it."""
        made: dict[int, tuple[int, int]] = {}
        calls = []
        for n, node in enumerate(internals.running_order(function)):
            given = [(where, made.get(id(x)) or self._say(x, met, 0)) for where, x in internals.argument_leaves(node)]
            calls.append((self._say(node.operation, met, 0), tuple(given)))
            made.update((id(x), (n, i)) for i, x in enumerate(node.outputs))
        return type(function), tuple(calls), tuple(made.get(id(x)) for x in function.outputs)

    def _say(self, x: Any, met: list[Any], depth: int) -> object:
        """Return a value that is equal for values that act alike."""
        cls = x.__class__
        if cls in _PLAIN:
            return cls, x
        known = self._said.get(id(x))
        if known is not None:
            return known
        if isinstance(x, self.layer_class):
            if id(x) in self._busy:  # a layer that knows what it is part of
                return self._itself(x)
            inner, inside = self._of(x)
            met += inside
            self._holds_identities |= inner.number < 0
            return "layer", inner.number
        if isinstance(x, self.variable_class):
            met.append(x)
            return "weight", internals.shape_of(x), internals.dtype_of(x), x.trainable
        if depth > _DEEPEST:
            return self._itself(x)
        deeper = depth + 1
        if isinstance(x, list | tuple | dict | set | frozenset):
            if not _is_plain_container(cls):
                return self._itself(x)
            pairs = x.items() if isinstance(x, dict) else x  # a set in its order, in which a call runs through it
            return cls, tuple([self._say(y, met, deeper) for y in pairs])
        if isinstance(x, np.ndarray | np.generic) and x.size <= _MOST_NUMBERS and not x.dtype.hasobject:
            return cls, x.shape, x.dtype.str, x.tobytes()
        return self._object(x, cls, met, deeper)

    def _object(self, x: Any, cls: type, met: list[Any], depth: int) -> object:
        if cls is FunctionType:  # equal code over equal values, such as two lambdas of one line
            if x.__closure__ is x.__defaults__ is x.__kwdefaults__ is None and not _held(x):
                return self._remember(x, (cls, x.__code__, self._token(x)))
            held = [_content(cell) for cell in x.__closure__ or ()]
            inside = self._say((held, x.__defaults__, x.__kwdefaults__, _held(x)), met, depth)
            return cls, x.__code__, self._token(x), inside
        if cls is MethodType:
            return cls, self._say(x.__func__, met, depth), self._say(x.__self__, met, depth)
        if cls is ModuleType:
            return cls, x.__name__
        if not _is_plain_class(cls):
            return self._itself(x)
        if cls is self.policy_class:
            return self._remember(x, (cls, x.name, x.compute_dtype, x.variable_dtype))
        token = self._token(cls)
        unused = _OF_KERAS_OBJECTS if internals.is_builtin(cls) else _NOTHING
        return cls, token, tuple([(k, self._say(v, met, depth)) for k, v in vars(x).items() if k not in unused])

    def _remember(self, x: object, said: object) -> object:
        self._alive.append(x)
        self._said[id(x)] = said
        return said

    def _itself(self, x: object) -> object:
        self._alive.append(x)
        self._holds_identities = True
        return "itself", id(x)


def _held(function: FunctionType) -> dict[str, object]:
    """Return what code has put on a function; Keras and TensorFlow put things of their own on theirs."""
    theirs = (function.__module__ or "").startswith(("keras.", "tensorflow."))
    return {} if theirs else vars(function)


def _content(cell: CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # a variable that has no value yet
        return None


@internals.cache_by_class
def _is_plain_class(cls: type) -> bool:
    """Return whether objects of a class are what Python code keeps in them, all of it in their ``__dict__``."""
    return cls.__dictoffset__ != 0 and cls.__basicsize__ == _Plain.__basicsize__ and not issubclass(cls, type)


@internals.cache_by_class
def _is_plain_container(cls: type) -> bool:
    """Return whether containers of a class are what they contain."""
    return cls.__module__.split(".")[0] in ("builtins", "collections", "keras", "tensorflow") or hasattr(cls, "_fields")


class _Plain:
    """A class whose objects hold nothing but a ``__dict__``."""
