"""What is said of a layer (arguments, settings, cost, shape), worked out once for all calls that are alike.

Large models repeat a few layers hundreds of times: of the 813 calls of EfficientNetB7 some 150 differ in what is said of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any

from kfx.keras_access import internals
from kfx.model.facts import Cost, Tensor
from kfx.model.layers.arguments import argument_names, config_of, has_arguments, is_only_a_name, made_with
from kfx.model.layers.cost import Constants, call_cost
from kfx.model.layers.registry import known
from kfx.model.layers.words import derivation, settings

Config = tuple[tuple[str, str], ...]
Settings = tuple[str, ...]
Said = tuple[Config, Settings, Cost, tuple[str, ...]]  # the last one is how the shape follows


class Described:
    """Remembers what was said during one reading, in which equal tensors are one object."""

    def __init__(self) -> None:
        self._named: dict[Any, tuple[Config, Settings]] = {}
        self._said: dict[Any, Said] = {}

    def say(self, op: Any, inputs: tuple[Tensor, ...], outputs: tuple[Tensor, ...], constants: Constants) -> Said:
        """Config, settings, cost and derivation of one call; never raises."""
        if constants or not internals.is_builtin(type(op)) or "Layer" not in internals.keras_names(type(op)):
            return *_of_arguments(op, inputs, constants), *_of_shapes(op, inputs, outputs, constants)
        try:
            made_with = _arguments(op)
            key = (made_with, tuple(map(id, inputs)), tuple(map(id, outputs)))
            said = self._said.get(key)
        except Exception:  # an argument that cannot be hashed, such as a list
            return *_of_arguments(op, inputs, constants), *_of_shapes(op, inputs, outputs)
        if said is None:
            alike = (
                made_with,
                tuple([None if t.shape is None else len(t.shape) for t in inputs]),
                _dtype_told(inputs, outputs),
            )
            if alike not in self._named:
                self._named[alike] = _of_arguments(op, inputs, constants)
            said = self._said[key] = (*self._named[alike], *_of_shapes(op, inputs, outputs))
        return said


def _dtype_told(inputs: tuple[Tensor, ...], outputs: tuple[Tensor, ...]) -> str:
    """Of an Input the settings tell the dtype, which is none of the arguments looked at."""
    return outputs[0].dtype if outputs and not inputs else ""


def _of_arguments(op: Any, inputs: tuple[Tensor, ...], constants: Constants) -> tuple[Config, Settings]:
    return config_of(op, constants), settings(op, inputs=inputs, constants=constants)


def _of_shapes(
    op: Any, inputs: tuple[Tensor, ...], outputs: tuple[Tensor, ...], constants: Constants = ()
) -> tuple[Cost, tuple[str, ...]]:
    return call_cost(op, inputs, outputs, constants), derivation(known(type(op)), op, inputs, outputs)


def _arguments(op: Any) -> Any:
    """Equal for layers of one class that were made with equal arguments; what objects were made with stands for them."""
    cls = type(op)
    plain, named = _getters(cls)
    try:
        objects = named(op)[2:]  # without the class, twice
        types = tuple(map(type, objects))
        return cls, plain(op), types, *[_stands_for(objects[place]) for place in _differ_inside(types)]
    except AttributeError:  # an argument that is kept nowhere
        return cls, *(_stands_for(getattr(op, name, None)) for name in argument_names(cls))


def _stands_for(value: Any) -> Any:
    return (type(value), made_with(value)) if is_only_a_name(type(value)) else value


@lru_cache(maxsize=2048)
def _differ_inside(types: tuple[type, ...]) -> tuple[int, ...]:
    """Places of those objects that can differ though their classes are the same."""
    return tuple(
        place for place, cls in enumerate(types) if cls is not type(None) and (not is_only_a_name(cls) or has_arguments(cls))
    )


@internals.cache_by_class
def _getters(cls: type) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    """Get all arguments of a layer at once: those that count by their value, and those that count by their class."""
    names = argument_names(cls)
    named = [name for name in names if name.endswith(("_initializer", "_regularizer", "_constraint"))]
    return _getter([name for name in names if name not in named]), _getter(named)


def _getter(names: Sequence[str]) -> Callable[[Any], Any]:
    return attrgetter("__class__", "__class__", *names)  # with two names at least the answer is a tuple
