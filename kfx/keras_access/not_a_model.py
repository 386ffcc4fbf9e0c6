"""Raise errors with advice for arguments that are not Keras models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kfx.keras_access.importing import import_keras

_READ = "a Keras model or layer, a KerasTensor, or a list or dict of KerasTensors"


def require_model(given: Any, expected: str = _READ) -> None:
    """Raise a TypeError with advice unless ``given`` is a Keras model, layer or operation; `expected` is for the message."""
    operation = import_keras().Operation
    if isinstance(given, operation):
        return
    raise TypeError(_advice(given, operation, expected))


def _advice(given: Any, operation: type, expected: str) -> str:
    if isinstance(given, type):
        what = f"the class {given.__name__!r}"
        if issubclass(given, operation):
            return f"`model` is {what}, not a layer made from it. Make one first: {given.__name__}(...)."
        return f"`model` is {what}; a Keras model was expected."
    if isinstance(given, str | Path):
        if Path(given).suffix.lower() in (".keras", ".h5", ".hdf5"):
            return f"`model` is a file name; load it first with keras.saving.load_model({str(given)!r}), or run kfx show on it."
        return f"`model` is the text {str(given)[:60]!r}; a Keras model was expected."
    if given is None:
        return "`model` is None; a Keras model was expected. Did a function that makes the model forget to return it?"
    roots = {cls.__module__.split(".")[0] for cls in type(given).__mro__}
    name = type(given).__name__
    if "torch" in roots:
        return f"`model` is the PyTorch module {name!r}; kfx reads Keras models. Wrap it in keras.layers.TorchModuleWrapper."
    if "tf_keras" in roots:
        return f"`model` is the Keras 2 model {name!r} of tf_keras; kfx reads Keras 3 models. Make it with keras, not tf_keras."
    return f"`model` is {name!r}; expected {expected}."
