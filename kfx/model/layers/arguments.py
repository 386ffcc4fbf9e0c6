"""Constructor and call arguments as short text, whatever the objects are or do."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from kfx.keras_access import internals
from kfx.text.untrusted import cut

if TYPE_CHECKING:
    import keras

Constants = Sequence[tuple[str, object]]  # arguments of one call besides tensors: (name or position, value)

_LONGEST = 80  # characters of one argument's text
_SAME = {"swish": "silu", "hard_swish": "hard_silu"}
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
    return found + call_config(constants, type(op) if internals.is_layer(op) else None) if constants else found


def _value(op: keras.Operation, name: str) -> object:
    try:
        return getattr(op, name, None)
    except Exception:
        return None


def call_config(constants: Constants, cls: type | None = None) -> tuple[tuple[str, str], ...]:
    """Return the arguments of one call besides tensors, as ``(name, text)``; ``cls`` is the layer's class if it is known."""
    named = ((_argument(cls, where), value) for where, value in constants)
    return tuple((f"argument {where}" if where[:1].isdigit() else where, text_of(value)) for where, value in named)


def call_settings(kind: str, constants: Constants, *, is_op: bool, cls: type | None = None) -> tuple[str, ...]:
    """Return the settings of one call: all constants of an operation, those of a layer that are not the defaults."""
    given = constants if is_op else not_defaults(constants, cls)
    shown = [(where, text_of(value)) for where, value in given]
    if kind == "GetItem" and shown:
        return (f"[{', '.join(text for _, text in shown)}]",)
    return tuple(cut(text, 40) if where[:1].isdigit() else f"{where} {cut(text, 40)}" for where, text in shown)


def not_defaults(constants: Constants, cls: type | None) -> list[tuple[str, object]]:
    """Return the arguments of a layer's call, by name, whose values are not the defaults of the class's ``call``."""
    defaults = {} if cls is None else _call_defaults(cls)
    named = [(_argument(cls, where), value) for where, value in constants]
    return [(name, value) for name, value in named if name not in defaults or not _same(value, defaults[name])]


def stored_training(constants: Constants, cls: type | None) -> bool | None:
    """Return the ``training`` that a graph of Keras's stores for one call of a layer; None if that is none or the default."""
    value = dict(not_defaults(constants, cls)).get("training")
    return value if isinstance(value, bool) else None


def training_note(value: bool, calls: Sequence[str] = ()) -> str:
    """Return when Keras uses a ``training`` that the graph of a functional model stores, for some calls or for one."""
    if not calls:
        start = f"training={value} holds"
    else:
        more = f" and {len(calls) - 3:,} more" if len(calls) > 3 else ""
        start = f"The graph calls {', '.join(calls[:3])}{more} with training={value}, which holds"
    other = "evaluate and predict replace it by False." if value else "fit replaces it by True."
    return f"{start} only where the model is called without training, as in model(x), or with the same: {other}"


def _same(value: object, default: object) -> bool:
    plain = isinstance(value, bool | int | float | str)
    return value is default or (plain and type(value) is type(default) and value == default)


def _argument(cls: type | None, where: str) -> str:
    """Return the place of an argument of a layer's call with the parameter's name for a number."""
    first, dot, rest = where.partition(".")
    names = list(_call_defaults(cls)) if cls is not None and first.isdigit() else []
    return f"{names[int(first)]}{dot}{rest}" if names and int(first) < len(names) else where


@internals.cache_by_class
def _call_defaults(cls: type) -> dict[str, object]:
    """Return the parameters of a layer's ``call`` in order, with their defaults; of an operation, none."""
    try:
        found = list(inspect.signature(cls.call).parameters.values())[1:]  # type: ignore[attr-defined]  # of a layer
    except (AttributeError, TypeError, ValueError):
        return {}
    return {p.name: p.default for p in found if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)}


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
    if isinstance(value, type | partial) or (callable(value) and hasattr(value, "__name__")):
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
    """Return the name of a function, class or activation object, ``"lambda"`` for one without, e.g. ``gelu(approximate=True)``.

    Functions that Keras or TensorFlow has under two names go by Keras's: silu for swish.
    """
    if isinstance(function, str):
        return _SAME.get(function) or cut(function, 40)
    if isinstance(function, partial):
        given = [*map(text_of, function.args), *(f"{name}={text_of(value, 1)}" for name, value in function.keywords.items())]
        return cut(f"{function_name(function.func)}({', '.join(given)})", 40)
    if "Activation" in internals.keras_names(type(function)) and hasattr(function, "activation"):
        return function_name(function.activation)
    name = getattr(function, "__name__", None)
    if not isinstance(name, str) and "Layer" not in internals.keras_names(type(function)):
        name = getattr(function, "name", None)
    if not isinstance(name, str):
        return type(function).__name__
    if name in _SAME and home_of(function) in ("keras", "tensorflow"):
        return _SAME[name]
    return "lambda" if name == "<lambda>" else cut(name, 40)


def home_of(function: object) -> str:
    """Return the name of the package that a function or an object's class comes from."""
    module = getattr(function, "__module__", None) or type(function).__module__
    return str(module).partition(".")[0]
