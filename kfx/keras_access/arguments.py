"""Which arguments a model's ``call`` takes, and how inputs that come as one value are passed to it."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kfx.keras_access import internals

if TYPE_CHECKING:
    import keras

_NOT_INPUTS = ("training", "mask")
_P = inspect.Parameter

Arguments = tuple[tuple[Any, ...], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Taken:
    """The inputs that a ``call`` takes, without ``training`` and ``mask``.

    Attributes:
        by_position: Names of those that can be passed by position.
        required: Names of those without a default value.
        by_keyword: Names of those that can be passed by keyword.
        any_position: The name of ``*args``, or ``""``.
        any_keyword: Whether there is a ``**kwargs``.
    """

    by_position: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    by_keyword: tuple[str, ...] = ()
    any_position: str = ""
    any_keyword: bool = False

    @property
    def several(self) -> bool:
        """True if the inputs can come in several arguments."""
        return len({*self.by_position, *self.by_keyword}) > 1 or bool(self.any_position)

    def takes(self, count: int) -> bool:
        """Return whether so many inputs can be passed by position, and nothing is missing then."""
        missing = [name for name in self.required if name not in self.by_position[:count]]
        return not missing and (bool(self.any_position) or count <= len(self.by_position))


def taken_by(model: keras.Layer) -> Taken:
    """Return the inputs that a layer's ``call`` takes; of a model with a graph of its own, one argument with all of them."""
    if internals.function_of(model) is not None:
        return Taken(("inputs",), ("inputs",), ("inputs",))
    try:
        found = [p for p in inspect.signature(model.call).parameters.values() if p.name not in _NOT_INPUTS]
    except (TypeError, ValueError, AttributeError):
        return Taken()
    named = [p for p in found if p.kind not in (_P.VAR_POSITIONAL, _P.VAR_KEYWORD)]
    return Taken(
        tuple(p.name for p in named if p.kind != _P.KEYWORD_ONLY),
        tuple(p.name for p in named if p.default is _P.empty),
        tuple(p.name for p in named if p.kind != _P.POSITIONAL_ONLY),
        next((p.name for p in found if p.kind == _P.VAR_POSITIONAL), ""),
        any(p.kind == _P.VAR_KEYWORD for p in found),
    )


def as_arguments(model: keras.Layer, given: Any) -> Arguments:
    """Return the arguments with which to call a model whose inputs came as one value.

    A dict by the names of the arguments is passed by keyword, and a tuple by position where ``call`` takes several (a list only
    where it needs them). Anything else, such as a list or dict of tensors for a ``call`` with one input, is the first argument.
    """
    taken = taken_by(model)
    if isinstance(given, dict) and _are_names(model, given, taken):
        first = [name for name in taken.by_position if name not in taken.by_keyword and name in given]  # positional only
        return tuple(given[name] for name in first), {name: x for name, x in given.items() if name not in first}
    if isinstance(given, list | tuple) and taken.several and taken.takes(len(given)) and _is_spread(model, given, taken):
        return tuple(given), {}
    return (given,), {}


def as_one_value(model: keras.Layer, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Return the arguments of a call as one value, which `as_arguments` takes apart again."""
    if len(args) == 1 and not kwargs:
        return args[0]
    taken = taken_by(model)
    if len(args) > len(taken.by_position) or (not kwargs and len(taken.required) > 1):
        return tuple(args)
    return {**dict(zip(taken.by_position, args, strict=False)), **kwargs}


def argument_leaves(layer: keras.Layer, args: Any, kwargs: Any) -> list[tuple[str, Any]]:
    """Return the leaves of a call's arguments by their paths: ``"x"``, ``"inputs.0"``, ``"xs.1"`` of ``call(self, *xs)``."""
    try:
        parameters = inspect.signature(layer.call).parameters.values()
    except (TypeError, ValueError, AttributeError):
        parameters = ()  # type: ignore[assignment]
    names = [p.name for p in parameters if p.kind in (_P.POSITIONAL_ONLY, _P.POSITIONAL_OR_KEYWORD)]
    rest_of = next((p.name for p in parameters if p.kind == _P.VAR_POSITIONAL), "")

    def named(path: str) -> str:
        first, _, rest = path.partition(".")
        number = int(first) if first.isdigit() else -1
        if 0 <= number < len(names):
            first = names[number]
        elif number >= 0 and rest_of:
            first = f"{rest_of}.{number - len(names)}"
        return f"{first}.{rest}" if rest else first

    found = [(named(path), x) for path, x in internals.leaves(args)]
    return found + internals.keyword_leaves(layer, kwargs)


def _are_names(model: keras.Layer, given: dict[Any, Any], taken: Taken) -> bool:
    """Return whether the keys of a dict are names of arguments, not those of one argument that is a dict."""
    if not given or not all(isinstance(key, str) for key in given) or not set(taken.required) <= given.keys():
        return False
    names = {*taken.by_position, *taken.by_keyword}
    known = given.keys() <= {*names, *_NOT_INPUTS} or (taken.any_keyword and bool(names & given.keys()))
    if len(taken.required) > 1 or not known:
        return known
    alone = not (taken.several or taken.any_keyword or given.keys() - names)  # call(self, x): {"x": ...} may be x itself
    first = _first_remembered(model)
    return not alone and not (isinstance(first, dict) and first.keys() == given.keys())


def _is_spread(model: keras.Layer, given: list[Any] | tuple[Any, ...], taken: Taken) -> bool:
    """Return whether the items of a list or tuple are arguments of their own, not one argument together."""
    if len(taken.required) > 1:
        return True
    first = _first_remembered(model)
    if taken.any_position and not taken.by_position:  # Keras remembers all of *args as a tuple
        return not (isinstance(first, tuple) and len(first) == 1 and _is_nested(first[0]))
    return isinstance(given, tuple) and len(given) > 1 and not _is_nested(first)


def _first_remembered(model: keras.Layer) -> Any:
    return next(iter((internals.remembered_shapes(model) or {}).values()), None)


def _is_nested(shape: Any) -> bool:
    """Return whether a remembered shape is a structure of shapes."""
    return isinstance(shape, dict) or (
        isinstance(shape, list | tuple) and any(isinstance(x, dict | list | tuple) for x in shape)
    )
