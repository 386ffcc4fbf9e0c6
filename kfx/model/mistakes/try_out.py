"""Try a chain of layers on shapes alone: copies of the user's layers, fresh inputs, no trace left in Keras's own counters."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from kfx.keras_access.importing import import_keras
from kfx.keras_access.untouched import keras_globals_restored
from kfx.model.facts import Shape

if TYPE_CHECKING:
    import keras


def offered(find: Callable[..., Iterable[Any]], *args: object) -> tuple[Any, ...]:
    """The repairs that a function finds; none where the user's own layer cannot be copied or raises."""
    try:
        return tuple(find(*args))
    except Exception:
        return ()


def copy_of(layer: keras.Layer, **changes: object) -> keras.Layer:
    """A new, unbuilt layer of the same class and arguments, with some of them changed."""
    config = {**layer.get_config(), "name": "kfx_trial", **changes}
    return type(layer).from_config(config)


def output_shape(layers: Sequence[Any], *shapes: Shape, dtypes: Sequence[str] = ()) -> Shape | None:
    """The shape after a chain of layers, the first of which gets all ``shapes``; None when a layer refuses.

    Args:
        layers: New layers (see `copy_of`), never the user's own.
        shapes: With the batch axis.
        dtypes: One for each shape; float32 where it is not given.
    """
    keras = import_keras()
    with keras_globals_restored():
        kinds = [*dtypes, *["float32"] * (len(shapes) - len(dtypes))]
        tensors = [
            keras.Input(batch_shape=shape, dtype=kind, name=f"kfx_trial_{n}")
            for n, (shape, kind) in enumerate(zip(shapes, kinds, strict=True))
        ]
        x = tensors[0] if len(tensors) == 1 else tensors
        try:
            for layer in layers:
                x = layer(x)
        except Exception:
            return None
    return tuple(x.shape) if hasattr(x, "shape") else None


def accepts(op: keras.Operation, shapes: Sequence[Shape], *, as_list: bool) -> Shape | None:
    """The shape that a copy of a layer gives for several tensors, as one list or as arguments; None when it refuses."""
    keras = import_keras()
    with keras_globals_restored():
        try:
            tensors = [keras.Input(batch_shape=shape, name=f"kfx_trial_{n}") for n, shape in enumerate(shapes)]
            layer = copy_of(op)
            made = layer(tensors) if as_list else layer(*tensors)
        except Exception:
            return None
    return tuple(made.shape) if hasattr(made, "shape") else None


def code_of(layer: keras.Layer, **changes: object) -> str:
    """The call that makes such a layer, e.g. ``layers.Conv2D(64, 3, activation="relu")``: defaults and names left out."""
    cls = type(layer)
    config = {**layer.get_config(), **changes}
    usual = _defaults(cls, config)
    shown, positional = [], True
    for name, parameter in inspect.signature(cls).parameters.items():
        if name in ("self", "name", "trainable", "dtype") or parameter.kind in (
            parameter.VAR_POSITIONAL,
            parameter.VAR_KEYWORD,
        ):
            continue
        value = config.get(name, parameter.default)
        inner = getattr(layer, name, None) or getattr(layer, "forward_layer", None)
        if isinstance(value, dict) and "class_name" in value:
            if parameter.default is parameter.empty and hasattr(inner, "get_config"):
                shown.append(code_of(inner))
            continue
        if parameter.default is parameter.empty:
            shown.append(_literal(value, name) if positional else f"{name}={_literal(value, name)}")
            continue
        positional = False
        follows = name == "strides" and value == config.get("pool_size")
        if name in changes or (value != usual.get(name, parameter.default) and not follows):
            shown.append(f"{name}={_literal(value, name)}")
    prefix = "layers." if cls.__module__.startswith("keras.") else ""
    return f"{prefix}{cls.__name__}({', '.join(shown)})"


def _defaults(cls: type, config: dict[str, Any]) -> dict[str, Any]:
    """The configuration of a layer that was given nothing but what it must be given."""
    given = inspect.signature(cls.__init__).parameters  # type: ignore[misc]  # Operation.__new__ hides the class's own
    must = {
        name: config[name]
        for name, parameter in given.items()
        if name != "self" and parameter.default is parameter.empty and name in config
    }
    with keras_globals_restored():
        try:
            return cls(**must, name="kfx_trial").get_config()
        except Exception:
            return {}


_SIZES = {"kernel_size", "strides", "pool_size", "dilation_rate", "size", "padding", "cropping"}  # one number does for all axes


def _literal(value: object, name: str = "") -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, list | tuple):
        if name in _SIZES and value and all(v == value[0] for v in value):
            return _literal(value[0], name) if isinstance(value[0], tuple | list) else repr(value[0])
        return f"({', '.join(map(_literal, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, dict):
        return "…"
    return repr(value)
