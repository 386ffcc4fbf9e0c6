"""What tells two models, and two pieces of data, apart: hashes of architecture, weights and inputs."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np

from kfx.keras_access.importing import import_keras


def model_fingerprint(model: keras.Model) -> dict[str, str]:
    """SHA-256 of how the model is made (``architecture``) and of every weight's shape, dtype and value (``weights``)."""
    return {"architecture": _digest(_architecture(model)), "weights": _weights(model)}


def _architecture(model: keras.Model) -> str:
    try:
        config = import_keras().saving.serialize_keras_object(model)
        config = {key: config.get(key) for key in ("module", "class_name", "config", "registered_name")}
        return json.dumps(config, sort_keys=True, default=str)
    except Exception:  # a class without get_config, or one that raises: its name and weights must do
        cls = type(model)
        return f"{cls.__module__}.{cls.__qualname__} {[(w.path, tuple(w.shape), str(w.dtype)) for w in model.weights]}"


def _weights(model: keras.Model) -> str:
    found = hashlib.sha256()
    for weight in model.weights:
        array = np.ascontiguousarray(np.asarray(weight.value))
        found.update(f"{array.shape} {array.dtype};".encode())
        found.update(array.reshape(-1).view(np.uint8))
    return found.hexdigest()


class InputsHash:
    """A running hash of examples as the model receives them; how they are cut into batches makes no difference."""

    def __init__(self) -> None:
        self._leaves: dict[str, Any] = {}

    def add(self, inputs: object, start: int, stop: int) -> None:
        """Examples ``start`` to ``stop`` (not included) of a batch."""
        for path, x in import_keras().tree.flatten_with_path(inputs):
            name = str(path)
            if name not in self._leaves:
                self._leaves[name] = hashlib.sha256(f"{name} {x.dtype};".encode("utf-8", "backslashreplace"))
            self._leaves[name].update(_rows(x, start, stop))

    def hexdigest(self) -> str:
        """The hash of all examples so far."""
        return _digest(" ".join(f"{name} {found.hexdigest()}" for name, found in sorted(self._leaves.items())))


def _rows(x: Any, start: int, stop: int) -> Any:
    import tensorflow as tf

    if isinstance(x, tf.RaggedTensor):
        return repr(x[start:stop].to_list()).encode("utf-8", "backslashreplace")
    array = np.asarray(tf.sparse.to_dense(x) if isinstance(x, tf.SparseTensor) else x)[start:stop]
    if array.dtype == object:
        return repr(array.tolist()).encode("utf-8", "backslashreplace")
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()
