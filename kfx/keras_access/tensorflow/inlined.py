"""Let functions made with `tf.function` run as part of the code that calls them, so that a run records what they do."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

from kfx.keras_access.hooks import surely_undone

_lock = threading.RLock()  # the method of the class is replaced for one thread at a time


@contextlib.contextmanager
def functions_inlined() -> Iterator[None]:
    """Run the Python code of each `tf.function` that this thread calls inside the block, in the graph that is being made.

    Loops and branches over tensors become those of TensorFlow, as in the function. Nothing is compiled, and what was compiled
    before is kept.
    """
    import tensorflow as tf
    from tensorflow.python.eager.polymorphic_function.autograph_util import py_func_from_autograph

    cls, here = type(tf.function(abs)), threading.get_ident()

    def call(function: Any, *args: Any, **kwargs: Any) -> Any:
        if threading.get_ident() != here:
            return original(function, *args, **kwargs)
        code = function.python_function
        return (py_func_from_autograph(code) if getattr(function, "_autograph", True) else code)(*args, **kwargs)

    with _lock:
        original = cls.__call__
        with surely_undone(partial(setattr, cls, "__call__", original)):
            cls.__call__ = call
            yield
