"""Compile a function with TensorFlow once for each rank and dtype of its inputs; sizes may vary without a new trace."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from kfx.keras_access.importing import import_keras


class Compiled:
    """A function compiled as one `tf.function` for each kind of input, at its first call.

    A single `tf.function` would relax varying shapes to an unknown rank, which Keras cannot run.
    """

    def __init__(self, run: Callable[..., Any]) -> None:
        self._run = run
        self._lock = threading.Lock()
        self._functions: dict[Any, Callable[..., Any]] = {}

    def __call__(self, *inputs: Any) -> Any:
        leaves = import_keras().tree.flatten(inputs)
        kind = tuple((type(x), getattr(getattr(x, "shape", None), "rank", None), getattr(x, "dtype", None)) for x in leaves)
        with self._lock:
            if kind not in self._functions:
                self._functions[kind] = self._made()
            function = self._functions[kind]
        return function(*inputs)

    def _made(self) -> Callable[..., Any]:
        import tensorflow as tf

        # TensorFlow counts the traces of functions by their code and warns of many; each partial counts by itself.
        return tf.function(partial(self._run), reduce_retracing=True, autograph=False)
