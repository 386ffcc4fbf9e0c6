"""Recognise models that hold layers but have no ``call`` of their own: a GAN, a VAE, a distiller with a ``train_step``."""

from __future__ import annotations

import dis
from collections.abc import Callable, Mapping
from inspect import unwrap
from typing import TYPE_CHECKING, Any

from kfx.keras_access import internals
from kfx.keras_access.importing import import_keras

if TYPE_CHECKING:
    import keras

_NOTHING = {"RESUME", "NOP", "LOAD_CONST", "RETURN_VALUE", "RETURN_CONST", "COPY_FREE_VARS"}
_JUMPS = {*dis.hasjrel, *dis.hasjabs}
_STEPS = ("train_step", "test_step")


def has_no_call(op: object) -> bool:
    """Return whether a model or layer has no ``call``: Keras's placeholder, or one that only raises `NotImplementedError`."""
    return isinstance(op, import_keras().Layer) and internals.function_of(op) is None and _lacks_call(type(op))


@internals.cache_by_class
def _lacks_call(cls: type) -> bool:
    keras = import_keras()
    call = getattr(cls, "call", None)
    placeholders = (keras.Layer.call, keras.Model.call, keras.Operation.call)
    return not issubclass(cls, keras.Sequential) and (call in placeholders or (callable(call) and _does_nothing(call)))


def _does_nothing(function: Callable[..., object]) -> bool:
    """Return whether a function's body is empty, or does nothing but raise `NotImplementedError`."""
    code = getattr(unwrap(function), "__code__", None)
    if code is None:
        return False
    steps = list(dis.get_instructions(code))
    if {step.opname for step in steps} <= _NOTHING and "RETURN_GENERATOR" not in {step.opname for step in steps}:
        return True
    raises = "NotImplementedError" in code.co_names and any(step.opname == "RAISE_VARARGS" for step in steps)
    return raises and not any(step.opcode in _JUMPS for step in steps)


def part_labels(op: Any) -> Mapping[int, str]:
    """Return the address of each part by its identity, for `kfx.values.parts_model.Parts`; empty for any other model."""
    return getattr(op, "part_labels", {})


def only_part(op: Any) -> Any:
    """Return the only part that a `kfx.values.parts_model.Parts` runs; any other model, and one of several parts, unchanged."""
    return op.parts[0] if len(part_labels(op)) == 1 else op


def step_of(model: keras.Model) -> str:
    """Return the step that a class defines itself, ``"train_step"`` before ``"test_step"``; ``""`` for neither."""
    for name in _STEPS:
        own: Any = getattr(type(model), name, None)
        if own is not None and (getattr(own, "__module__", None) or "").split(".")[0] != "keras":
            return name
    return ""
