"""Listen at the one door every layer and operation goes through, `keras.Operation.__call__`, while a block runs.

The door is replaced only while somebody listens, and put back when the last one leaves, also after an exception. Who listens is
a context variable: other threads and tasks that call layers meanwhile pass through as if nothing were there.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

from kfx.keras_access.importing import import_keras

Listener = Callable[[Callable[..., Any], Any, tuple[Any, ...], dict[str, Any]], Any]

_listening: ContextVar[Listener | None] = ContextVar("kfx_listener", default=None)


class _Door:
    """The original `Operation.__call__` while it is replaced, and how many listen."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.listeners = 0
        self.original: Callable[..., Any] | None = None

    def open(self) -> None:
        operation = import_keras().Operation
        with self.lock:
            if self.listeners == 0:
                original = self.original = operation.__call__

                def call(op: Any, *args: Any, **kwargs: Any) -> Any:
                    listener = _listening.get()
                    return original(op, *args, **kwargs) if listener is None else listener(original, op, args, kwargs)

                operation.__call__ = call
            self.listeners += 1

    def close(self) -> None:
        with self.lock:
            self.listeners -= 1
            if self.listeners == 0:
                import_keras().Operation.__call__ = self.original
                self.original = None


_door = _Door()


@contextlib.contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Inside, each call of a layer or operation goes to ``listener(original, op, args, kwargs)``, which returns its outputs.

    Args:
        listener: Calls ``original(op, *args, **kwargs)`` and returns what that returns, or something in its place.
    """
    _door.open()
    token = _listening.set(listener)
    try:
        yield
    finally:
        _listening.reset(token)
        _door.close()
