"""Describe the tensors and arrays that a failed call was given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kfx.keras_access import internals
from kfx.keras_access.importing import import_keras
from kfx.model.mistakes.facts import Given, axis_names
from kfx.model.mistakes.traceback import FailedCall

if TYPE_CHECKING:
    import keras


def flat_tensors(failed: FailedCall) -> list[Any]:
    """The tensors and arrays that the call was given, in order."""
    tree = import_keras().tree
    return [x for x in tree.flatten((failed.args, failed.kwargs)) if hasattr(x, "shape") and hasattr(x, "dtype")]


def source_of(tensor: keras.KerasTensor) -> str:
    """The layer that made a tensor, ``name@call`` for a shared one; what it is where no layer made it."""
    if not isinstance(tensor, import_keras().KerasTensor):
        return "NumPy array" if type(tensor).__module__.startswith("numpy") else f"{type(tensor).__name__} with numbers"
    made = internals.node_of(tensor)
    if made is None:
        return "symbolic tensor"
    op, calls = made[0].operation, internals.calls_of(made[0].operation)
    return f"{op.name}@{calls.index(made[0]) + 1}" if len(calls) > 1 else str(op.name)


def given_of(tensors: list[keras.KerasTensor], names: Mapping[int, str], op: keras.Operation = None) -> tuple[Given, ...]:
    """Each tensor as plain values, with the user's name for it."""
    first = getattr(op, "data_format", None) == "channels_first"
    found = []
    for tensor in tensors:
        shape = None if tensor.shape is None else tuple(tensor.shape)[1:]
        axes = axis_names(len(shape), channels_first=first) if shape is not None else ()
        kind = str(getattr(tensor.dtype, "name", tensor.dtype))
        found.append(Given(source_of(tensor), shape, kind, axes, variable=names.get(id(tensor), "")))
    return tuple(found)


def shape_words(shape: Sequence[int | None]) -> str:
    """Return ``"9×9×64"`` for a shape without its batch axis."""
    return "×".join("?" if n is None else str(n) for n in shape) or "one number"


def gives_shape(shape: Sequence[int | None]) -> str:
    """Return ``"gives 9×9×64"`` for a shape with its batch axis."""
    return f"gives {shape_words(shape[1:])}"


def many(n: int, word: str, words: str = "") -> str:
    """``1 axis``, ``2 axes``."""
    return f"{n} {word}" if n == 1 else f"{n} {words or word + 's'}"
