"""The words about a layer (arguments, settings, cost, shape), worked out once for all calls that are alike.

Large models repeat a few layers hundreds of times: the 813 calls of EfficientNetB7 have some 150 different descriptions.
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
from kfx.model.layers.registry import changes, known
from kfx.model.layers.words import derivation, settings

Config = tuple[tuple[str, str], ...]
Settings = tuple[str, ...]
_PLAIN = frozenset([int, float, str, bool, type(None)])
Description = tuple[Config, Settings, Cost, tuple[str, ...]]  # the last item is the derivation of the output shape


_MOST = 5000
_by_arguments: dict[Any, tuple[Config, Settings]] = {}  # of layers of Keras's own, in the whole process


class Described:
    """Caches descriptions during one reading, in which equal tensors are one object."""

    def __init__(self) -> None:
        if len(_by_arguments) > _MOST:
            _by_arguments.clear()
        self._registered = changes()
        self._by_call: dict[Any, Description] = {}

    def say(self, op: Any, inputs: tuple[Tensor, ...], outputs: tuple[Tensor, ...], constants: Constants) -> Description:
        """Return config, settings, cost and derivation of one call; never raise."""
        try:
            told = tuple([(where, type(value), value) for where, value in constants]) if constants else ()
            plain = not told or _PLAIN.issuperset([x[1] for x in told])
            made = _arguments(op) if plain and _is_layer_of_keras(type(op)) else None
            # what is no argument of the layer: `quantize` and `enable_lora` set it
            mode = internals.quantization_of(op), getattr(op, "lora_enabled", None) and op.lora_rank, told
            key = (made, mode, tuple(map(id, inputs)), tuple(map(id, outputs)))
            found = self._by_call.get(key)
        except Exception:  # an argument that cannot be hashed, such as a list
            made = None
        if made is None:
            return *of_arguments(op, inputs, constants), *_of_shapes(op, inputs, outputs, constants)
        if found is None:
            ranks = tuple([None if t.shape is None else len(t.shape) for t in inputs])
            dtype = outputs[0].dtype if outputs and not inputs else ""  # the settings of an Input show it
            alike = made, mode, ranks, dtype, self._registered
            if alike not in _by_arguments:
                _by_arguments[alike] = of_arguments(op, inputs, constants)
            found = self._by_call[key] = (*_by_arguments[alike], *_of_shapes(op, inputs, outputs, constants))
        return found


@internals.cache_by_class
def _is_layer_of_keras(cls: type) -> bool:
    return internals.is_builtin(cls) and "Layer" in internals.keras_names(cls)


def of_arguments(op: Any, inputs: tuple[Tensor, ...], constants: Constants) -> tuple[Config, Settings]:
    """Return config and settings of one call."""
    return config_of(op, constants), settings(op, inputs=inputs, constants=constants)


def _of_shapes(
    op: Any, inputs: tuple[Tensor, ...], outputs: tuple[Tensor, ...], constants: Constants = ()
) -> tuple[Cost, tuple[str, ...]]:
    return call_cost(op, inputs, outputs, constants), derivation(known(type(op)), op, inputs, outputs)


def _arguments(op: Any) -> Any:
    """Return a key that is equal for layers of one class with equal arguments; objects count by their own arguments."""
    cls = type(op)
    plain, named = _getters(cls)
    try:
        if named is None:
            return cls, plain(op)
        objects = named(op)[2:]  # without the class, twice
        types = tuple(map(type, objects))
        return cls, plain(op), types, *[_comparable(objects[place]) for place in _differ_inside(types)]
    except AttributeError:  # an argument without an attribute
        return cls, *(_comparable(getattr(op, name, None)) for name in argument_names(cls))


def _comparable(value: Any) -> Any:
    return (type(value), made_with(value)) if is_only_a_name(type(value)) else value


@lru_cache(maxsize=2048)
def _differ_inside(types: tuple[type, ...]) -> tuple[int, ...]:
    """Return the places of objects that can differ from others of the same class."""
    return tuple(
        place for place, cls in enumerate(types) if cls is not type(None) and (not is_only_a_name(cls) or has_arguments(cls))
    )


@internals.cache_by_class
def _getters(cls: type) -> tuple[Callable[[Any], Any], Callable[[Any], Any] | None]:
    """Return functions that get the arguments of a layer: those that count by value, and those that count by class, if any."""
    names = argument_names(cls)
    named = [name for name in names if name.endswith(("_initializer", "_regularizer", "_constraint"))]
    return _getter([name for name in names if name not in named]), _getter(named) if named else None


def _getter(names: Sequence[str]) -> Callable[[Any], Any]:
    return attrgetter("__class__", "__class__", *names)  # with at least two names, the result is a tuple
