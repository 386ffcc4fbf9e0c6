"""One symbolic run of a layer's own code: which layers it calls, with what, in what order. Shapes only, no data.

The run happens in a TensorFlow scratch graph under `keras.StatelessScope`: nothing is computed, no weight is read or written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from kfx.graph import internals
from kfx.graph.recorder import listening
from kfx.graph.specs import CallSpecs, Spec
from kfx.quiet import import_keras


@dataclass(eq=False)
class Event:
    """One call of one layer during a run, with the calls it made in turn."""

    op: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    outputs: Any = None
    events: list[Event] = field(default_factory=list)


class TraceError(Exception):
    """The layer's own code could not be run symbolically; the message says why."""


def can_trace() -> bool:
    """Tracing reads TensorFlow graphs; other Keras backends have none."""
    return import_keras().backend.backend() == "tensorflow"


def is_transparent(op: Any) -> bool:
    """Whether the calls inside a layer are worth recording: its code is the user's and it holds layers, but no graph."""
    if not getattr(op, "_layers", None) or internals.function_of(op) is not None:
        return False
    return isinstance(op, import_keras().Sequential) or not internals.runs_keras_code(type(op))


def run(op: Any, specs: CallSpecs) -> Event:
    """Call a layer once with placeholders and record the calls it makes.

    Must run inside `kfx.graph.untouched.untouched`: an unbuilt layer is built by the call.

    Raises:
        TraceError: When the layer's code raises.
    """
    import tensorflow as tf

    keras = import_keras()
    with keras.StatelessScope(), keras.SymbolicScope(), tf.__internal__.FuncGraph("kfx_trace").as_default():
        try:
            if any(not getattr(layer, "built", True) for layer in internals.all_layers(op)):
                _call(tf, op, specs)  # builds what is not built yet, so that the recorded run holds calls only
            args, kwargs = _placeholders(tf, specs)
            recorder = _Recorder(tf, keras)
            with listening(recorder.enter):
                op(*args, **kwargs)
        except Exception as error:
            raise TraceError(f"{type(error).__name__}: {_said(error)}") from error
    return recorder.top.events[0]


def _said(error: Exception) -> str:
    """The first line of an error's message that is its own, without Keras's frame and colours."""
    text = re.sub("\x1b\\[[0-9;]*m", "", str(error))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    own = [line for line in lines if not line.startswith("Exception encountered when calling")]
    return (own or lines or [""])[0][:200].rstrip(".")


def _call(tf: Any, op: Any, specs: CallSpecs) -> None:
    args, kwargs = _placeholders(tf, specs)
    op(*args, **kwargs)


def _placeholders(tf: Any, specs: CallSpecs) -> tuple[Any, Any]:
    def make(x: Any) -> Any:
        return tf.compat.v1.placeholder(x.dtype, x.shape) if isinstance(x, Spec) else x

    return import_keras().tree.map_structure(make, (specs.args, specs.kwargs))


class _Recorder:
    """Builds the tree of events; below a layer that is known as one thing, nothing is recorded."""

    def __init__(self, tf: Any, keras: Any):
        self.tf, self.keras = tf, keras
        self.graph = tf.compat.v1.get_default_graph()
        self.top = Event(None, (), {})
        self.stack: list[Event | None] = [self.top]

    def enter(self, original: Any, op: Any, args: Any, kwargs: Any) -> Any:
        parent = self.stack[-1]
        if parent is None or not isinstance(op, self.keras.layers.Layer) or self._elsewhere(args, kwargs):
            return original(op, *args, **kwargs)
        event = Event(op, args, kwargs)
        parent.events.append(event)
        self.stack.append(event if parent is self.top or is_transparent(op) else None)
        try:
            event.outputs = self._distinct(original(op, *args, **kwargs), args, kwargs)
        finally:
            self.stack.pop()
        return event.outputs

    def _elsewhere(self, args: Any, kwargs: Any) -> bool:
        """Whether a call belongs to another graph: Keras building a layer, or the body of a loop."""
        given = self.keras.tree.flatten((args, kwargs))
        return any(isinstance(x, self.keras.KerasTensor) or getattr(x, "graph", self.graph) is not self.graph for x in given)

    def _distinct(self, outputs: Any, args: Any, kwargs: Any) -> Any:
        """Give a tensor that a layer hands through unchanged an identity of its own, so that its edges leave that layer."""
        given = {id(x) for x in self.keras.tree.flatten((args, kwargs)) if self.tf.is_tensor(x)}

        def renew(x: Any) -> Any:
            if id(x) not in given or not isinstance(x, self.tf.Tensor):
                return x
            copy = self.tf.identity(x)
            mask = getattr(x, "_keras_mask", None)
            if mask is not None:
                copy._keras_mask = mask
            return copy

        return self.keras.tree.map_structure(renew, outputs)
