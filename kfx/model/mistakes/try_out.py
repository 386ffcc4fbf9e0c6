"""Try a chain of layers on shapes alone: copies of the user's layers on fresh inputs."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from kfx.keras_access.importing import import_keras
from kfx.model.facts import Shape

if TYPE_CHECKING:
    import keras


def offered(find: Callable[..., Iterable[Any]], *args: object) -> tuple[Any, ...]:
    """Return the repairs that a function finds; none where the user's own layer cannot be copied or raises."""
    try:
        return tuple(find(*args))
    except Exception:
        return ()


def copy_of(layer: keras.Layer, **changes: object) -> keras.Layer:
    """Return a new, unbuilt layer of the same class and arguments, some of them changed."""
    return type(layer).from_config({**layer.get_config(), "name": "kfx_trial", **changes})


def output_shape(layers: Iterable[Callable[[Any], Any]], *inputs: keras.KerasTensor | Shape) -> Shape | None:
    """Return the shape after a chain of layers, the first of which takes all inputs; None when a layer raises.

    Args:
        layers: New layers (see `copy_of`), never the user's own.
        inputs: Tensors, or shapes of float32 tensors, with the batch axis.
    """
    keras = import_keras()
    tensors = [
        keras.Input(batch_shape=tuple(getattr(x, "shape", x)), dtype=str(getattr(x, "dtype", "float32"))) for x in inputs
    ]
    x: Any = tensors[0] if len(tensors) == 1 else tensors
    try:
        for layer in layers:
            x = layer(x)
    except Exception:
        return None
    return tuple(x.shape) if hasattr(x, "shape") else None


def code_of(layer: keras.Layer, **changes: object) -> str:
    """Return the call that makes a layer, e.g. ``layers.Conv2D(64, 3, activation="relu")``, without defaults and its name."""
    cls = type(layer)
    config = {**layer.get_config(), **changes}
    usual = _defaults(cls, config)
    shown, positional = [], True
    for name, parameter in inspect.signature(cls).parameters.items():
        required = parameter.default is parameter.empty
        if name in ("self", "name", "trainable", "dtype") or parameter.kind in (
            parameter.VAR_POSITIONAL,
            parameter.VAR_KEYWORD,
        ):
            continue
        value = config.get(name, parameter.default)
        if isinstance(value, dict) and "class_name" in value:
            inner = getattr(layer, name, None) or getattr(layer, "forward_layer", None)
            if required and hasattr(inner, "get_config"):
                shown.append(code_of(inner))
            continue
        positional = positional and required
        follows = name == "strides" and value == config.get("pool_size")
        if required or name in changes or (value != usual.get(name, parameter.default) and not follows):
            shown.append(_literal(value, name) if positional else f"{name}={_literal(value, name)}")
    prefix = "layers." if cls.__module__.startswith("keras.") else ""
    return f"{prefix}{cls.__name__}({', '.join(shown)})"


def _defaults(cls: type, config: dict[str, Any]) -> dict[str, Any]:
    """Return the configuration of a layer that was made with its required arguments alone."""
    given = inspect.signature(cls.__init__).parameters  # type: ignore[misc]  # Operation.__new__ hides the class's own
    required = {name: config[name] for name, p in given.items() if name != "self" and p.default is p.empty and name in config}
    try:
        return cls(**required, name="kfx_trial").get_config()
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
    return "…" if isinstance(value, dict) else repr(value)
