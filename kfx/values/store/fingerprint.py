"""Hash a model's architecture, its weights, and inputs, to recognise the same ones again."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from kfx.keras_access.importing import import_keras

if TYPE_CHECKING:
    import keras
    import tensorflow as tf


def model_fingerprint(model: keras.Model) -> dict[str, str]:
    """Return the SHA-256 of the model's configuration (``architecture``) and of its weights' shapes, dtypes and values."""
    weights = hashlib.sha256()
    for weight in model.weights:
        array = np.ascontiguousarray(np.asarray(weight.value))
        weights.update(f"{array.shape} {array.dtype};".encode())
        weights.update(array.reshape(-1).view(np.uint8).data)
    return {"architecture": _digest(_architecture(model)), "weights": weights.hexdigest()}


def _architecture(model: keras.Model) -> str:
    try:
        config = import_keras().saving.serialize_keras_object(model)
        config = {key: config.get(key) for key in ("module", "class_name", "config", "registered_name")}
        return json.dumps(config, sort_keys=True, default=str)
    except Exception:  # no get_config, or one that raises: name and weights identify the class
        cls = type(model)
        return f"{cls.__module__}.{cls.__qualname__} {[(w.path, tuple(w.shape), str(w.dtype)) for w in model.weights]}"


class InputsHash:
    """A running hash of examples as the model receives them; how they are cut into batches makes no difference."""

    def __init__(self) -> None:
        self._leaves: dict[str, Any] = {}

    def add(self, inputs: object, start: int, stop: int) -> None:
        """Add examples ``start`` to ``stop`` (not included) of a batch."""
        for path, x in import_keras().tree.flatten_with_path(inputs):
            name = str(path)
            if name not in self._leaves:
                self._leaves[name] = hashlib.sha256(f"{name} {x.dtype};".encode("utf-8", "backslashreplace"))
            self._leaves[name].update(_row_bytes(x, start, stop))

    def hexdigest(self) -> str:
        """Return the hash of all examples so far."""
        return _digest(" ".join(f"{name} {found.hexdigest()}" for name, found in sorted(self._leaves.items())))


def _row_bytes(x: tf.Tensor, start: int, stop: int) -> bytes | memoryview:
    import tensorflow as tf

    if isinstance(x, tf.RaggedTensor):
        return repr(x[start:stop].to_list()).encode("utf-8", "backslashreplace")
    array = np.asarray(tf.sparse.to_dense(x) if isinstance(x, tf.SparseTensor) else x)[start:stop]
    if array.dtype == object:
        return repr(array.tolist()).encode("utf-8", "backslashreplace")
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).data


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()
