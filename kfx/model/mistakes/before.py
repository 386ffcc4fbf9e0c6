"""Repairs at the layer before the one that refused: it threw away the axis that is missing now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from kfx.keras_access import internals
from kfx.keras_access.importing import import_keras
from kfx.model.mistakes.facts import Repair
from kfx.model.mistakes.names import Names, name_of
from kfx.model.mistakes.repairs import words
from kfx.model.mistakes.try_out import code_of, copy_of, output_shape

if TYPE_CHECKING:
    import keras

_FLATTENING = ("Flatten", "BaseGlobalPooling")


def maker_of(tensor: keras.KerasTensor) -> tuple[Any, Any] | None:
    """The layer that made a tensor and the one tensor that it was given; None where there are more or it is an input."""
    made = internals.node_of(tensor) if isinstance(tensor, import_keras().KerasTensor) else None
    if made is None or len(made[0].input_tensors) != 1 or not isinstance(made[0].operation, import_keras().layers.Layer):
        return None
    return made[0].operation, made[0].input_tensors[0]


def keep_the_axes(op: keras.Operation, tensor: keras.KerasTensor, names: Names) -> Iterator[Repair]:
    """A recurrent layer that gave only its last step, or a layer that flattened the map."""
    found = maker_of(tensor)
    if found is None:
        return
    before, source = found
    start, kind = tuple(source.shape), str(source.dtype)
    if getattr(before, "return_sequences", None) is False:
        shape = output_shape([copy_of(before, return_sequences=True, name="kfx_before"), copy_of(op)], start, dtypes=[kind])
        if shape is not None:
            code = f"{code_of(before, return_sequences=True)}({name_of(source, names)})"
            gives = f"{op.name} then gives {words(shape[1:])}"
            yield Repair(f"Let {before.name} return every step", code, "return_sequences=True", gives)
    elif any(cls.__name__ in _FLATTENING for cls in type(before).__mro__):
        shape = output_shape([copy_of(op)], start, dtypes=[kind])
        if shape is not None:
            code = f"{code_of(op)}({name_of(source, names)})"
            gives = f"{op.name} then gives {words(shape[1:])}"
            yield Repair(f"Call it before {before.name}", code, f"({name_of(source, names)})", gives)


def keep_the_sizes(op: keras.Operation, tensor: keras.KerasTensor, names: Names) -> Iterator[Repair]:
    """A Flatten of a map of unknown size, before a layer that needs to know how many numbers there are."""
    layers = import_keras().layers
    found = maker_of(tensor)
    if found is None or type(found[0]).__name__ != "Flatten":
        return
    source = found[1]
    rank = len(source.shape) - 2
    if rank not in (1, 2, 3):
        return
    pooling = getattr(layers, f"GlobalAveragePooling{rank}D")(name="kfx_new")
    shape = output_shape([pooling, copy_of(op)], tuple(source.shape), dtypes=[str(source.dtype)])
    if shape is not None:
        new = f"{code_of(pooling)}({name_of(source, names)})"
        title = f"Average over the positions instead of {found[0].name}"
        yield Repair(title, f"{code_of(op)}({new})", new, f"{op.name} then gives {words(shape[1:])}")
