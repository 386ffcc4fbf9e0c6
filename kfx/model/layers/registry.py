"""The registry of layers: everything that kfx knows about a class of layers, Keras's own and those of a user, in one place."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, TypeVar, overload

from kfx.keras_access import internals
from kfx.keras_access.importing import import_keras
from kfx.model.facts import FAMILIES, Tensor
from kfx.model.layers import activations, attention, conv, dense, merge, norm, recurrent, reshape
from kfx.model.layers.knowledge import Formula, LayerKnowledge, ShapeRule, SizesRule, Wraps
from kfx.model.layers.operations import OPERATIONS

if TYPE_CHECKING:
    import keras

_KERAS: dict[str, LayerKnowledge] = {
    name: knowledge
    for room in (activations, attention, conv, dense, merge, norm, recurrent, reshape)
    for name, knowledge in room.LAYERS.items()
}
_OWN: dict[str, LayerKnowledge] = {}  # of a user's layers, by "module.Class" or by the name that Keras saves
_changes = [0]
_IN_FILES = ">"  # before the bare name that a file holds of a class that is not registered with Keras
_FAMILIES = [name for name in FAMILIES if name not in ("io", "model", "error")]
_EXPECTED = {
    "settings": "a function (layer) -> list of words",
    "shape": "a function (layer, input_shapes) -> list of (axis, arithmetic, size)",
    "cost": "a function (layer, input_shapes, output_shapes) -> (multiply-accumulates, other operations)",
    "stored_sizes": "a function (config, arrays) -> (trained arrays, other arrays)",
}
_Class = TypeVar("_Class", bound="type[keras.Layer] | str")


@overload
def register_layer(
    layer: _Class,
    *,
    family: str | None = None,
    settings: Callable[[keras.Layer], Iterable[str]] | None = None,
    shape: ShapeRule | None = None,
    cost: Formula | None = None,
    stored_sizes: SizesRule | None = None,
) -> _Class: ...
@overload
def register_layer(
    layer: None = None,
    *,
    family: str | None = None,
    settings: Callable[[keras.Layer], Iterable[str]] | None = None,
    shape: ShapeRule | None = None,
    cost: Formula | None = None,
    stored_sizes: SizesRule | None = None,
) -> Callable[[_Class], _Class]: ...


def register_layer(
    layer: _Class | None = None,
    *,
    family: str | None = None,
    settings: Callable[[keras.Layer], Iterable[str]] | None = None,
    shape: ShapeRule | None = None,
    cost: Formula | None = None,
    stored_sizes: SizesRule | None = None,
) -> _Class | Callable[[_Class], _Class]:
    """Tell kfx about a layer class of yours; every view, live or of a saved file, then shows it as it shows Keras's own.

    Subclasses inherit what is registered; one with a ``call`` of its own does not inherit ``shape`` and ``cost``. Registering
    a class again replaces what was registered for it. The functions are given a layer, or, for a saved file, an object
    with the layer's constructor arguments as attributes, so let them read nothing else.

    Args:
        layer: The class; or the name under which Keras saves it, such as ``"Custom>MyLayer"``, for files whose class cannot
            be imported. Left out, the result is a decorator for the class.
        family: Its colour and legend: ``"conv"``, ``"dense"``, ``"pool"``, ``"norm"``, ``"seq"``, ``"merge"`` or
            ``"custom"``.
        settings: ``(layer) -> words`` of the Settings column.
        shape: ``(layer, input_shapes) -> [(axis, arithmetic, size), ...]``, how each axis of the output follows. Shapes come
            and go without the batch axis; unknown sizes are None. Nothing is shown where it disagrees with Keras.
        cost: ``(layer, input_shapes, output_shapes) -> (multiply-accumulates, other operations)`` for one example: the
            shapes' first axis is 1. FLOPs are twice the first number plus the second.
        stored_sizes: ``(config, arrays) -> (trained, other)``, the weights that training changes and those that it does not,
            each as ``(shape, dtype)``. ``arrays`` are those in the file, in its order, and empty where it holds none.

    Returns:
        The class or name that was given, or the decorator.

    Raises:
        TypeError: When ``layer`` is not a layer class or a name, or an argument is not a function.
        ValueError: When the family is unknown, or nothing is given to register.

    Example:
        >>> import keras, kfx
        >>> class Scale(keras.layers.Layer):
        ...     def call(self, x): return 2 * x
        >>> Scale = kfx.register_layer(Scale, family="norm", cost=lambda layer, ins, outs: (0, ins[0][-1]))
        >>> kfx.summary(keras.Sequential([keras.Input((8,)), Scale()])).rows[-1].flops
        8
    """
    _check(family, settings=settings, shape=shape, cost=cost, stored_sizes=stored_sizes)

    def words(layer: keras.Layer, inputs: tuple[Tensor, ...]) -> list[str]:
        found = settings(layer) if settings else []
        return [found] if isinstance(found, str) else list(map(str, found))

    source = "as registered" if cost else ""
    knowledge = LayerKnowledge(family, words if settings else None, shape, cost, source, stored_sizes)

    def register(given: _Class) -> _Class:
        _OWN.update(dict.fromkeys(_names(given), knowledge))
        _changes[0] += 1
        known.cache_clear()
        return given

    return register if layer is None else register(layer)


def unregister_layer(layer: type[keras.Layer] | str) -> None:
    """Forget what `register_layer` was told about a class or name; nothing happens where nothing is registered.

    Raises:
        TypeError: When ``layer`` is not a layer class or a name.

    Example:
        >>> import kfx
        >>> kfx.unregister_layer("Custom>MyLayer")
    """
    for name in [*_names(layer), *([] if isinstance(layer, str) else [_IN_FILES + layer.__name__])]:
        _OWN.pop(name, None)
    _changes[0] += 1
    known.cache_clear()


def _check(family: str | None, **functions: Callable[..., object] | None) -> None:
    for name, function in functions.items():
        if function is not None and not callable(function):
            raise TypeError(f"`{name}` is {function!r:.60}; expected {_EXPECTED[name]}.")
    if family is not None and family not in _FAMILIES:
        near = get_close_matches(str(family), _FAMILIES, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"`family` is {family!r:.60}; expected one of {', '.join(_FAMILIES)}.{hint}")
    if family is None and all(function is None for function in functions.values()):
        raise ValueError(f"Nothing to register; give at least one of family, {', '.join(functions)}.")


def _names(layer: type[keras.Layer] | str) -> list[str]:
    """Return the keys in the registry: the name as given; a class's module and name, and the one it is saved under."""
    if isinstance(layer, str) and layer:
        return [layer]
    if isinstance(layer, type) and "Layer" in internals.keras_names(layer):
        saved = _saved_name(layer)
        return [f"{layer.__module__}.{layer.__name__}", saved if ">" in saved else _IN_FILES + saved]
    raise TypeError(
        f"`layer` is {layer!r:.60}; expected a layer class, or the name under which Keras saves it, e.g. 'Custom>MyLayer'."
    )


# ---- look-ups


@internals.cache_by_class
def known(cls: type) -> LayerKnowledge:
    """Return everything that is known about a class of layers or operations, each part from the nearest class that knows it.

    Shape and cost come only from a class whose ``call`` the given class runs; where the cost is unknown, ``source`` says why.
    """
    names = internals.keras_names(cls)
    if "Layer" not in names:  # an operation may share its name with a layer
        name = names[0] if names else ""
        found = operation(name)
        return found if name == cls.__name__ else LayerKnowledge(found.family, source=f"{cls.__name__} runs code of its own")
    entries = [(knowledge, runs) for c in cls.__mro__ for knowledge, runs in _entries(c, cls)]
    running = [knowledge for knowledge, runs in entries if runs]
    cost = next((k for k in running if k.cost or (k.wraps and k.wraps.calls)), None)
    if cost is None:
        why = "no formula for {}" if internals.runs_keras_code(cls) or running else "{} runs code of its own"
        cost = LayerKnowledge(source=why.format(cls.__name__))
    everything = [knowledge for knowledge, _ in entries]
    wraps = next((k.wraps for k in everything if k.wraps), None)
    if wraps and not cost.wraps:
        wraps = Wraps(wraps.attributes)  # the class calls its layers by code of its own
    return LayerKnowledge(
        family=next((k.family for k in everything if k.family), "custom"),
        settings=next((k.settings for k in everything if k.settings), None),
        shape=next((k.shape for k in running if k.shape), None),
        cost=cost.cost,
        source=cost.source,
        stored_sizes=next((k.stored_sizes for k in everything if k.stored_sizes), None),
        wraps=wraps,
    )


def _entries(c: type, cls: type) -> list[tuple[LayerKnowledge, bool]]:
    """Return what is registered for one ancestor of a class, and whether the class runs that ancestor's ``call``."""
    found = []
    own = _OWN.get(f"{c.__module__}.{c.__name__}") or (_OWN and _OWN.get(_saved_name(c)))
    if own:
        found.append((own, getattr(cls, "call", None) is getattr(c, "call", None)))
    if internals.is_builtin(c) and c.__name__ in _KERAS:
        found.append((_KERAS[c.__name__], internals.runs_keras_code(cls)))
    return found


def _saved_name(cls: type) -> str:
    return str(import_keras().saving.get_registered_name(cls))


def changes() -> int:
    """Return how often a layer was registered: what was read before the last time may be out of date."""
    return _changes[0]


def operation(name: str) -> LayerKnowledge:
    """Return what is known about a non-layer operation by its class's name, e.g. ``"Matmul"``."""
    found = OPERATIONS.get(name, LayerKnowledge("custom"))
    return found if found.cost else replace(found, source=f"no formula for {name}")


def known_by_name(module: str, name: str, registered: str) -> LayerKnowledge | None:
    """Return what a user registered for a layer in a file, by the names that Keras wrote; None for nothing."""
    found = _OWN.get(registered) or _OWN.get(f"{module}.{name}") or _OWN.get(_IN_FILES + registered)
    if found is None and isinstance(cls := import_keras().saving.get_registered_object(registered), type):
        found = _OWN.get(f"{cls.__module__}.{cls.__name__}")  # registered with Keras only after `register_layer`
    return found if found is None or found.cost else replace(found, source=f"no formula for {name}")
