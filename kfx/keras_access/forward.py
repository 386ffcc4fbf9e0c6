"""Check a user's model before it runs, and call it as Keras's own ``predict`` does."""

from __future__ import annotations

import re
from typing import Any

from kfx.errors import KfxError, UnbuiltModelError
from kfx.keras_access import internals
from kfx.keras_access.importing import import_keras
from kfx.keras_access.layers import takes_training
from kfx.keras_access.not_a_model import require_model

_SCOPE = re.compile(r"[A-Za-z0-9_.\\/>-]*")


def call(model: Any, inputs: Any, training: bool) -> Any:
    """One call as Keras's own ``predict`` makes it."""
    if takes_training(model):
        return model(inputs, training=training)
    return model(inputs)


def checked(model: Any) -> Any:
    """The model, unless it is none or was never built: kfx does not build a user's model behind the user's back."""
    keras = import_keras()
    if not isinstance(model, keras.layers.Layer):
        require_model(model, "a Keras model or layer")
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
