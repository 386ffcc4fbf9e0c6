"""The compiled steps that watch a model's outputs or look at its layers, traced once, kept as long as Keras keeps its own."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kfx.keras_access.hooks import listening
from kfx.keras_access.importing import import_keras
from kfx.keras_access.layers import added_losses, own_trainable_variables
from kfx.keras_access.optimizers import steps_done, updated_variables
from kfx.keras_access.tensorflow.unwatched import unwatched
from kfx.model.labels import free_label
from kfx.model.layers.registry import known
from kfx.training.journal.facts import Layer, Part
from kfx.training.monitor.bad_batch import BadBatch
from kfx.training.monitor.numbers import Squares, Update, all_finite, floats, layer_statistics, norms, squares
from kfx.values.tap.recorder import Recorder
from kfx.values.tap.visit import Named

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

_KEPT = "_kfx_steps"  # attribute of Keras's own train function


@dataclass
class Row:
    """A layer while its step is traced: its outputs, its own trainable variables, what it added to the loss."""

    layer: Layer
    outputs: list[tf.Tensor]
    variables: list[keras.Variable]
    losses: list[tf.Tensor]


class TracedSteps:
    """Makes the two steps of a model when they are first needed. Training stays bit for bit the same in both.

    Args:
        model: A compiled model.
        own: Keras's own train function.
        gradients: Read the gradients.

    Attributes:
        layers: The rows of the newest step that looked.
        parts: Their weights, in the order of the rows.
        adding: The keys of the layers that add something to the loss.
        table: The numbers: `STATISTICS` and flags of each layer, `PART_STATISTICS` of each weight, then what each adding layer
            added. Empty before the first look.
        bad_batch: The batch and the weights of the first step whose outputs were not finite.
        error: What went wrong while our part of a step was traced; Keras's part went on.
    """

    def __init__(self, model: keras.Model, own: Callable[[Any], Any], *, gradients: bool) -> None:
        self.model, self.own, self.gradients = model, own, gradients
        self._inner = model.train_step
        self._watched: Callable[[Any], Any] | None = None
        self._looking: Callable[[Any], Any] | None = None
        self.layers: tuple[Layer, ...] = ()
        self.parts: tuple[Part, ...] = ()
        self.adding: tuple[str, ...] = ()
        self.table: tf.Variable | None = None
        self.bad_batch = BadBatch()
        self.error: Exception | None = None
        optimizer = model.optimizer
        wrapped = getattr(optimizer, "inner_optimizer", optimizer)
        self.group = getattr(wrapped, "gradient_accumulation_steps", None) or 1
        self.updates = steps_done(wrapped) if wrapped is not None else None

    @property
    def watched(self) -> Callable[[Any], Any]:
        """Keras's own step, which also checks that the model's outputs are finite."""
        if self.model.jit_compile:  # one more reader of what XLA computes could change its last bit
            return self.own
        if self._watched is None:
            self._watched = self._made(self._watched_step)
        return self._watched

    @property
    def looking(self) -> Callable[[Any], Any]:
        """The step that reads its numbers from tensors that a step computes anyway."""
        if self._looking is None:
            if not self.model.jit_compile:
                import tensorflow as tf

                # Made before the step is traced: a variable that is made inside would have TensorFlow trace it twice.
                self.table = tf.Variable(tf.zeros([0]), shape=tf.TensorShape([None]), trainable=False)
            self._looking = self._made(self._looking_step)
        return self._looking

    def _made(self, step: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """Return Keras's own train function around a step."""
        model, before = self.model, self.model.train_function
        try:
            with _replaced(model, "train_step", step):
                model.train_function = None
                model.make_train_function(force=True)
                return model.train_function
        finally:
            model.train_function = before

    def _watched_step(self, data: Any) -> Any:
        recorder = Recorder(self.model)
        inputs = import_keras().utils.unpack_x_y_sample_weight(data)[0]

        def watch(optimizer: keras.Optimizer, variables: list[keras.Variable], grads: list[tf.Tensor]) -> None:
            outputs = recorder.root.outputs if recorder.root is not None and recorder.root.done else ()
            self.bad_batch.keep_unless(all_finite(floats(outputs)), variables, inputs)

        with listening(recorder), self._before_updates(watch):
            return self._inner(data)

    def _looking_step(self, data: Any) -> Any:
        recorder, update = Recorder(self.model), Update(readable=self.gradients)
        added: dict[int, list[tf.Tensor]] = {}

        def keep(optimizer: keras.Optimizer, variables: list[keras.Variable], grads: list[tf.Tensor]) -> None:
            update.keep(optimizer, variables, grads)
            if not added:
                added.update({id(entry.visit.op): added_losses(entry.visit.op) for entry in recorder.named()})

        with listening(recorder), self._before_updates(keep):
            logs = self._inner(data)
        with self._ours():
            self._write(self.rows(recorder.named(), added), update)
        return logs

    def _write(self, rows: list[Row], update: Update) -> None:
        import tensorflow as tf

        self.layers = tuple(row.layer for row in rows)
        if not rows:
            return
        is_update = tf.constant(True)
        if self.group > 1:
            is_update = tf.equal(tf.convert_to_tensor(self.updates) % self.group, 0)
        found = [[squares(variable, update) for variable in row.variables] for row in rows]
        numbers = [x for row, own in zip(rows, found, strict=True) for x in layer_statistics(row.outputs, own)]
        self.parts = tuple(Part(row.layer.key, name) for row in rows for name in _names(row.variables))
        numbers += [x for own in found for one in own for x in _part(one)]
        self.adding = tuple(row.layer.key for row in rows if row.losses)
        numbers += [tf.add_n([tf.reduce_sum(tf.cast(x, tf.float32)) for x in row.losses]) for row in rows if row.losses]
        table, kept = tf.stack(numbers), self.table
        if kept is None or not kept.shape.is_compatible_with(table.shape):  # XLA cannot change a shape
            with tf.init_scope():
                kept = self.table = tf.Variable(tf.zeros(table.shape), trainable=False)
        kept.assign(tf.cond(is_update, lambda: table, kept.read_value) if self.group > 1 else table)

    def rows(self, named: list[Named], added: dict[int, list[tf.Tensor]] | None = None) -> list[Row]:
        """Return a row for each layer that is called, in the order of first calls; layers inside a Keras layer belong to it."""
        keras = import_keras()
        rows: dict[int, Row] = {}
        taken: set[int] = set()
        for entry in named:
            op, visit = entry.visit.op, entry.visit
            if visit.hidden or isinstance(op, keras.Model):
                continue
            leaf = all(inner.hidden for inner in visit.inner)
            if id(op) not in rows:
                own = getattr(op, "trainable_variables", []) if leaf else own_trainable_variables(op)
                mine = [v for v in own if v.trainable and id(v) not in taken]
                taken.update(map(id, mine))
                kind: type = type(op)
                layer = Layer(entry.key, kind.__name__, bool(mine), known(kind).family or "custom")
                rows[id(op)] = Row(layer, [], mine, (added or {}).get(id(op), []))
            if leaf and visit.done:
                rows[id(op)].outputs += floats(visit.outputs)
        return [row for row in rows.values() if row.outputs or row.variables or row.losses]

    @contextlib.contextmanager
    def _ours(self) -> Iterator[None]:
        """Let neither an error of ours nor a debugger that looks at our operations end the training."""
        try:
            with unwatched():
                yield
        except Exception as error:
            self.error = error

    @contextlib.contextmanager
    def _before_updates(self, do: Callable[..., None]) -> Iterator[None]:
        """Call ``do(optimizer, variables, gradients)`` before each update inside the block; nothing stays on an optimizer."""

        def of(optimizer: keras.Optimizer) -> Callable[..., object]:
            original = optimizer.apply

            def apply(grads: Iterable[tf.Tensor], trainable_variables: Iterable[keras.Variable] | None = None) -> object:
                grads = list(grads)
                variables = updated_variables(optimizer) if trainable_variables is None else list(trainable_variables)
                with self._ours():
                    do(optimizer, variables, grads)
                return original(grads, variables)

            return apply

        with contextlib.ExitStack() as stack:
            for optimizer in _optimizers(self.model):
                stack.enter_context(_replaced(optimizer, "apply", of(optimizer)))
            yield


def traced_steps(model: keras.Model, own: Callable[[Any], Any], *, gradients: bool) -> TracedSteps:
    """Return the steps of a model; they hang on Keras's own train function, so that ``compile`` drops them with it."""
    kept: dict[bool, TracedSteps] | None = getattr(own, _KEPT, None)
    if kept is None:
        kept = {}
        with contextlib.suppress(AttributeError):  # a function of another kind: then the steps live as long as one fit
            setattr(own, _KEPT, kept)
    found = kept.get(gradients)
    if found is None or found.model is not model:
        found = kept[gradients] = TracedSteps(model, own, gradients=gradients)
    return found


def _part(one: Squares) -> list[tf.Tensor]:
    return norms([one])


def _names(variables: list[keras.Variable]) -> list[str]:
    """Return a name for each weight of one layer, with the layer inside it that holds it where names alone are not unique."""
    names = [str(v.name) for v in variables]
    if len(set(names)) < len(names):
        names = ["/".join(str(v.path).split("/")[-2:]) for v in variables]
    found: list[str] = []
    for name in names:
        found.append(free_label(name, found))
    return found


def _optimizers(model: keras.Model) -> list[keras.Optimizer]:
    """Return the optimizers of a model: its own, and those that a custom train step holds in attributes."""
    kind = import_keras().optimizers.Optimizer
    found = [model.optimizer, *(value for value in vars(model).values() if isinstance(value, kind))]
    return list({id(one): one for one in found if one is not None}.values())


@contextlib.contextmanager
def _replaced(thing: object, name: str, value: object) -> Iterator[None]:
    """Give an object another method inside the block, and afterwards the one that it had."""
    own = vars(thing)
    before = own.get(name)
    own[name] = value
    try:
        yield
    finally:
        if before is None:
            del own[name]
        else:
            own[name] = before
