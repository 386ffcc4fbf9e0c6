"""Constructor and call arguments as short text, whatever the objects are or do."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kfx.keras_access import internals
from kfx.text.untrusted import cut

if TYPE_CHECKING:
    import keras

Constants = Sequence[tuple[str, object]]  # arguments of one call besides tensors: (name or position, value)

_LONGEST = 80  # characters of one argument's text
_NOT_SHOWN = {"self", "name", "dtype", "trainable", "args", "kwargs", "layers", "inputs", "outputs"}


def config_of(op: keras.Operation, constants: Constants = ()) -> tuple[tuple[str, str], ...]:
    """Return every constructor argument of a layer that is set, then what one call of it was given besides tensors.

    Read from the attributes that Keras keeps arguments in, which is ten times as fast as ``get_config`` and runs no code
    of the user's but properties; arguments kept nowhere are left out.
    """
    names = argument_names(type(op))
    try:
        values = [getattr(op, name, None) for name in names]
    except Exception:  # a property of the user's raises
        values = [_value(op, name) for name in names]
    found = tuple([(name, text_of(value)) for name, value in zip(names, values, strict=True) if value is not None])
    return found + call_config(constants) if constants else found


def _value(op: keras.Operation, name: str) -> object:
    try:
        return getattr(op, name, None)
    except Exception:
        return None


def call_config(constants: Constants) -> tuple[tuple[str, str], ...]:
    """Return the arguments of one call besides tensors, as ``(name, text)``."""
    return tuple((f"argument {where}" if where[:1].isdigit() else where, text_of(value)) for where, value in constants)


def call_settings(kind: str, constants: Constants, *, is_op: bool) -> tuple[str, ...]:
    """Return the settings of one call: all constants of an operation, ``training=True`` of a layer."""
    shown = [(where, text_of(value)) for where, value in constants if is_op or (where == "training" and value is True)]
    if kind == "GetItem" and shown:
        return (f"[{', '.join(text for _, text in shown)}]",)
    return tuple(cut(text, 40) if where[:1].isdigit() else f"{where} {cut(text, 40)}" for where, text in shown)


@internals.cache_by_class
def argument_names(cls: type) -> tuple[str, ...]:
    """Return the names of the constructor arguments of a class and its ancestors, without those shown elsewhere."""
    names: dict[str, None] = {}
    for c in cls.__mro__:
        if "__init__" not in vars(c) or c.__name__ in ("Layer", "Operation", "Model"):
            continue
        try:
            parameters = inspect.signature(c.__init__).parameters  # type: ignore[misc]  # of the class, not of an instance
        except (TypeError, ValueError):
            continue
        names.update(dict.fromkeys(parameters))
        if not any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
            break
        if internals.is_builtin(c) and not c.__name__.startswith("Base"):
            break
    return tuple(name for name in names if name not in _NOT_SHOWN)


def text_of(value: Any, depth: int = 0) -> str:
    """Return a value in at most 80 characters: never an address or the ``repr`` of an unknown object; never raise."""
    cls = type(value)
    if cls is bool or (cls is int and -(10**30) < value < 10**30):
        return str(value)
    if cls is str and len(value) <= _LONGEST:
        return value
    if cls is float:
        return f"{value:g}"
    if is_only_a_name(cls) and not has_arguments(cls):
        return cls.__name__
    try:
        return cut(_with_arguments(value) if is_only_a_name(cls) else _text(value, depth), _LONGEST)
    except Exception:
        return cls.__name__


@internals.cache_by_class
def is_only_a_name(cls: type) -> bool:
    """Return True for Keras's initialisers, regularisers and constraints: shown by class and changed arguments."""
    parts = cls.__module__.split(".")
    return parts[0] == "keras" and not {"initializers", "regularizers", "constraints"}.isdisjoint(parts)


def has_arguments(cls: type) -> bool:
    """Return True if objects of such a class differ in more than their seed."""
    return bool(_defaults(cls))


@internals.cache_by_class
def _defaults(cls: type) -> dict[str, object]:
    """Return the constructor's arguments and their defaults, without the seed."""
    try:
        parameters = inspect.signature(cls.__init__).parameters.values()  # type: ignore[misc]  # Operation.__new__ hides them
    except (TypeError, ValueError):
        return {}
    plain = (p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD))
    return {p.name: p.default for p in plain if p.name not in ("self", "seed")}


def made_with(value: object) -> tuple[object, ...]:
    """Return the arguments of such an object, in order; None for one that is kept nowhere."""
    return tuple([getattr(value, name, None) for name in _defaults(type(value))])


def _with_arguments(value: object) -> str:
    """Return e.g. ``L2(l2=0.02)``, or ``L2`` if all arguments are defaults."""
    missing = object()
    found = ((name, getattr(value, name, missing), default) for name, default in _defaults(type(value)).items())
    set_ = [(name, text_of(x, 1), default) for name, x, default in found if x is not missing and x is not default]
    shown = [f"{name}={text}" for name, text, default in set_ if text != text_of(default, 1)]
    return f"{type(value).__name__}({', '.join(shown)})" if shown else type(value).__name__


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
    if isinstance(value, list | tuple | set | frozenset | dict) and depth > 1:
        return f"{len(value)} values"
    if isinstance(value, list | tuple | set | frozenset):
        parts = [text_of(x, depth + 1) for x in list(value)[:12]] + (["…"] if len(value) > 12 else [])
        return f"({parts[0]},)" if len(parts) == 1 else f"({', '.join(parts)})"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{text_of(k, 2)}: {text_of(v, depth + 1)}" for k, v in list(value.items())[:6]) + "}"
    return _object_text(value)


def _object_text(value: Any) -> str:
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        shape = tuple(value.shape)
        if shape == () and type(value).__module__ == "numpy":
            return text_of(value.item())
        return "×".join("?" if n is None else str(n) for n in shape) + f" {getattr(value.dtype, 'name', value.dtype)}"
    if isinstance(value, type) or (callable(value) and hasattr(value, "__name__")):
        return function_name(value)
    if "Layer" in internals.keras_names(type(value)):
        return _layer_text(value)
    name, kind = getattr(value, "name", None), type(value).__name__
    return f"{kind} {name}" if isinstance(name, str) and internals.keras_names(type(value)) else kind


def _layer_text(layer: keras.Layer) -> str:
    """Return e.g. ``LSTMCell(units=3)`` for a layer that is an argument, with its name if the user chose it."""
    kind, name = type(layer).__name__, str(layer.name)
    shown = []
    for argument, default in _defaults(type(layer)).items():
        value = getattr(layer, argument, None)
        value = function_name(value) if callable(value) and hasattr(value, "__name__") else value
        plain = isinstance(value, int | float | str) and (value, default) != ("linear", None)
        if plain and value != default and argument not in ("name", "dtype"):
            shown.append(f"{argument}={text_of(value, 2)}")
    chosen = kind if is_automatic(re.sub("^(forward|backward)_", "", name), kind) else f"{kind} {name}"
    return f"{chosen}({', '.join(shown)})" if shown else chosen


def is_automatic(name: str, kind: str) -> bool:
    """Return True if Keras chose a name: the class and a number that counts on."""
    stem = re.sub(r"_\d+$", "", name).replace("_", "")
    return stem == kind.lower() or (kind == "InputLayer" and stem == "kerastensor")  # as clone_model names it


def function_name(function: object) -> str:
    """Return the name of a function, class or activation object, ``"lambda"`` for one without."""
    if isinstance(function, str):
        return cut(function, 40)
    name = getattr(function, "__name__", None)
    if not isinstance(name, str) and "Layer" not in internals.keras_names(type(function)):
        name = getattr(function, "name", None)
    if not isinstance(name, str):
        return type(function).__name__
    return "lambda" if name == "<lambda>" else cut(name, 40)
