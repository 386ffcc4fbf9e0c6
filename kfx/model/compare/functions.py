"""Recognise the code of functions without running it: of live ones, and of those that a file holds as marshalled bytes.

A fingerprint covers instructions, constants, names, defaults and the values around a function, and leaves out where it was
written: file, line and name. The bytes are parsed here, since `marshal.loads` is not safe for bytes from strangers.
"""

from __future__ import annotations

import base64
import hashlib
import struct
import sys
from collections.abc import Mapping
from types import CodeType, FunctionType
from typing import Any

import numpy as np

from kfx.keras_access.code import is_library_function
from kfx.keras_access.internals import is_builtin

_MOST_BYTES, _MOST_OBJECTS, _DEEPEST = 2**20, 100_000, 40
_SHORT = 8  # items of a list that certainly stand whole in the facts
_DATA = ("vocabulary", "idf_weights", "mean", "variance", "bin_boundaries", "weights")
_LOCAL, _CELL, _FREE = 0x20, 0x40, 0x80  # kinds of variables in marshalled code since Python 3.11
_OWN_FORMAT = sys.version_info >= (3, 11)
UNKNOWN = "unknown"

Prints = Mapping[str, str]  # the fingerprint of each function by the argument that holds it


def live_functions(layer: object) -> Prints:
    """Return the fingerprints of the functions that a live layer was given."""
    held = getattr(layer, "__dict__", {})
    return {
        name.strip("_"): _digest(_function(value, 0))
        for name, value in held.items()
        if isinstance(value, FunctionType) and not is_library_function(value)
    }


def prints_of(layers: Mapping[str, Any]) -> Mapping[str, Prints]:
    """Return the fingerprints of each live layer's functions and long arguments by its call, where it has any."""
    found = {key: {**live_functions(layer), **live_values(layer)} for key, layer in layers.items()}
    return {key: prints for key, prints in found.items() if prints}


def stored_functions(config: Mapping[str, Any]) -> Prints:
    """Return the fingerprints of the functions whose code a file holds; `UNKNOWN` for code that cannot be parsed."""
    found = {}
    for name, value in config.items():
        held = _held(value)
        if held is not None:
            found[name] = _of_bytes(*held)
    return found


def long_values(config: Mapping[str, Any]) -> Prints:
    """Return the fingerprints of arguments of which a graph's facts hold only the beginning or the shape."""
    found = {}
    for name, value in config.items():
        if isinstance(value, dict) and value.get("class_name") in ("__numpy__", "__tensor__", "__tuple__"):
            inner = value.get("config")
            value = inner.get("value") if isinstance(inner, dict) else value.get("items")
        is_long = (isinstance(value, list | tuple) and len(value) > _SHORT) or (isinstance(value, str) and len(value) > 60)
        if isinstance(value, np.ndarray) or is_long or (name in _DATA and isinstance(value, list | tuple | str)):
            found[name] = _digest(_numbers(value))
    return found


def live_values(layer: Any) -> Prints:
    """Return the same of a live layer of Keras's own."""
    if not is_builtin(type(layer)) or not _may_hold_data(type(layer)):
        return {}
    try:
        config = dict(layer.get_config())
        if config.get("vocabulary") is None and hasattr(layer, "get_vocabulary"):
            config["vocabulary"] = list(layer.get_vocabulary())
        return long_values(config)
    except Exception:  # not built, not adapted yet
        return {}


def _may_hold_data(cls: type) -> bool:
    code = getattr(vars(cls).get("__init__"), "__code__", None)
    return code is not None and not set(_DATA).isdisjoint(code.co_varnames)


def _numbers(value: object) -> object:
    """Return nested lists with every number as a float32 prints it, whatever container or precision held it."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, list | tuple):
        inner = [_numbers(one) for one in value]
        return inner[0] if len(inner) == 1 and isinstance(inner[0], list) else inner  # (1, n) as n
    if isinstance(value, int | float) and not isinstance(value, bool):
        return repr(np.float32(value))
    return _plain(value, 0)


def _held(value: object) -> tuple[object, object, object] | None:
    """Return code, defaults and closure of a function in a configuration: in a ``__lambda__``, or a bare list (older files)."""
    if isinstance(value, dict) and value.get("class_name") == "__lambda__":
        value = value.get("config")
    if isinstance(value, dict) and "code" in value:
        return value["code"], value.get("defaults"), value.get("closure")
    if isinstance(value, dict) and value.keys() == {"value"}:
        value = value["value"]
        if isinstance(value, list) and len(value) == 3 and isinstance(value[0], str):
            return value[0], value[1], value[2]
    return None


def _of_bytes(code: object, defaults: object, closure: object) -> str:
    try:
        content = base64.b64decode(str(code), validate=False)
        if len(content) > _MOST_BYTES:
            return UNKNOWN
        return _digest((_Marshalled(content).read(), _plain(defaults, 0), _plain(closure, 0)))
    except (ValueError, IndexError, KeyError, struct.error, RecursionError, MemoryError):
        return UNKNOWN


def _digest(value: object) -> str:
    return hashlib.blake2b(repr(value).encode("utf-8", "backslashreplace"), digest_size=8).hexdigest()


def _function(function: FunctionType, depth: int) -> object:
    cells = []
    for cell in function.__closure__ or ():
        try:
            cells.append(cell.cell_contents)
        except ValueError:  # a variable that has no value yet
            cells.append(None)
    return _live_code(function.__code__), _plain(function.__defaults__, depth), _plain(tuple(cells) or None, depth)


def _plain(value: object, depth: int) -> object:
    """Return a value such that equal ones print alike, whether they come from a file or a live function."""
    if depth > _DEEPEST or value is None or isinstance(value, bool | int | float | str | bytes):
        return value if depth <= _DEEPEST else UNKNOWN
    if isinstance(value, list | tuple):
        return [_plain(one, depth + 1) for one in value]
    if isinstance(value, np.ndarray) and not value.dtype.hasobject:
        return [str(value.dtype), value.shape, hashlib.blake2b(value.tobytes(), digest_size=8).hexdigest()]
    if isinstance(value, FunctionType):
        return _function(value, depth + 1)
    return type(value).__name__


def _live_code(code: CodeType) -> object:
    counts = code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags
    constants = [_live_code(one) if isinstance(one, CodeType) else _constant(one) for one in code.co_consts]
    exceptions = getattr(code, "co_exceptiontable", b"")
    names = [list(part) for part in (code.co_names, code.co_varnames, code.co_cellvars, code.co_freevars)]
    return [*counts, code.co_code, constants, names, exceptions]


def _constant(value: object) -> object:
    if isinstance(value, tuple):
        return [_constant(one) for one in value]
    if isinstance(value, frozenset):
        return ["frozenset", sorted(map(repr, value))]
    return "Ellipsis" if value is ... else value


class _Marshalled:
    """Reads marshalled code as data: what it makes prints like `_live_code` of the same code."""

    def __init__(self, content: bytes):
        self._content, self._at = content, 0
        self._refs: list[tuple[Any, int]] = []  # what may be named again, and of how many objects it is made
        self._objects = 0

    def read(self, depth: int = 0) -> Any:
        """Read one object."""
        if depth > _DEEPEST:
            raise ValueError("The code is nested too deeply.")
        byte = self._take(1)[0]
        kind, is_kept = chr(byte & 0x7F), bool(byte & 0x80)
        place, before = len(self._refs), self._objects
        if is_kept:
            self._refs.append((None, 0))
        self._count_objects(1)
        value = self._value(kind, depth)
        if is_kept:
            self._refs[place] = value, self._objects - before
        return value

    def _count_objects(self, many: int) -> None:
        self._objects += many
        if self._objects > _MOST_OBJECTS:
            raise ValueError("The code has too many objects.")

    def _value(self, kind: str, depth: int) -> Any:
        simple = {"N": None, "T": True, "F": False, ".": "Ellipsis"}
        if kind in simple:
            return simple[kind]
        if kind == "i":
            return self._long()
        if kind == "g":
            return struct.unpack("<d", self._take(8))[0]
        if kind == "y":
            return complex(*struct.unpack("<dd", self._take(16)))
        if kind == "l":
            return self._big()
        if kind in "sutaAzZ":
            content = self._take(self._take(1)[0] if kind in "zZ" else self._count())
            return content if kind == "s" else content.decode("utf-8", "surrogatepass")
        if kind in ")([<>":
            many = self._take(1)[0] if kind == ")" else self._count()
            items = [self.read(depth + 1) for _ in range(many)]
            return ["frozenset", sorted(map(repr, items))] if kind in "<>" else items
        if kind == "r":
            value, many = self._refs[self._count()]
            self._count_objects(many)  # it will be printed again
            return value
        if kind == "c":
            return self._code(depth)
        raise ValueError(f"The code holds something of the unknown kind {kind!r}.")

    def _code(self, depth: int) -> object:
        counts = [self._long() for _ in range(3)]
        if not _OWN_FORMAT:
            self._long()  # the number of variables
        self._long()  # the size of the stack
        flags = self._long()
        code, constants, names = (self.read(depth + 1) for _ in range(3))
        if _OWN_FORMAT:
            variables, kinds = self.read(depth + 1), self.read(depth + 1)
            local, cells, free = (
                [n for n, k in zip(variables, kinds, strict=True) if k & bit] for bit in (_LOCAL, _CELL, _FREE)
            )
        else:
            local, free, cells = (self.read(depth + 1) for _ in range(3))
        self.read(depth + 1), self.read(depth + 1)  # file and name
        if _OWN_FORMAT:
            self.read(depth + 1)  # the qualified name
        self._long()  # the first line
        self.read(depth + 1)  # the table of lines
        exceptions = self.read(depth + 1) if _OWN_FORMAT else b""
        return [*counts, flags, code, constants, [names, local, cells, free], exceptions]

    def _take(self, many: int) -> bytes:
        found = self._content[self._at : self._at + many]
        if many < 0 or len(found) != many:
            raise ValueError("The code is cut off.")
        self._at += many
        return found

    def _long(self) -> int:
        return struct.unpack("<i", self._take(4))[0]

    def _count(self) -> int:
        many = self._long()
        if not 0 <= many <= len(self._content):
            raise ValueError("The code declares more than it holds.")
        return many

    def _big(self) -> int:
        many = self._long()
        if abs(many) > 1000:
            raise ValueError("The code holds too large a number.")
        digits = struct.unpack(f"<{abs(many)}H", self._take(2 * abs(many)))
        value = sum(digit << (15 * place) for place, digit in enumerate(digits))
        return -value if many < 0 else value
