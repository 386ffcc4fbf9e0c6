"""Make operations that TensorFlow's debuggers do not watch."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def unwatched() -> Iterator[None]:
    """Hide the operations made inside the block from callbacks such as those of `tf.debugging.enable_check_numerics`.

    They would end a training because of a NaN that only a statistic has.
    """
    from tensorflow.python.eager import context

    callbacks: list[Any] = getattr(context.context(), "op_callbacks", [])  # of this thread
    before = list(callbacks)
    callbacks.clear()
    try:
        yield
    finally:
        callbacks[:] = before
