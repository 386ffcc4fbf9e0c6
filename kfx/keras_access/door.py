"""Several listeners at Keras's one door: a patch that changes values, and around it a recorder that sees them."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from functools import partial
from typing import Any, Protocol

from kfx.keras_access import listen as door


class Listener(Protocol):
    """Stands at the door of every layer and operation; calls ``proceed()`` once and returns the outputs."""

    def passing(self, op: Any, args: tuple[Any, ...], kwargs: dict[str, Any], proceed: Callable[[], Any]) -> Any: ...


# Innermost first, each with the thread it listens in: a thread may be started with a copy of another one's context.
_listeners: ContextVar[tuple[tuple[int, Listener], ...]] = ContextVar("kfx_values_listeners", default=())


def _dispatch(original: Callable[..., Any], op: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    proceed: Callable[[], Any] = partial(original, op, *args, **kwargs)
    for listener in who_listens():
        proceed = _Around(listener, op, args, kwargs, proceed)
    return proceed()


class _Around:
    """A listener with all that stands inside it, waiting."""

    __slots__ = ("args", "kwargs", "listener", "op", "proceed")

    def __init__(self, listener: Listener, op: Any, args: tuple[Any, ...], kwargs: dict[str, Any], proceed: Callable[[], Any]):
        self.listener, self.op, self.args, self.kwargs, self.proceed = listener, op, args, kwargs, proceed

    def __call__(self) -> Any:
        return self.listener.passing(self.op, self.args, self.kwargs, self.proceed)


@contextlib.contextmanager
def listening(listener: Listener, *, outside: bool = True) -> Iterator[None]:
    """Let ``listener`` see every call that this thread makes inside the block; nothing stays changed after it.

    Args:
        listener: Who listens.
        outside: True stands around those who listen already and so sees their changes; False stands within them.
    """
    now = _listeners.get()
    mine = (threading.get_ident(), listener)
    token = _listeners.set((*now, mine) if outside else (mine, *now))
    try:
        with door.listening(_dispatch):
            yield
    finally:
        _listeners.reset(token)


def who_listens() -> tuple[Listener, ...]:
    """Those who listen in this thread now, the innermost first."""
    here = threading.get_ident()
    return tuple(listener for thread, listener in _listeners.get() if thread == here)
