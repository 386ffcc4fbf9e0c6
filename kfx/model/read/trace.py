"""Run a layer's own code once and record the layers that it calls, their arguments and their order.

`run` needs shapes only: it happens in a TensorFlow scratch graph under `keras.StatelessScope`, where nothing is computed and no
weight is read or written. `run_real` is for code that asks for values: it calls the layer with data, and what the call writes
to weights, statistics and states goes to the scope and is dropped with it.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from kfx.errors import TraceError
from kfx.keras_access import internals
from kfx.keras_access.hooks import listening
from kfx.keras_access.importing import import_keras
from kfx.keras_access.layers import copy_mask, training_in_call
from kfx.keras_access.tensorflow.origins import NotedOrigins
from kfx.keras_access.untouched import values_restored
from kfx.model.read.inputs import CallSpecs, Spec, given_data

_LONGEST = 200  # characters of an error's message
_VALUES = "Its code asks for values: this is what it does with the data given; with others it may do something else."


@dataclass(eq=False)
class Event:
    """One call of one layer during a run, with the calls it made in turn."""

    op: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    outputs: Any = None
    training: object = None  # as Keras resolved it: given, else of the layer around, else the default
    events: list[Event] = field(default_factory=list)


def can_trace() -> bool:
    """Return whether the backend is TensorFlow: tracing reads its graphs."""
    return import_keras().backend.backend() == "tensorflow"


def is_transparent(op: Any) -> bool:
    """Return whether to record the calls inside a layer: its code is the user's, and it holds layers but no graph."""
    if not internals.tracked_layers(op) or internals.function_of(op) is not None:
        return False
    return isinstance(op, import_keras().Sequential) or not internals.runs_keras_code(type(op))


def run(op: Any, specs: CallSpecs) -> Event:
    """Call a layer once with placeholders and record the calls it makes.

    Must run inside `kfx.keras_access.untouched.untouched`: the call builds an unbuilt layer.

    Raises:
        TraceError: When the layer's code raises.
    """
    import tensorflow as tf

    keras = import_keras()

    def placeholder(x: Any) -> Any:
        return tf.compat.v1.placeholder(x.dtype, x.shape) if isinstance(x, Spec) else x

    with keras.StatelessScope(), keras.SymbolicScope(), tf.__internal__.FuncGraph("kfx_trace").as_default():
        return _record(op, lambda: keras.tree.map_structure(placeholder, (specs.args, specs.kwargs)), contextlib.nullcontext())


def run_real(op: Any, data: CallSpecs) -> tuple[Event, NotedOrigins]:
    """Call a layer once with data and record the calls it makes and the operations between them.

    Must run inside `kfx.keras_access.untouched.untouched`, as `run`; then nothing of it remains except what a user's own code
    writes elsewhere than into layers and variables.

    Raises:
        TraceError: When the layer's code raises.
    """
    keras = import_keras()
    origins = NotedOrigins()
    arguments = data.args, data.kwargs
    with values_restored(op), keras.StatelessScope():
        event = _record(op, lambda: arguments, origins.noting(keras.tree.flatten(arguments)))
    return event, origins


def _record(op: Any, arguments: Callable[[], tuple[Any, Any]], noting: contextlib.AbstractContextManager[None]) -> Event:
    try:
        if any(not getattr(layer, "built", True) for layer in internals.all_layers(op)):
            args, kwargs = arguments()
            op(*args, **kwargs)  # builds the layers, so that the recorded run holds calls only
        args, kwargs = arguments()
        recorder = _Recorder()
        with noting, listening(recorder, place="alone"):
            op(*args, **kwargs)
    except Exception as error:
        raise TraceError(f"{type(error).__name__}: {first_sentence(error)}") from error
    return recorder.top.events[0]


def run_somehow(op: Any, specs: CallSpecs, given: Any = None) -> tuple[Event, NotedOrigins | None, str]:
    """Run a layer on as little as possible: any number of examples, else the number given, else the data given.

    Args:
        op: The layer.
        specs: Shapes and dtypes.
        given: What a user gave as inputs, or None.

    Returns:
        The recorded call, the operations of a real run, and a sentence on how the layer was run where that matters.

    Raises:
        TraceError: When the layer's code raises in every run; with the reason of the first.
    """
    try:
        return run(op, specs), None, ""
    except TraceError as error:
        first = error
    batches = specs.batches()
    if batches:
        with contextlib.suppress(TraceError):
            numbers = " and ".join(map(str, batches))
            note = f"Its code asks how many examples there are: this is what it does with {numbers}."
            return run(op, specs.with_batch()), None, note
    data = None if given is None else given_data(op, given)
    if data is not None:
        with contextlib.suppress(TraceError):
            return *run_real(op, data), _VALUES
    raise first


def first_sentence(error: Exception) -> str:
    """Return the first sentence of an error's own message, without Keras's frame and colours."""
    own_text = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    text = re.sub("\x1b\\[[0-9;]*m", "", own_text)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    own = [line for line in lines if not line.startswith("Exception encountered when calling")]
    sentence = (own or lines or [""])[0].split(". ")[0].rstrip(".")
    return sentence if len(sentence) <= _LONGEST else sentence[:_LONGEST].rpartition(" ")[0] + " …"


class _Recorder:
    """Builds the tree of events; records nothing inside a layer that is shown as one thing."""

    def __init__(self) -> None:
        import tensorflow as tf

        self.tf, self.keras = tf, import_keras()
        self.graph = tf.compat.v1.get_default_graph()
        self.top = Event(None, (), {})
        self.stack: list[Event | None] = [self.top]

    def on_call(self, op: Any, args: Any, kwargs: Any, proceed: Callable[[], Any]) -> Any:
        parent = self.stack[-1]
        if parent is None or not isinstance(op, self.keras.layers.Layer) or self._elsewhere(args, kwargs):
            return proceed()
        training = training_in_call()
        if parent is not self.top and training is parent.training:  # handed on from the layer around, not told here
            kwargs = {name: value for name, value in kwargs.items() if name != "training"}
        event = Event(op, args, kwargs, training=training)
        parent.events.append(event)
        self.stack.append(event if parent is self.top or is_transparent(op) else None)
        try:
            event.outputs = self._distinct(proceed(), args, kwargs)
        finally:
            self.stack.pop()
        return event.outputs

    def _elsewhere(self, args: Any, kwargs: Any) -> bool:
        """Return whether a call belongs to another graph: Keras building a layer, or the body of a loop."""
        given = self.keras.tree.flatten((args, kwargs))
        return any(isinstance(x, self.keras.KerasTensor) or getattr(x, "graph", self.graph) is not self.graph for x in given)

    def _distinct(self, outputs: Any, args: Any, kwargs: Any) -> Any:
        """Copy tensors that a layer returns unchanged, so that their edges start at that layer."""
        given = {id(x) for x in self.keras.tree.flatten((args, kwargs)) if self.tf.is_tensor(x)}

        def renew(x: Any) -> Any:
            if id(x) not in given or not isinstance(x, self.tf.Tensor):
                return x
            copy = self.tf.identity(x)
            copy_mask(x, copy)
            return copy

        return self.keras.tree.map_structure(renew, outputs)
