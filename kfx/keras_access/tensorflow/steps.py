"""Run one step of training without training: optimizers change nothing, and each request for a gradient is reported."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from kfx.keras_access.hooks import surely_undone
from kfx.keras_access.importing import import_keras
from kfx.keras_access.tensorflow.inlined import functions_inlined

if TYPE_CHECKING:
    import tensorflow as tf

Gradient = Callable[[Any, Any, Callable[[], Any]], Any]  # (target, sources, the original) -> the gradients
_lock = threading.RLock()  # the methods of the classes are replaced for one thread at a time


@contextlib.contextmanager
def optimizers_idle(on_gradient: Gradient) -> Iterator[None]:
    """Let the optimizers of this thread change nothing inside the block, and hand over its gradient tapes' requests.

    Functions made with `tf.function` run as plain Python: their calls are seen, and what they compiled before is kept.

    Args:
        on_gradient: Called in place of `tf.GradientTape.gradient` with the target, the sources and the original; it returns
            the gradients.
    """
    import tensorflow as tf

    here, original = threading.get_ident(), tf.GradientTape.gradient

    def gradient(tape: tf.GradientTape, target: Any, sources: Any, *args: Any, **kwargs: Any) -> Any:
        if threading.get_ident() != here:
            return original(tape, target, sources, *args, **kwargs)
        return on_gradient(target, sources, lambda: original(tape, target, sources, *args, **kwargs))

    with _lock, contextlib.ExitStack() as stack:
        for cls in _optimizer_classes():
            stack.enter_context(_replaced(cls, "apply", _idle(vars(cls)["apply"], here)))
        stack.enter_context(_replaced(tf.GradientTape, "gradient", gradient))
        stack.enter_context(functions_inlined())
        yield


def _optimizer_classes() -> list[type]:
    """Return the classes of optimizers that have an ``apply`` of their own."""
    found: dict[type, None] = {}
    todo: list[type] = [cls for cls in import_keras().optimizers.Optimizer.__mro__ if cls is not object]
    while todo:
        cls = todo.pop()
        if cls not in found:
            found[cls] = None
            todo += cls.__subclasses__() if hasattr(cls, "apply") else []
    return [cls for cls in found if "apply" in vars(cls)]


def _idle(original: Callable[..., Any], here: int) -> Callable[..., Any]:
    def apply(*args: Any, **kwargs: Any) -> Any:
        return None if threading.get_ident() == here else original(*args, **kwargs)

    return apply


@contextlib.contextmanager
def _replaced(cls: type, name: str, function: Callable[..., Any]) -> Iterator[None]:
    before = vars(cls)[name]
    with surely_undone(partial(setattr, cls, name, before)):
        setattr(cls, name, function)
        yield
