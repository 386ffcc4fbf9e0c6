"""Constructor and call arguments as short text, whatever the objects are or do."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from kfx.graph import internals

_LONGEST = 80  # characters of one argument's text
_NOT_SHOWN = {"self", "name", "dtype", "trainable", "args", "kwargs", "layers", "inputs", "outputs"}
_MISSING = object()


def config_of(op: Any, constants: Sequence[tuple[str, Any]] = ()) -> tuple[tuple[str, str], ...]:
    """Every constructor argument of a layer that is set, then what one call of it was given besides tensors.

    Read from the attributes that Keras keeps arguments in, which is ten times as fast as ``get_config`` and runs no code
    of the user's but properties; arguments kept nowhere are left out.
    """
    found = []
    for name in argument_names(type(op)):
        try:
            value = getattr(op, name, _MISSING)
        except Exception:
            value = _MISSING
        if value is not _MISSING and value is not None:
            found.append((name, text_of(value)))
    for where, value in constants:
        found.append((f"argument {where}" if where[:1].isdigit() else where, text_of(value)))
    return tuple(found)


@lru_cache(maxsize=None)
def argument_names(cls: type) -> tuple[str, ...]:
    """Names of the arguments a class and its ancestors are made with, without those shown elsewhere (name, dtype)."""
    names: dict[str, None] = {}
    for c in cls.__mro__:
        if "__init__" not in vars(c) or c.__name__ in ("Layer", "Operation", "Model"):
            continue
        try:
            parameters = inspect.signature(c.__init__).parameters
        except (TypeError, ValueError):
            continue
        names.update(dict.fromkeys(parameters))
        if not any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
            break
        if internals.is_builtin(c) and not c.__name__.startswith("Base"):
            break
    return tuple(name for name in names if name not in _NOT_SHOWN)


def text_of(value: Any, depth: int = 0) -> str:
    """A value in at most 80 characters: never an address, never the ``repr`` of an unknown object, never an exception."""
    try:
        return cut(_text(value, depth))
    except Exception:
        return type(value).__name__


def cut(text: str, longest: int = _LONGEST) -> str:
    """Text that is too long, with its end left out."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _text(value: Any, depth: int) -> str:
    if value is None or isinstance(value, bool | int):
        return str(value) if not isinstance(value, int) or abs(value) < 10**30 else "a huge number"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, str):
        return value[: _LONGEST + 1]
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if isinstance(value, slice):
        ends = (value.start, value.stop, value.step)
        return ":".join("" if e is None else text_of(e, 2) for e in (ends if value.step is not None else ends[:2]))
    if value is Ellipsis:
        return "..."
    if isinstance(value, list | tuple | set | frozenset):
        if depth > 1:
            return f"{len(value)} values"
        parts = [text_of(x, depth + 1) for x in list(value)[:12]] + (["…"] if len(value) > 12 else [])
        return f"({', '.join(parts)})"
    if isinstance(value, dict):
        if depth > 1:
            return f"{len(value)} values"
        return "{" + ", ".join(f"{text_of(k, 2)}: {text_of(v, depth + 1)}" for k, v in list(value.items())[:6]) + "}"
    return _object_text(value)


def _object_text(value: Any) -> str:
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        shape = tuple(value.shape)
        if shape == () and type(value).__module__ == "numpy":
            return f"{value.item()!s}"
        return "×".join("?" if n is None else str(n) for n in shape) + f" {getattr(value.dtype, 'name', value.dtype)}"
    if isinstance(value, type) or inspect.isroutine(value):
        return function_name(value)
    name = getattr(value, "name", None)
    kind = type(value).__name__
    return f"{kind} {name}" if isinstance(name, str) and internals.keras_names(type(value)) else kind


def function_name(function: Any) -> str:
    """The name of a function, class or activation object, ``"lambda"`` for one without."""
    name = getattr(function, "__name__", None)
    if not isinstance(name, str):
        name = getattr(function, "name", None) if not callable(getattr(function, "name", None)) else None
    if not isinstance(name, str):
        return type(function).__name__
    return "lambda" if name == "<lambda>" else cut(name, 40)
