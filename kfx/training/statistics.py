"""Statistics of every layer, taken inside the model's own compiled train step on the batch it trains on."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from kfx.features.door import listening
from kfx.features.recorder import Named, Recorder
from kfx.graph.family import class_family
from kfx.quiet import import_keras
from kfx.training.figures import all_finite, figures, floats
from kfx.training.journal import STATISTICS, Layer

# Columns after STATISTICS: 1.0 where something is not finite in the outputs, the weights before the update, the gradients.
FLAGS = ("outputs", "weights", "gradients")


@dataclass(frozen=True)
class Look:
    """What the train step stored at one step.

    Attributes:
        step: The step since the statistics were installed, the first is 1.
        values: Shape ``(layers, len(STATISTICS))``, in the order of the journal's columns.
        flags: Shape ``(layers, len(FLAGS))``, True where something is not finite.
    """

    step: int
    values: np.ndarray
    flags: np.ndarray


@dataclass
class _Row:
    layer: Layer
    outputs: list[Any]
    variables: list[Any]


class StepStatistics:
    """Makes a train step that also looks at the layers, every so many steps, without a second forward pass.

    Training is bit for bit what it is without: the numbers are read from tensors that the step computes anyway. One more copy
    of the trainable weights is held, for the size of an update. The gradient is the raw one, before clipping.

    Args:
        model: A compiled model.
        every: Look every so many steps; rounded up to a multiple of ``gradient_accumulation_steps``.
        gradients: Read the gradients. None does so unless the step is compiled by XLA, where one more reader of a gradient
            makes XLA fuse the step in another way, so that the last bit of the weights may differ **[measured]**.
    """

    def __init__(self, model: Any, every: int, *, gradients: bool | None = None) -> None:
        self.model = model
        self.gradients = not model.jit_compile if gradients is None else gradients
        optimizer = model.optimizer
        wrapped = getattr(optimizer, "inner_optimizer", optimizer)
        group = getattr(wrapped, "gradient_accumulation_steps", None) or 1
        self.every = -(-every // group) * group
        done = int(np.asarray(wrapped.iterations)) if wrapped is not None else 0
        self._first = group - done % group  # the first step that updates the weights
        self.layers: tuple[Layer, ...] = ()
        self._store: _Store | None = None
        self._read = 0

    # ------------------------------------------------------------------------------------------------ the step

    def train_function(self) -> Callable[[Any], Any]:
        """Keras's own train function around our step; the model is as before when this returns."""
        model, before = self.model, self.model.train_function
        self._inner = model.train_step
        own = vars(model)
        kept = own.get("train_step")
        own["train_step"] = self._train_step
        try:
            model.train_function = None
            model.make_train_function(force=True)
            return model.train_function
        finally:
            if kept is None:
                del own["train_step"]
            else:
                own["train_step"] = kept
            model.train_function = before

    def _train_step(self, data: Any) -> Any:
        import tensorflow as tf

        recorder, update = Recorder(self.model), _Update(self)
        if self._store is None:
            with tf.init_scope():
                self._store = _Store()
        store = self._store
        count = store.count.assign_add(1)
        due = tf.logical_or(tf.equal((count - self._first) % self.every, 0), tf.equal(count, self._first))
        with listening(recorder), update.seen(self.model.optimizer, recorder, due):
            logs = self._inner(data)
        rows = self._rows(recorder.named(), update.variables)
        store.fit(len(rows))
        self.layers = tuple(row.layer for row in rows)
        # XLA fuses what the step computes: one more reader of its outputs could change their last bit; the loss is read anyway.
        watched = _losses(logs) if self.model.jit_compile else _outputs(recorder) + _losses(logs)
        broken = tf.logical_not(all_finite(watched))
        first = tf.logical_and(broken, tf.equal(store.broken_at, 0))
        due = update.due if update.due is not None else due

        def look() -> Any:
            table = tf.stack([tf.stack(figures(row.outputs, row.variables, update)) for row in rows])
            return tf.group(
                tf.cond(due, lambda: tf.group(store.table.assign(table), store.at.assign(count)), tf.no_op),
                tf.cond(first, lambda: tf.group(store.broken.assign(table), store.broken_at.assign(count)), tf.no_op),
            )

        if rows:
            tf.cond(tf.logical_or(due, first), look, tf.no_op)
        return logs

    def _rows(self, named: list[Named], known: list[Any]) -> list[_Row]:
        """One row a layer that is called, in the order of their first calls; the inside of a Keras layer belongs to it."""
        keras = import_keras()
        rows: dict[int, _Row] = {}
        taken: set[int] = set()
        containers = (keras.Model,)
        for entry in named:
            op, visit = entry.visit.op, entry.visit
            if visit.hidden or isinstance(op, containers):
                continue
            leaf = not any(not inner.hidden for inner in visit.inner)
            if id(op) not in rows:
                own = getattr(op, "trainable_variables" if leaf else "_trainable_variables", [])
                mine = [v for v in own if v.trainable and id(v) not in taken]
                taken.update(map(id, mine))
                rows[id(op)] = _Row(Layer(entry.key, type(op).__name__, bool(mine), class_family(type(op))), [], mine)
            if leaf and visit.done:
                rows[id(op)].outputs += floats(visit.outputs)
        return [row for row in rows.values() if row.outputs or row.variables]

    # ------------------------------------------------------------------------------------------------ reading

    def due_between(self, before: int, after: int) -> bool:
        """Whether a look falls on the steps ``before + 1 … after`` since the start."""
        first, every = self._first, self.every
        return before < first <= after or (after - first) // every > max((before - first) // every, -1)

    def read(self) -> Look | None:
        """The newest look, or None when there is none that was not read before."""
        if self._store is None or not self.layers:
            return None
        step = int(self._store.at.numpy())
        if step == self._read:
            return None
        self._read = step
        return _look(step, self._store.table.numpy())

    def read_broken(self) -> Look | None:
        """The look at the first step whose outputs or loss were not finite, or None."""
        if self._store is None or not self.layers or not (step := int(self._store.broken_at.numpy())):
            return None
        return _look(step, self._store.broken.numpy())


def _look(step: int, table: np.ndarray) -> Look:
    return Look(step, table[:, : len(STATISTICS)], table[:, len(STATISTICS) :] > 0)


class _Store:
    """Where the compiled step leaves its numbers."""

    def __init__(self) -> None:
        import tensorflow as tf

        self.count, self.at, self.broken_at = (tf.Variable(0, dtype="int64", trainable=False) for _ in range(3))
        self.table = self.broken = None

    def fit(self, rows: int) -> None:
        """Get ready for so many layers; a new trace of the same model has as many as the one before."""
        import tensorflow as tf

        if self.table is None or self.table.shape[0] != rows:
            with tf.init_scope():
                shape = (rows, len(STATISTICS) + len(FLAGS))
                self.table, self.broken = (tf.Variable(tf.zeros(shape), trainable=False) for _ in range(2))


class _Update:
    """What passes through ``optimizer.apply`` while the step is traced: gradients, and the weights as they were before."""

    def __init__(self, statistics: StepStatistics) -> None:
        self.statistics = statistics
        self.variables: list[Any] = []
        self.gradients: dict[int, Any] = {}
        self.before: dict[int, Any] = {}
        self.due: Any = None

    @contextlib.contextmanager
    def seen(self, optimizer: Any, recorder: Recorder, due: Any) -> Iterator[None]:
        """Listen to one optimizer inside the block; nothing stays on it."""
        if optimizer is None:
            yield
            return
        own, original = vars(optimizer), optimizer.apply
        nested = own.get("apply")

        def apply(grads: Any, trainable_variables: Any = None) -> Any:
            grads = list(grads)
            variables = list(optimizer._trainable_variables if trainable_variables is None else trainable_variables)
            self._keep(optimizer, grads, variables, recorder, due)
            return original(grads, variables)

        own["apply"] = apply
        try:
            yield
        finally:
            if nested is None:
                del own["apply"]
            else:
                own["apply"] = nested

    def _keep(self, optimizer: Any, grads: list[Any], variables: list[Any], recorder: Recorder, due: Any) -> None:
        import tensorflow as tf

        jit = self.statistics.model.jit_compile
        self.variables = variables
        self.gradients = {id(v): g for v, g in zip(variables, grads, strict=False) if g is not None}
        self.readable = self.statistics.gradients
        scale = getattr(optimizer, "dynamic_scale", None)
        scale = getattr(optimizer, "loss_scale_factor", None) if scale is None else scale
        self.scale = None if scale is None else tf.convert_to_tensor(scale)
        self.due = due
        kept = self.statistics.__dict__.setdefault("_before", {})
        with tf.init_scope():
            for v in variables:
                if id(v) not in kept:
                    kept[id(v)] = tf.Variable(tf.zeros(v.shape, v.dtype), trainable=False)
        self.before = {id(v): kept[id(v)] for v in variables}
        broken = tf.constant(False) if jit else tf.logical_not(all_finite(_outputs(recorder)))
        copy = tf.logical_or(due, tf.logical_and(broken, tf.equal(self.statistics._store.broken_at, 0)))
        tf.cond(copy, lambda: tf.group(*[self.before[id(v)].assign(v.value) for v in variables]), tf.no_op)


def _outputs(recorder: Recorder) -> list[Any]:
    return [] if recorder.root is None or not recorder.root.done else floats(recorder.root.outputs)


def _losses(logs: Any) -> list[Any]:
    import tensorflow as tf

    loss = logs.get("loss") if isinstance(logs, dict) else None
    return [loss] if isinstance(loss, tf.Tensor) and loss.dtype.is_floating else []
