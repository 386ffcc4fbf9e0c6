"""Run a layer's own code once and record the layers that it calls, their arguments, and the operations between them.

`run` needs shapes only: it happens in a TensorFlow scratch graph under `keras.StatelessScope`, where nothing is computed and no
weight is read or written. Keras's own layers are not even run there: their outputs are placeholders of the shapes that Keras
computes for them. `run_real` is for code that asks for values: it calls the layer with data, and what the call writes to
weights, statistics and states goes to the scope and is dropped with it.
"""

from __future__ import annotations

import contextlib
import re
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from kfx.errors import TraceError
from kfx.keras_access import internals
from kfx.keras_access.hooks import listening
from kfx.keras_access.importing import import_keras
from kfx.keras_access.layers import copy_mask, mask_of, training_in_call
from kfx.keras_access.tensorflow.inlined import functions_inlined
from kfx.keras_access.tensorflow.origins import Operations
from kfx.keras_access.tensorflow.tensors import dismantle, scratch_graph
from kfx.keras_access.untouched import values_restored
from kfx.model.facts import Cost
from kfx.model.read.inputs import CallSpecs, Spec, given_data
from kfx.model.read.inside.fingerprint import Fingerprints
from kfx.model.read.inside.stubs import Stubs, arguments_key, holds_objects
from kfx.model.read.inside.table import Table

_LONGEST = 200  # characters of an error's message
_VALUES = "Its code asks for values: this is what it does with the data given; with others it may do something else."


@dataclass(eq=False)
class Event:
    """One call of one layer during a run.

    Attributes:
        op: The layer.
        args: Its positional arguments.
        kwargs: Its keyword arguments.
        outputs: What it returned.
        events: The calls that it made in turn.
        opened: Whether the calls inside were recorded.
        twin: An earlier call of an equal layer with equal arguments, which was run in its place.
        training: As Keras resolved it: given, else of the layer around, else the default.
        run: The run that it is part of; None for a call of an earlier reading.
        number: The number of operations that were made until it returned.
        table: What it does inside, once that was made of it.
        cost: What the operations of its code cost, likewise.
    """

    op: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    outputs: Any = None
    events: list[Event] = field(default_factory=list)
    opened: bool = False
    twin: Event | None = None
    training: object = None
    run: Run | None = None
    number: int = 0
    table: Table | None = None
    cost: Cost | None = None


@dataclass(eq=False)
class Run:
    """One run of a layer.

    Attributes:
        event: The call of the layer.
        operations: The operations that the run made.
        graph: The scratch graph, or None for a run with data.
        stand_ins: The tensors that stand for weights which do not exist yet, with the weight, by the tensor's identity.
    """

    event: Event
    operations: Operations
    graph: Any = None
    stand_ins: dict[int, tuple[Any, Any]] = field(default_factory=dict)


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


_MOST_KEPT = 256
Key = tuple[int, tuple[tuple[str, tuple[object, ...]], object]]  # the fingerprint of a layer, and what it was called with
_kept: OrderedDict[Key, Event] = OrderedDict()  # calls of earlier readings, without layers and tensors


def forget() -> None:
    """Forget all calls of earlier readings."""
    _kept.clear()


class Equals:
    """The calls that were run so far, in this reading and in earlier ones, by what they do."""

    def __init__(self, prints: Fingerprints) -> None:
        self.prints = prints
        self.runs: list[Run] = []
        self._known: dict[Key, Event] = {}
        self.taken = 0  # how often a call stood for an equal one, and how many were kept

    def close(self) -> None:
        """Keep what can be kept for later readings, then free the graphs of all runs, after which no table can be made."""
        for key, event in self._known.items():
            made = event.cost or (event.table and event.table.is_portable)
            alone = key[0] < 0 or holds_objects(key[1][0])  # equal to nothing in a later reading
            if event.run is not None and made and not alone and _all_ranked(event.outputs):
                _kept[key] = Event(None, (), {}, _specs(event.outputs), table=event.table, cost=event.cost)
        while len(_kept) > _MOST_KEPT:
            _kept.popitem(last=False)
        for run in self.runs:
            run.operations.forget()
            dismantle(run.graph)
        self._known.clear()

    def key(self, op: Any, args: Any, kwargs: Any, around: object = None) -> Key:
        """Return a value that is equal for calls that do the same; ``around`` is what their costs depend on besides."""
        return self.prints.of(op).number, (arguments_key(args, kwargs), around)

    def find(self, key: Key) -> Event | None:
        """Return an earlier call."""
        found = self._known.get(key)
        if found is None and key[0] > 0 and key in _kept:
            _kept.move_to_end(key)
            found = self._known[key] = _kept[key]
        self.taken += found is not None
        return found

    def keep(self, key: Key, event: Event) -> None:
        """Let a call stand for later ones, unless its outputs carry masks, which depend on the run."""
        if all(mask_of(x) is None for x in import_keras().tree.flatten(event.outputs)):
            self._known[key] = event
        self.taken += 1

    def __len__(self) -> int:
        return len(self._known)

    def forget(self, since: int) -> None:
        """Forget all calls but the first ``since``."""
        for key in list(self._known)[since:]:
            del self._known[key]


def _all_ranked(outputs: Any) -> bool:
    return all(getattr(getattr(x, "shape", None), "rank", 0) is not None for x in import_keras().tree.flatten(outputs))


def _specs(outputs: Any) -> Any:
    """Return the shapes and dtypes of a call's outputs, in their structure."""

    def spec(x: Any) -> Any:
        return Spec(tuple(x.shape), x.dtype.name) if hasattr(x, "op") else x

    return import_keras().tree.map_structure(spec, outputs)


class _Recorder:
    """Builds the tree of events; records nothing inside a layer that is shown as one thing."""

    def __init__(self, run: Run, stubs: Stubs | None, equal: Equals | None) -> None:
        import tensorflow as tf

        self.tf, self.keras = tf, import_keras()
        self.graph = tf.compat.v1.get_default_graph()
        self.run, self.stubs, self.equal = run, stubs, equal
        self.top = Event(None, (), {}, opened=True)
        self.stack: list[Event | None] = [self.top]
        self.examples: object = (
            None  # the sizes that the container was given: of its axis of examples, and whether others are open
        )

    def on_call(self, op: Any, args: Any, kwargs: Any, proceed: Callable[[], Any]) -> Any:
        parent = self.stack[-1]
        if parent is None or not isinstance(op, self.keras.layers.Layer) or self._elsewhere(args, kwargs):
            return proceed()
        if parent is self.top:
            shapes = [
                tuple(x.shape)
                for x in self.keras.tree.flatten((args, kwargs))
                if isinstance(x, self.tf.Tensor) and x.shape.rank
            ]
            self.examples = tuple(sorted({str(shape[0]) for shape in shapes})), any(None in shape[1:] for shape in shapes)
        training, told = training_in_call(), kwargs
        if parent is not self.top and training is parent.training:  # handed on from the layer around, not told here
            told = {name: value for name, value in kwargs.items() if name != "training"}
        event = Event(op, args, told, opened=parent is self.top or is_transparent(op), training=training, run=self.run)
        parent.events.append(event)
        event.outputs = self._distinct(self._outputs(event, parent, proceed), args, kwargs)
        event.number = self.run.operations.count
        return event.outputs

    def _outputs(self, event: Event, parent: Event, proceed: Callable[[], Any]) -> Any:
        if event.opened and parent is not self.top and self.equal is not None and self.stubs is not None:
            key = self.equal.key(event.op, event.args, event.kwargs, self.examples)
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

    def _elsewhere(self, args: Any, kwargs: Any) -> bool:
        """Return whether a call belongs to another graph: Keras building a layer, or the body of a loop."""
        if self.tf.compat.v1.get_default_graph() is not self.graph:
            return True
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
