"""Run a layer's own code once and record the layers that it calls, their arguments, and the operations between them.

`run` needs shapes only: it happens in a TensorFlow scratch graph under `keras.StatelessScope`, where nothing is computed and no
weight is read or written. Keras's own layers are not even run there: their outputs are placeholders of the shapes that Keras
computes for them. `run_real` is for code that asks for values: it calls the layer with data, and what the call writes to
weights, statistics and states goes to the scope and is dropped with it.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from typing import Any

from kfx.errors import TraceError
from kfx.keras_access import internals
from kfx.keras_access.hooks import listening
from kfx.keras_access.importing import import_keras
from kfx.keras_access.layers import training_in_call
from kfx.keras_access.tensorflow.inlined import functions_inlined
from kfx.keras_access.tensorflow.origins import Operations
from kfx.keras_access.tensorflow.tensors import distinct, scratch_graph
from kfx.keras_access.untouched import values_restored
from kfx.model.read.inputs import CallSpecs, Spec, given_data
from kfx.model.read.inside.equals import Equals
from kfx.model.read.inside.event import Event, Run
from kfx.model.read.inside.stubs import Stubs

_LONGEST = 200  # characters of an error's message
_VALUES = "Its code asks for values: this is what it does with the data given; with others it may do something else."


def can_trace() -> bool:
    """Return whether the backend is TensorFlow: tracing reads its graphs."""
    return import_keras().backend.backend() == "tensorflow"


def is_transparent(op: Any) -> bool:
    """Return whether to record the calls inside a layer: its code is the user's, and it holds layers but no graph."""
    if not internals.tracked_layers(op) or internals.function_of(op) is not None:
        return False
    return isinstance(op, import_keras().Sequential) or not internals.runs_keras_code(type(op))


def run(op: Any, specs: CallSpecs, equal: Equals | None = None) -> Run:
    """Call a layer once with placeholders and record the calls and operations that it makes.

    Must run inside `kfx.keras_access.untouched.untouched`: the call builds an unbuilt layer.

    Args:
        op: The layer.
        specs: Shapes and dtypes.
        equal: The calls of earlier runs, one of which stands for an equal call; None runs every call.

    Raises:
        TraceError: When the layer's code raises.
    """
    import tensorflow as tf

    keras = import_keras()
    graph = scratch_graph("kfx_trace")
    made = Run(Event(op, (), {}), Operations(in_graph=graph), graph)
    if equal is not None:
        equal.runs.append(made)

    def placeholder(x: Any) -> Any:
        return tf.compat.v1.placeholder(x.dtype, x.shape) if isinstance(x, Spec) else x

    def arguments() -> tuple[Any, Any]:
        return keras.tree.map_structure(placeholder, (specs.args, specs.kwargs))

    with keras.SymbolicScope(), graph.as_default():
        unbuilt = [layer for layer in internals.all_layers(op) if not getattr(layer, "built", True)]
        before = len(equal) if equal is not None else 0
        with keras.StatelessScope():
            made.event = _record(op, *arguments(), made, Stubs(graph), equal)
        if any(layer.built and layer.weights for layer in unbuilt):  # once more, without the operations that build them
            if equal is not None:
                equal.forget(before)
            again = Run(Event(op, (), {}), Operations(in_graph=graph), graph, {id(x): (x, w) for w, x in _stand_ins(op)})
            with keras.StatelessScope([(weight, x) for x, weight in again.stand_ins.values()]):
                again.event = _record(op, *arguments(), again, Stubs(graph), equal)
            return again
    return made


def _stand_ins(op: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each weight that only the trace has built, with a placeholder for its value."""
    import tensorflow as tf

    for weight in internals.weights_of(op):
        if not internals.has_value(weight):
            yield weight, tf.compat.v1.placeholder(internals.dtype_of(weight), internals.shape_of(weight))


def run_real(op: Any, data: CallSpecs) -> Run:
    """Call a layer once with data and record the calls and operations that it makes.

    Must run inside `kfx.keras_access.untouched.untouched`, as `run`; then nothing of it remains except what a user's own code
    writes elsewhere than into layers and variables.

    Raises:
        TraceError: When the layer's code raises.
    """
    keras = import_keras()
    made = Run(Event(op, (), {}), Operations())
    with values_restored(op), keras.StatelessScope():
        if any(not getattr(layer, "built", True) for layer in internals.all_layers(op)):
            with _failures_told():
                op(*data.args, **data.kwargs)
        made.event = _record(op, data.args, data.kwargs, made)
    return made


def _record(op: Any, args: Any, kwargs: Any, run: Run, stubs: Stubs | None = None, equal: Equals | None = None) -> Event:
    with _failures_told():
        recorder = _Recorder(run, stubs, equal)
        noting = run.operations.noting(import_keras().tree.flatten((args, kwargs)))
        with functions_inlined(), noting, listening(recorder, place="alone"):
            op(*args, **kwargs)
    return recorder.top.events[0]


@contextlib.contextmanager
def _failures_told() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        raise TraceError(f"{type(error).__name__}: {first_sentence(error)}") from error


def run_somehow(op: Any, specs: CallSpecs, given: Any = None, equal: Equals | None = None) -> tuple[Run, str]:
    """Run a layer on as little as possible: any number of examples, else the number given, else the data given.

    Args:
        op: The layer.
        specs: Shapes and dtypes.
        given: What a user gave as inputs, or None.
        equal: As in `run`.

    Returns:
        The run, and a sentence on how the layer was run where that matters.

    Raises:
        TraceError: When the layer's code raises in every run; with the reason of the first.
    """
    try:
        return run(op, specs, equal), ""
    except TraceError as error:
        first = error
    batches = specs.batches()
    if batches:
        with contextlib.suppress(TraceError):
            numbers = " and ".join(map(str, batches))
            note = f"Its code asks how many examples there are: this is what it does with {numbers}."
            return run(op, specs.with_batch(), equal), note
    data = None if given is None else given_data(op, given)
    if data is not None:
        with contextlib.suppress(TraceError):
            return run_real(op, data), _VALUES
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

    def __init__(self, run: Run, stubs: Stubs | None, equal: Equals | None) -> None:
        import tensorflow as tf

        self.tf, self.keras = tf, import_keras()
        self.graph = tf.compat.v1.get_default_graph()
        self.run, self.stubs, self.equal = run, stubs, equal
        self.top = Event(None, (), {}, opened=True)
        self.stack: list[Event | None] = [self.top]
        self.examples: object = None  # what the container was given: numbers of examples, and whether other sizes are open

    def on_call(self, op: Any, args: Any, kwargs: Any, proceed: Callable[[], Any]) -> Any:
        parent = self.stack[-1]
        if parent is None or not isinstance(op, self.keras.layers.Layer) or self._elsewhere(args, kwargs):
            return proceed()
        if parent is self.top:
            self.examples = self._numbers_of_examples(args, kwargs)
        training, told = training_in_call(), kwargs
        if parent is not self.top and training is parent.training:  # handed on from the layer around, not told here
            told = {name: value for name, value in kwargs.items() if name != "training"}
        event = Event(op, args, told, opened=parent is self.top or is_transparent(op), training=training, run=self.run)
        parent.events.append(event)
        event.outputs = distinct(self._outputs(event, parent, proceed), (args, kwargs))
        event.number = self.run.operations.count
        return event.outputs

    def _outputs(self, event: Event, parent: Event, proceed: Callable[[], Any]) -> Any:
        if event.opened and parent is not self.top and self.equal is not None and self.stubs is not None:
            key = self.equal.key(event.op, event.args, event.kwargs, (self.examples, event.training))
            event.twin = self.equal.find(key)
            if event.twin is not None:
                return self.stubs.like(event.twin.outputs)
            event.outputs = self._run(event, proceed)
            self.equal.keep(key, event)
            return event.outputs
        if not event.opened and self.stubs is not None:
            outputs = self.stubs.outputs(event.op, event.args, event.kwargs)
            if outputs is not None:
                return outputs
        return self._run(event, proceed)

    def _run(self, event: Event, proceed: Callable[[], Any]) -> Any:
        self.stack.append(event if event.opened else None)
        try:
            return proceed()
        finally:
            self.stack.pop()

    def _numbers_of_examples(self, args: Any, kwargs: Any) -> object:
        """Return the different numbers of examples among a call's tensors, and whether the size of another axis is open."""
        tensors = [x for x in self.keras.tree.flatten((args, kwargs)) if isinstance(x, self.tf.Tensor) and x.shape.rank]
        return tuple(sorted({str(x.shape[0]) for x in tensors})), any(None in tuple(x.shape)[1:] for x in tensors)

    def _elsewhere(self, args: Any, kwargs: Any) -> bool:
        """Return whether a call belongs to another graph: Keras building a layer, or the body of a loop."""
        if self.tf.compat.v1.get_default_graph() is not self.graph:
            return True
        given = self.keras.tree.flatten((args, kwargs))
        return any(isinstance(x, self.keras.KerasTensor) or getattr(x, "graph", self.graph) is not self.graph for x in given)
