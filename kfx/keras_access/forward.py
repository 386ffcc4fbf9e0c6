"""Check a user's model before a run, and call it as Keras's own ``predict`` does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from kfx.errors import KfxError, UnbuiltModelError
from kfx.keras_access import internals
from kfx.keras_access.arguments import as_arguments
from kfx.keras_access.importing import import_keras
from kfx.keras_access.layers import takes_training
from kfx.keras_access.not_a_model import require_model
from kfx.keras_access.untouched import keras_globals_restored

if TYPE_CHECKING:
    import keras

_SCOPE = re.compile(r"[A-Za-z0-9_.\\/>-]*")


def call(model: Any, inputs: Any, training: bool) -> Any:
    """Call a model as Keras's own ``predict`` does; inputs for several arguments are passed as such."""
    args, kwargs = as_arguments(model, inputs)
    if not getattr(model, "built", True):
        model.built = True  # its layers are built; `stateless`, around every call, puts it back
    if takes_training(model):
        kwargs = {**kwargs, "training": training}
    return model(*args, **kwargs)


def checked(model: Any) -> Any:
    """Return the model; raise if it is not a Keras model or layer, or not built: kfx does not build a user's model.

    A Sequential with an Input alone, which Keras does not run, becomes a model of its own that returns its input.
    """
    keras = import_keras()
    model = require_model(model, "a Keras model or layer")
    if not isinstance(model, keras.layers.Layer):
        raise TypeError(f"`model` is the operation {type(model).__name__!r}; expected a Keras model or layer.")
    only = internals.only_input(model)
    if only is not None:
        model = _identity(model, only)
    if keras.backend.backend() != "tensorflow":
        raise KfxError(
            f"Keras runs on {keras.backend.backend()!r}; taking values out needs TensorFlow (KERAS_BACKEND=tensorflow)."
        )
    if not model.built and not _has_built_parts(model):
        raise UnbuiltModelError(
            f"The model {str(model.name)!r} was never built, so it has no weights yet. "
            "Build it with model.build(shape), call it once on some data, or start it with keras.Input(shape)."
        )
    return model


def _has_built_parts(model: Any) -> bool:
    """Return whether all layers of a model are built that was never called itself, as by a ``train_step`` of its own."""
    keras = import_keras()
    if not isinstance(model, keras.Model) or isinstance(model, keras.Sequential) or internals.function_of(model) is not None:
        return False
    parts = [layer for layer in internals.all_layers(model) if layer is not model]
    own_build = type(model).build not in (keras.Model.build, keras.Layer.build)
    return bool(parts) and not own_build and all(getattr(part, "built", True) for part in parts)


def _identity(model: keras.Sequential, only: keras.layers.InputLayer) -> keras.Model:
    """Return a model that returns its input, with the Input layer's name, shape and dtype."""
    keras = import_keras()
    with keras_globals_restored():
        x = keras.Input(batch_shape=only.batch_shape, dtype=only.dtype, name=only.name)
        return keras.Model(x, x, name=model.name)


def eagerly(model: Any, run_eagerly: bool | None = None) -> bool:
    """Return whether to run eagerly: as given, otherwise if the model says so or TensorFlow cannot compile it.

    TensorFlow graphs accept only names of Latin letters, digits and ``_.-/>``; layers with other names run eagerly.
    """
    if run_eagerly is not None:
        return bool(run_eagerly)
    if getattr(model, "run_eagerly", False):
        return True
    if str(model.name)[:1] in "_-/>\\":  # only an inner name may begin with these
        return True
    return not all(_SCOPE.fullmatch(str(layer.name)) for layer in internals.all_layers(model))
