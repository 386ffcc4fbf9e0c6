"""Measure statistics of every layer inside the model's own compiled train step, on the batch it trains on."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kfx.keras_access.forward import call
from kfx.keras_access.hooks import listening
from kfx.keras_access.importing import import_keras
from kfx.keras_access.layers import own_trainable_variables
from kfx.keras_access.optimizers import steps_done, updated_variables
from kfx.model.layers.registry import known
from kfx.training.journal.facts import STATISTICS, Layer
from kfx.training.monitor.bad_batch import BadBatch
from kfx.training.monitor.interval import Due, Interval
from kfx.training.monitor.numbers import Update, all_finite, floats, layer_statistics
from kfx.training.monitor.overhead import Overhead
from kfx.values.tap.recorder import Recorder
from kfx.values.tap.visit import Named

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

# Columns after STATISTICS: 1.0 where something is not finite in the outputs, the weights before the update, the gradients.
FLAGS = ("outputs", "weights", "gradients")
_TIMED = 3  # executions before each look that are timed, to measure a step without one


@dataclass(frozen=True)
class Look:
    """The numbers of all layers at one step.

    Attributes:
        layers: In the order of their first calls.
        values: Shape ``(layers, len(STATISTICS))``, in the order of the journal's columns; NaN where there is none.
        flags: Shape ``(layers, len(FLAGS))``, True where something is not finite.
    """

    layers: tuple[Layer, ...]
    values: np.ndarray
    flags: np.ndarray


@dataclass
class _Row:
    layer: Layer
    outputs: list[tf.Tensor]
    variables: list[keras.Variable]


class StepStatistics:
    """Makes a train function that looks at the layers, every so many steps, without a second forward pass.

    There are two compiled steps. Most of the time Keras's own runs, which only checks that the model's outputs are finite;
    where a look is due the other one runs, which reads its numbers from tensors that a step computes anyway. Training stays
    bit for bit the same. The gradient is the raw one, before clipping.

    Args:
        model: A compiled model.
        every: Look every so many steps; rounded up to a multiple of ``gradient_accumulation_steps``.
        gradients: Read the gradients. None does so unless the step is compiled by XLA, where one more reader of a gradient
            makes XLA fuse the step in another way, so that the last bit of the weights may differ (measured).
        cost: Records how long steps take.
        hold: Called before a look that may be left out; True leaves it out.

    Attributes:
        layers: The rows, once a look was made.
        looked: The newest execution was a look.
        fixed: The newest look was one that is never left out.
        held: A look was left out at least once.
    """

    def __init__(
        self,
        model: keras.Model,
        every: int,
        *,
        gradients: bool | None = None,
        cost: Overhead | None = None,
        hold: Callable[[], bool] | None = None,
    ) -> None:
        self.model = model
        self.gradients = not model.jit_compile if gradients is None else gradients
        optimizer = model.optimizer
        wrapped = getattr(optimizer, "inner_optimizer", optimizer)
        self._group = getattr(wrapped, "gradient_accumulation_steps", None) or 1
        self._updates = steps_done(wrapped)
        done = int(self._updates.numpy()) if self._updates is not None else 0
        self._interval = Interval(every, first=self._group - done % self._group, group=self._group)
        self._cost = Overhead() if cost is None else cost
        self._hold, self._done, self._near = hold, 0, 0
        self.looked = self.fixed = self.held = False
        self.layers: tuple[Layer, ...] = ()
        self._table: tf.Variable | None = None
        self._bad_batch = BadBatch()

    @property
    def every(self) -> int:
        """Steps between two looks."""
        return self._interval.every

    def expect_end(self, steps: int) -> None:
        """Expect the run to end after so many further steps, and look at the last of them."""
        self._interval.expect_end(self._done + steps)
        self._near = 0

    def train_function(self, wake: Callable[[], None] | None = None) -> Callable[[Any], Any]:
        """Return a function to replace ``model.train_function``; the model itself is left unchanged.

        Args:
            wake: Called after each look, before the function returns.
        """
        self._inner = self.model.train_step
        plain, looking = self._made(self._watched_step), self._made(self._looking_step)
        each = self.model.steps_per_execution

        def train_function(iterator: Any) -> Any:
            self._done += each
            if self._done < self._near:  # nearly always, and so as short as can be
                return plain(iterator)
            look = self._wanted(self._interval.due(self._done - each, self._done))
            began = time.perf_counter()
            result = (looking if look else plain)(iterator)
            (self._cost.looked if look else self._cost.plain)(time.perf_counter() - began)
            self.looked = look
            self._near = 0 if look else self._interval.soonest(self._done) - _TIMED * each
            if look and wake is not None:
                wake()
            return result

        return train_function

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

    def _wanted(self, due: Due) -> bool:
        if due is Due.NOT:
            return False
        if due is Due.PERHAPS and self._hold is not None and self._hold():
            self.held = True
            return False
        self.fixed = due is Due.SURELY
        return True

    def _watched_step(self, data: Any) -> Any:
        if self.model.jit_compile:  # one more reader of what XLA computes could change its last bit
            return self._inner(data)
        recorder = Recorder(self.model)
        inputs = import_keras().utils.unpack_x_y_sample_weight(data)[0]

        def watch(optimizer: keras.Optimizer, variables: list[keras.Variable], grads: list[tf.Tensor]) -> None:
            outputs = recorder.root.outputs if recorder.root is not None and recorder.root.done else ()
            self._bad_batch.keep_unless(all_finite(floats(outputs)), variables, inputs)

        with listening(recorder), _before_updates(self.model.optimizer, watch):
            return self._inner(data)

    def _looking_step(self, data: Any) -> Any:
        import tensorflow as tf

        recorder, update = Recorder(self.model), Update(readable=self.gradients)
        is_update = tf.constant(True)
        if self._group > 1:
            is_update = tf.equal((tf.convert_to_tensor(self._updates) + 1) % self._group, 0)
        with listening(recorder), _before_updates(self.model.optimizer, update.keep):
            logs = self._inner(data)
        rows = self._rows(recorder.named())
        self.layers = tuple(row.layer for row in rows)
        if not rows:
            return logs
        table = tf.stack([tf.stack(layer_statistics(row.outputs, row.variables, update)) for row in rows])
        if self._table is None or self._table.shape != table.shape:
            with tf.init_scope():
                self._table = tf.Variable(tf.zeros(table.shape), trainable=False)
        self._table.assign(tf.where(is_update, table, self._table) if self._group > 1 else table)
        return logs

    def _rows(self, named: list[Named]) -> list[_Row]:
        """Return a row for each layer that is called, in the order of first calls; layers inside a Keras layer belong to it."""
        keras = import_keras()
        rows: dict[int, _Row] = {}
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
                rows[id(op)] = _Row(layer, [], mine)
            if leaf and visit.done:
                rows[id(op)].outputs += floats(visit.outputs)
        return [row for row in rows.values() if row.outputs or row.variables]

    def read(self) -> Look | None:
        """Return the numbers of the newest look, or None before the first."""
        if self._table is None:
            return None
        table = self._table.numpy()
        return Look(self.layers, table[:, : len(STATISTICS)], table[:, len(STATISTICS) :] > 0)

    def trace_back(self) -> Look | None:
        """Return the flags of the first step whose outputs were not finite, or None when none was seen between two looks.

        They come from one more forward pass over its batch with the weights that it had.
        """
        if self._bad_batch.kept is None:
            return None
        weights, inputs = self._bad_batch.kept
        recorder = Recorder(self.model)
        with import_keras().StatelessScope(state_mapping=weights), listening(recorder):
            call(self.model, inputs, training=True)
        before = {id(v): value for v, value in weights}
        rows = self._rows(recorder.named())
        flags = np.zeros((len(rows), len(FLAGS)), bool)
        for flag, row in zip(flags, rows, strict=True):
            flag[0] = _has_broken(row.outputs)
            flag[1] = _has_broken(before[id(v)] for v in row.variables if id(v) in before)
        return Look(tuple(row.layer for row in rows), np.full((len(rows), len(STATISTICS)), np.nan), flags)


def _has_broken(tensors: Iterable[tf.Tensor]) -> bool:
    """Return True if a value in the tensors is not finite."""
    return not all(np.isfinite(np.asarray(tensor, np.float32)).all() for tensor in tensors)


@contextlib.contextmanager
def _before_updates(optimizer: keras.Optimizer | None, do: Callable[..., None]) -> Iterator[None]:
    """Call ``do(optimizer, variables, gradients)`` before each update inside the block; nothing stays on the optimizer."""
    if optimizer is None:
        yield
        return
    original = optimizer.apply

    def apply(grads: Iterable[tf.Tensor], trainable_variables: Iterable[keras.Variable] | None = None) -> object:
        grads = list(grads)
        variables = updated_variables(optimizer) if trainable_variables is None else list(trainable_variables)
        do(optimizer, variables, grads)
        return original(grads, variables)

    with _replaced(optimizer, "apply", apply):
        yield


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
