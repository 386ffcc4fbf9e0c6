"""Describe the tensors and arrays that a failed call was given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kfx.keras_access import internals
from kfx.keras_access.importing import import_keras
from kfx.model.mistakes.facts import Given, axis_names, shape_words
from kfx.model.mistakes.traceback import FailedCall

if TYPE_CHECKING:
    import keras


def flat_tensors(failed: FailedCall) -> list[Any]:
    """Return the tensors and arrays that the call was given, in order."""
    tree = import_keras().tree
    return [x for x in tree.flatten((failed.args, failed.kwargs)) if hasattr(x, "shape") and hasattr(x, "dtype")]


def source_of(tensor: keras.KerasTensor) -> str:
    """Return the name of the layer that made a tensor, ``name@call`` for a shared one; its kind where no layer made it."""
    if not isinstance(tensor, import_keras().KerasTensor):
        return "NumPy array" if type(tensor).__module__.startswith("numpy") else f"{type(tensor).__name__} with numbers"
    made = internals.node_of(tensor)
    if made is None:
        return "symbolic tensor"
    op, calls = made[0].operation, internals.calls_of(made[0].operation)
    return f"{op.name}@{calls.index(made[0]) + 1}" if len(calls) > 1 else str(op.name)


def given_of(
    tensors: Sequence[keras.KerasTensor], names: Mapping[int, str], *, channels_first: bool = False
) -> tuple[Given, ...]:
    """Return each tensor as plain values, with the name of the user's variable."""
    found = []
    for tensor in tensors:
        shape = None if tensor.shape is None else tuple(tensor.shape)[1:]
        axes = axis_names(len(shape), channels_first=channels_first) if shape is not None else ()
        kind = str(getattr(tensor.dtype, "name", tensor.dtype))
        found.append(Given(source_of(tensor), shape, kind, axes, variable=names.get(id(tensor), "")))
    return tuple(found)


def makers(tensor: keras.KerasTensor) -> Iterator[tuple[Any, keras.KerasTensor]]:
    """Yield each layer that leads to a tensor, with its input, the last layer first, as long as a layer has one input."""
    while (made := internals.node_of(tensor)) is not None and len(made[0].input_tensors) == 1:
        (tensor,) = made[0].input_tensors
        yield made[0].operation, tensor


def gives_shape(shape: Sequence[int | None]) -> str:
    """Return ``"gives 9×9×64"`` for a shape with its batch axis."""
    return f"gives {shape_words(shape[1:])}"
