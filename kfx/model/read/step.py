"""Run one ``train_step`` of a model without training it, and record the calls of its parts, its losses and its gradients.

As a rule the step needs shapes only: it happens in a TensorFlow scratch graph, where nothing is computed. Only a step that asks
for values is run with data, and what it writes is dropped.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kfx.errors import TraceError
from kfx.keras_access import internals
from kfx.keras_access.hooks import listening
from kfx.keras_access.importing import import_keras
from kfx.keras_access.no_call import step_of
from kfx.keras_access.tensorflow.origins import Operations
from kfx.keras_access.tensorflow.steps import optimizers_idle
from kfx.keras_access.tensorflow.tensors import distinct, scratch_graph
from kfx.keras_access.untouched import helpers_restored, values_restored
from kfx.model.read.batch import Given, candidates
from kfx.model.read.inputs import Spec
from kfx.model.read.inside.trace import first_sentence

if TYPE_CHECKING:
    import keras

VALUES = "The step asks for values: this is what it does with the data given; with others it may do something else."


@dataclass(eq=False)
class PartCall:
    """One call of a layer in a step; ``losses`` are those that it added with ``add_loss``."""

    op: keras.Layer
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    outputs: Any = None
    losses: list[Any] = field(default_factory=list)


@dataclass(eq=False)
class Slope:
    """One request for a gradient.

    Attributes:
        of: The tensors that are differentiated.
        by: Tensors that they are differentiated by, as in a gradient penalty; empty where it is weights: ``of`` is a loss.
        outputs: The gradients.
    """

    of: list[Any]
    by: list[Any]
    outputs: Any = None


@dataclass(eq=False)
class StepRun:
    """One recorded step.

    Attributes:
        step: Its name: ``"train_step"`` or ``"test_step"``.
        data: What it was given: tensors in a structure.
        origins: The operations of the run.
        hidden: The layers that are called inside a loop or a condition, whose calls cannot be recorded.
        events: The calls of parts and the gradients, in order; each loss once.
        logs: What it returned.
        note: A sentence on how it was run, where that matters.
    """

    step: str
    data: Any
    origins: Operations
    events: list[PartCall | Slope] = field(default_factory=list)
    hidden: list[keras.Layer] = field(default_factory=list)
    logs: Any = None
    note: str = ""


def run_step(model: keras.Model, inputs: object) -> StepRun:
    """Run one step of a model on as little as possible: any number of examples, else the number given, else the data given.

    Must run inside `kfx.keras_access.untouched.untouched`: the step may build layers that are not built yet.

    Raises:
        TraceError: When the step's code raises in every run; with the reason of the first.
    """
    first: TraceError | None = None
    with _with_optimizer(model):
        for given in candidates(model, inputs):
            try:
                return _run_one(model, given)
            except TraceError as error:
                first = first or error
    assert first is not None
    raise first


def _run_one(model: keras.Model, given: Given) -> StepRun:
    import tensorflow as tf

    keras = import_keras()
    if given.holds_values:
        with values_restored(model):
            data = given.data()
            origins = Operations()
            with keras.StatelessScope(collect_losses=True) as scope:
                found = _recorded(model, lambda: data, origins, scope.losses, origins.noting(keras.tree.flatten(data)))
            found.note = VALUES
            return found
    specs = given.data()

    def placeholders() -> Any:
        def placeholder(x: Any) -> Any:
            return tf.compat.v1.placeholder(x.dtype, x.shape) if isinstance(x, Spec) else x

        return keras.tree.map_structure(placeholder, specs)

    graph = scratch_graph("kfx_step")
    with keras.StatelessScope(collect_losses=True) as scope, keras.SymbolicScope(), graph.as_default():
        found = _recorded(model, placeholders, Operations(in_graph=graph), scope.losses, contextlib.nullcontext())
    found.note = given.note
    return found


def _recorded(
    model: keras.Model,
    data: Callable[[], Any],
    origins: Operations,
    added: list[Any],
    noting: contextlib.AbstractContextManager[None],
) -> StepRun:
    """Run the step; ``added`` is the list to which Keras appends what layers give to ``add_loss``."""
    name = step_of(model)
    step = getattr(model, name)
    try:
        with helpers_restored(model):
            if any(not getattr(layer, "built", True) for layer in internals.all_layers(model) if layer is not model):
                with optimizers_idle(_no_gradient):
                    step(data())  # builds the layers, so that the recorded run holds calls only
                added.clear()
            found = StepRun(name, data(), origins)
            recorder = _Recorder(found, added)
            with noting, optimizers_idle(recorder.on_gradient), listening(recorder, place="alone"):
                found.logs = step(found.data)
    except Exception as error:
        raise TraceError(f"{type(error).__name__}: {first_sentence(error)}") from error
    return found


@contextlib.contextmanager
def _with_optimizer(model: keras.Model) -> Iterator[None]:
    """Give a model that is not compiled an optimizer inside the block; it is never asked to do anything."""
    held = vars(model)
    if held.get("optimizer") is not None:
        yield
        return
    held["optimizer"] = import_keras().optimizers.SGD()
    try:
        yield
    finally:
        del held["optimizer"]  # `untouched` restores the attribute, if there was one


def _no_gradient(target: Any, sources: Any, original: Callable[[], Any]) -> Any:
    """Return zeros in place of gradients: nothing depends on their values where only shapes are known."""
    import tensorflow as tf

    def zeros(x: Any) -> Any:
        return tf.zeros_like(x) if tf.is_tensor(x) and not isinstance(x, tf.Variable) else tf.zeros(x.shape, x.dtype)

    return import_keras().tree.map_structure(zeros, sources)


class _Recorder:
    """Records the outermost calls of layers in a step, its losses, and its gradients by tensors."""

    def __init__(self, found: StepRun, added: list[Any]) -> None:
        import tensorflow as tf

        self.tf, self.keras, self.found, self.added = tf, import_keras(), found, added
        self.graph = None if tf.executing_eagerly() else tf.compat.v1.get_default_graph()
        self.inside = False
        self.losses: set[int] = set()

    def on_call(self, op: Any, args: Any, kwargs: Any, proceed: Callable[[], Any]) -> Any:
        if self.inside or not isinstance(op, self.keras.layers.Layer) or self._builds(args, kwargs):
            return proceed()
        elsewhere = self._elsewhere()
        call = PartCall(op, args, kwargs)
        self.found.hidden.append(op) if elsewhere else self.found.events.append(call)
        self.inside, before = True, len(self.added)
        try:
            outputs = proceed()
            call.losses = self.added[before:]
            call.outputs = outputs if elsewhere else distinct(outputs, (args, kwargs))
        finally:
            self.inside = False
        return call.outputs

    def on_gradient(self, target: Any, sources: Any, original: Callable[[], Any]) -> Any:
        values = original() if self.graph is None else _no_gradient(target, sources, original)
        flat = self.keras.tree.flatten(sources)
        by = [x for x in flat if isinstance(x, self.tf.Tensor)]
        of = [x for x in self.keras.tree.flatten(target) if isinstance(x, self.tf.Tensor)]
        if len(by) < len(flat):  # by weights: these are losses
            of, by = [x for x in of if id(x) not in self.losses], []
            self.losses |= {id(x) for x in of}
        if of:
            self.found.events.append(Slope(of, by, values))
        return values

    def _builds(self, args: Any, kwargs: Any) -> bool:
        """Return whether a call is one of Keras's own, to build a layer."""
        return any(isinstance(x, self.keras.KerasTensor) for x in self.keras.tree.flatten((args, kwargs)))

    def _elsewhere(self) -> bool:
        """Return whether calls belong to another graph now: the body of a loop or a condition."""
        now = None if self.tf.executing_eagerly() else self.tf.compat.v1.get_default_graph()
        return now is not self.graph
