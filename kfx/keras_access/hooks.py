"""Run hooks around each call of a layer or operation, in `keras.Operation.__call__`.

The method is replaced while a hook is active and restored when the last block ends, also after an exception. Hooks are kept in
a context variable: they do not run around calls of other threads and tasks.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, Protocol

from kfx.keras_access.importing import import_keras

if TYPE_CHECKING:
    import keras


class Hook(Protocol):
    """Runs around each call of a layer or operation."""

    def on_call(self, op: keras.Operation, args: tuple[Any, ...], kwargs: dict[str, Any], proceed: Callable[[], Any]) -> object:
        """Return the outputs of a call: those of ``proceed()``, or a replacement."""


# Innermost first, each with its thread: a thread may be started with a copy of another one's context.
_hooks: ContextVar[tuple[tuple[int, Hook], ...]] = ContextVar("kfx_hooks", default=())


class _ReplacedCall:
    """The original `Operation.__call__` while it is replaced, and the blocks that need it replaced."""

    def __init__(self) -> None:
        self.lock = threading.RLock()  # an interrupt's handler may run hooks itself
        self.blocks: set[object] = set()
        self.original: Callable[..., object] | None = None

    def replace(self, block: object) -> None:
        operation = import_keras().Operation
        with self.lock:
            self.blocks.add(block)
            if self.original is None:
                original = self.original = operation.__call__

                def call(op: keras.Operation, *args: Any, **kwargs: Any) -> object:
                    hooks = active_hooks()
                    if not hooks:
                        return original(op, *args, **kwargs)
                    proceed = partial(original, op, *args, **kwargs)
                    for hook in hooks:
                        proceed = partial(hook.on_call, op, args, kwargs, proceed)
                    return proceed()

                operation.__call__ = call

    def put_back(self, block: object) -> None:
        """Restore the method when no block needs it replaced; may be called again for the same block."""
        with self.lock:
            self.blocks.discard(block)
            if not self.blocks and self.original is not None:
                import_keras().Operation.__call__ = self.original
                self.original = None


_call = _ReplacedCall()


@contextlib.contextmanager
def listening(hook: Hook, *, place: Literal["outermost", "innermost", "alone"] = "outermost") -> Iterator[None]:
    """Run a hook around each call that this thread makes inside the block.

    Nothing remains of it wherever an interrupt falls, also between two lines of this function.

    Args:
        hook: The hook.
        place: ``"outermost"`` runs it around the hooks that are active already, so that it sees their changes;
            ``"innermost"`` runs it inside them; ``"alone"`` runs none of them inside the block.
    """
    mine, before, block = ((threading.get_ident(), hook),), _hooks.get(), object()
    with surely_undone(partial(_put_back, block, before)):
        _hooks.set({"outermost": before + mine, "innermost": mine + before, "alone": mine}[place])
        _call.replace(block)
        yield


@contextlib.contextmanager
def surely_undone(undo: Callable[[], object]) -> Iterator[None]:
    """Call a function at the end of the block, again if an interrupt falls into it; what it undoes is done inside the block."""
    try:
        try:
            yield
        finally:
            undo()
    finally:
        undo()


def _put_back(block: object, before: tuple[tuple[int, Hook], ...]) -> None:
    try:
        _call.put_back(block)
    finally:
        _hooks.set(before)


def active_hooks() -> tuple[Hook, ...]:
    """Return the hooks that are active in this thread, the innermost first."""
    here = threading.get_ident()
    return tuple(hook for thread, hook in _hooks.get() if thread == here)
