"""Run a user's model and leave it as it was: no variable updated, no loss collected, no flag changed."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any

from kfx.errors import KfxError, UnbuiltModelError
from kfx.keras_access import internals
from kfx.keras_access.importing import import_keras
from kfx.keras_access.not_a_model import refuse

_SCOPE = re.compile(r"[A-Za-z0-9_.\\/>-]*")
_FLAGS = ("_called", "built", "_parent_path")  # what a first call sets on a layer


@contextlib.contextmanager
def untouched(model: Any) -> Iterator[None]:
    """Updates of Keras variables (moving averages, seeds, states) made inside the block are thrown away after it."""
    layers = [layer for layer in internals.all_layers(model) if hasattr(layer, "_losses")]
    flags = [{name: layer.__dict__[name] for name in _FLAGS if name in layer.__dict__} for layer in layers]
    losses = [(list(layer._losses), set(layer._loss_ids)) for layer in layers]
    try:
        with import_keras().StatelessScope():
            yield
    finally:
        for layer, before, (found, ids) in zip(layers, flags, losses, strict=True):
            for name, value in before.items():
                if layer.__dict__.get(name) is not value:
                    object.__setattr__(layer, name, value)
            layer._losses[:] = found
            layer._loss_ids.clear()
            layer._loss_ids.update(ids)


def call(model: Any, inputs: Any, training: bool) -> Any:
    """One call as Keras's own ``predict`` makes it."""
    if getattr(model, "_call_has_training_arg", True):
        return model(inputs, training=training)
    return model(inputs)


def checked(model: Any) -> Any:
    """The model, unless it is none or was never built: kfx does not build a user's model behind the user's back."""
    keras = import_keras()
    if not isinstance(model, keras.layers.Layer):
        refuse(model, "a Keras model or layer")
        raise TypeError(f"`model` is the operation {type(model).__name__!r}; expected a Keras model or layer.")
    if keras.backend.backend() != "tensorflow":
        raise KfxError(
            f"Keras runs on {keras.backend.backend()!r}; taking values out needs TensorFlow (KERAS_BACKEND=tensorflow)."
        )
    if not model.built:
        raise UnbuiltModelError(
            f"the model {str(model.name)!r} was never built, so it has no weights yet. "
            "Build it with model.build(shape), call it once on some data, or start it with keras.Input(shape)."
        )
    return model


def eagerly(model: Any, run_eagerly: bool | None = None) -> bool:
    """Whether to run without compiling: as asked for, else as the model says, else where TensorFlow cannot compile it.

    A graph of TensorFlow's takes only names of Latin letters, digits and ``_.-/>``; the very same layers run eagerly.
    """
    if run_eagerly is not None:
        return bool(run_eagerly)
    if getattr(model, "run_eagerly", False):
        return True
    if str(model.name)[:1] in "_-/>\\":  # which only an inner name may begin with
        return True
    return not all(_SCOPE.fullmatch(str(layer.name)) for layer in internals.all_layers(model))
