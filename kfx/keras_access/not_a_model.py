"""Take the Keras model out of a scikit-learn wrapper, and raise errors with advice for arguments that are not Keras models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kfx.keras_access.importing import import_keras

_READ = "a Keras model or layer, a KerasTensor, or a list or dict of KerasTensors"
_WRAPPERS = ("keras.src.wrappers", "keras.wrappers", "scikeras.")
_LAYER = "save it with tf.saved_model.save and give keras.layers.TFSMLayer(folder, call_endpoint='serving_default')"


def require_model(given: Any, expected: str = _READ) -> Any:
    """Return a Keras model, layer or operation, also out of a scikit-learn wrapper; raise a TypeError with advice for others.

    Args:
        given: What a user gave.
        expected: What the message says was expected.
    """
    operation = import_keras().Operation
    if isinstance(given, operation):
        return given
    inner = model_in(given)
    if isinstance(inner, operation):
        return inner
    raise TypeError(_advice(given, operation, expected))


def model_in(given: Any) -> Any:
    """Return the model in one of Keras's wrappers for scikit-learn: the fitted one, else the one to fit; others as they are."""
    if not _is_wrapper(given):
        return given
    operation = import_keras().Operation
    held = (vars(given).get(name) for name in ("model_", "model"))
    return next((model for model in held if isinstance(model, operation)), given)


def _is_wrapper(given: Any) -> bool:
    return not isinstance(given, type) and any(cls.__module__.startswith(_WRAPPERS) for cls in type(given).__mro__)


def _advice(given: Any, operation: type, expected: str) -> str:
    if isinstance(given, type):
        what = f"the class {given.__name__!r}"
        if issubclass(given, operation):
            return f"`model` is {what}, not a layer made from it. Make one first: {given.__name__}(...)."
        return f"`model` is {what}; a Keras model was expected."
    if isinstance(given, str | Path):
        return _about_text(given)
    if given is None:
        return "`model` is None; a Keras model was expected. Did a function that makes the model forget to return it?"
    found = _of_another_kind(given)
    return f"`model` is {type(given).__name__!r}; expected {expected}." if found is None else f"`model` is {found}"


def _about_text(given: str | Path) -> str:
    if Path(given).suffix.lower() in (".keras", ".h5", ".hdf5"):
        return f"`model` is a file name; load it first with keras.saving.load_model({str(given)!r}), or run kfx show on it."
    if _exists(given):
        return f"`model` is the path {str(given)[:200]!r}; give the model itself. kfx.summary of the path says what it holds."
    return f"`model` is the text {str(given)[:60]!r}; a Keras model was expected."


def _exists(given: str | Path) -> bool:
    try:
        return Path(given).expanduser().exists()
    except (OSError, ValueError):
        return False


def _of_another_kind(given: Any) -> str | None:
    """Return what an object of another library is and what to do, or None."""
    name, modules = type(given).__name__, [cls.__module__ for cls in type(given).__mro__]
    roots = {module.partition(".")[0] for module in modules}
    if _is_wrapper(given):
        made = "a function that makes the model from the data"
        return f"a {name} of {made}. Fit it first, or give the model that the function returns."
    if "torch" in roots:
        return f"the PyTorch module {name!r}; kfx reads Keras models. Wrap it in keras.layers.TorchModuleWrapper."
    if "tf_keras" in roots:
        return f"the Keras 2 model {name!r} of tf_keras; kfx reads Keras 3 models. Make it with keras, not tf_keras."
    if "sklearn" in roots:
        return f"{name!r} of scikit-learn; give the Keras model inside: pipeline[-1].model_ or search.best_estimator_.model_."
    if "onnx" in roots or "onnxruntime" in roots:
        return f"{name!r} of ONNX: operations, no layers. Give the Keras model that it was exported from."
    if name == "_UserObject" or any("saved_model.load" in module for module in modules):
        return (
            "what tf.saved_model.load returns: functions, no layers. Load it as one layer, keras.layers.TFSMLayer(folder, "
            "call_endpoint='serving_default'), or give the model's .keras file."
        )
    if any(module.startswith(("tensorflow.lite", "ai_edge_litert")) for module in modules):
        return f"{name!r} of LiteRT: operations, no layers. Give the Keras model that it was converted from."
    if "tensorflow" in roots:
        kind = "tf.Module" if any("tensorflow.python.module" in module for module in modules) else "TensorFlow object"
        return f"the {kind} {name!r}, whose layers kfx does not know. Make it a keras.Layer or keras.Model, or {_LAYER}."
    return None
