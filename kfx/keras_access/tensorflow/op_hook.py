"""Run a hook at each TensorFlow operation that this thread makes, in a graph or with data."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

# (type such as "Softmax", inputs, outputs) -> other outputs, or None; TensorFlow ignores those of a run with data
OperationHook = Callable[[str, Sequence[Any], Sequence[Any]], Sequence[Any] | None]


@contextlib.contextmanager
def at_each_operation(hook: OperationHook) -> Iterator[None]:
    """Call a hook with each operation in the block; operations that the hook makes itself are not reported to it."""
    from tensorflow.python.framework import op_callbacks  # no public name; covered by tests/values/attention

    busy = False

    def call(kind: Any, inputs: Any, attributes: Any, outputs: Any, op_name: Any = None, graph: Any = None) -> Any:
        nonlocal busy
        if busy or not len(outputs):
            return None
        busy = True
        try:
            return hook(kind.decode() if isinstance(kind, bytes) else str(kind), inputs, outputs)
        finally:
            busy = False

    op_callbacks.add_op_callback(call)
    try:
        yield
    finally:
        op_callbacks.remove_op_callback(call)
