"""Bound the variables that Keras may create while it loads a file from strangers, which may declare any size."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from kfx.keras_access.importing import import_keras

_LOCK = threading.RLock()


@dataclass
class Bound:
    """What was refused: the shape of the variable, or ``""``; Keras may hide the error itself behind one of its own."""

    refused: str = ""


@contextmanager
def bounded_variables(most: int) -> Iterator[Bound]:
    """Refuse variables of this thread beyond so many bytes in all, before their memory is taken.

    ``keras.Variable`` is wrapped inside the block only; other threads go on as always.

    Raises:
        MemoryError: From inside the block, by the layer that asks for too much.
    """
    cls: Any = import_keras().Variable
    thread, left, bound = threading.get_ident(), [most], Bound()
    with _LOCK:
        make, is_own = cls.__init__, "__init__" in vars(cls)

        def bounded(self: Any, initializer: Any, shape: Any = None, dtype: Any = None, *args: Any, **more: Any) -> None:
            if threading.get_ident() == thread and shape is not None:
                left[0] -= _bytes(shape)
                if left[0] < 0:
                    bound.refused = str(tuple(shape))[:80]
                    raise MemoryError(f"A variable of shape {bound.refused} is larger than `most` allows.")
            make(self, initializer, shape, dtype, *args, **more)

        cls.__init__ = bounded
        try:
            yield bound
        finally:
            if is_own:
                cls.__init__ = make
            else:
                del cls.__init__


def _bytes(shape: Any) -> int:
    """Return about how many bytes a variable takes; sizes that are not numbers are left to Keras's own errors."""
    sizes = [shape] if isinstance(shape, int) else list(shape)
    return 4 * math.prod(abs(int(n)) for n in sizes) if all(isinstance(n, int | float) for n in sizes) else 0
