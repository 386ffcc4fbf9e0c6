"""Measure statistics of every layer inside the model's own compiled train step, on the batch it trains on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kfx.keras_access.forward import call
from kfx.keras_access.hooks import listening
from kfx.keras_access.importing import import_keras
from kfx.keras_access.tensorflow.unwatched import unwatched
from kfx.training.journal.facts import PART_STATISTICS, STATISTICS, Layer, Part
from kfx.training.monitor.interval import Due, Growing, Interval, Times, spread
from kfx.training.monitor.overhead import Overhead
from kfx.training.monitor.traced_steps import traced_steps
from kfx.values.tap.recorder import Recorder

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
        parts: The weights of the layers, each by itself.
        part_values: Shape ``(parts, len(PART_STATISTICS))``.
        added: What each layer that adds to the loss added to it, by its key.
    """

    layers: tuple[Layer, ...]
    values: np.ndarray
    flags: np.ndarray
    parts: tuple[Part, ...] = ()
    part_values: np.ndarray | None = None
    added: dict[str, float] | None = None


class StepStatistics:
    """Makes a train function that looks at the layers, now and then, without a second forward pass.

    There are two compiled steps. Most of the time Keras's own runs, which only checks that the model's outputs are finite;
    where a look is due the other one runs, which is traced when it is first needed. Both are kept while Keras keeps its own.
    Training stays bit for bit the same. The gradient is the raw one, before clipping.

    Args:
        model: A compiled model.
        every: Look at the first step and then every so many steps, rounded up to a multiple of
            ``gradient_accumulation_steps``. None spreads the looks over the run, see `expect`.
        gradients: Read the gradients. None does so unless the step is compiled by XLA, where one more reader of a gradient
            makes XLA fuse the step in another way, so that the last bit of the weights may differ (measured).
        cost: Records how long steps take.
        own: Keras's own train function; the model's by default.

    Attributes:
        looked: The newest execution was a look.
        fixed: The newest look was one that is never left out.
        held: A look was left out at least once.
        error: Why nothing is looked at any more; None while all goes well.
    """

    def __init__(
        self,
        model: keras.Model,
        every: int | None,
        *,
        gradients: bool | None = None,
        cost: Overhead | None = None,
        own: Callable[[Any], Any] | None = None,
    ) -> None:
        self.model = model
        self.gradients = not model.jit_compile if gradients is None else gradients
        if own is None:
            model.make_train_function()
            own = model.train_function
        self._traced = traced_steps(model, own, gradients=self.gradients)
        self._traced.bad_batch.kept = None
        group, updates = self._traced.group, self._traced.updates
        done = int(updates.numpy()) if updates is not None else 0
        self._group, self._first = group, group - done % group
        self._times: Times
        if every is None:
            self._times = Growing(first=self._first, group=group)
        else:
            self._times = Interval(every, first=self._first, group=group)
        self._spreads, self._fresh = every is None, False
        self._cost = Overhead() if cost is None else cost
        self._done, self._near = 0, 0
        self.looked = self.fixed = self.held = False
        self._looks = False
        self.error: Exception | None = self._traced.error

    @property
    def every(self) -> int:
        """Steps between two looks; 0 while their number is not fixed."""
        return self._times.every

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The rows, once a look was made."""
        return self._traced.layers

    @property
    def blind(self) -> bool:
        """True when a look found no layer: a custom train step that never calls the model itself."""
        return self.looked and not self._traced.layers

    def expect(self, epochs: int, steps: int) -> None:
        """Spread the looks over a run of so many epochs and steps an epoch: 20 to 41 of them, and some in each epoch."""
        if self._spreads and isinstance(self._times, Growing):
            self._times = spread(epochs, steps, done=self._done, first=self._first, group=self._group)
            self._near = 0

    def epoch_begin(self, *, sure: bool) -> None:
        """Begin an epoch; ``sure``: its first look is never left out."""
        self._fresh = self._spreads and sure

    def expect_end(self, steps: int) -> None:
        """Expect the run to end after so many further steps, and look at the last of them."""
        self._times.expect_end(self._done + steps)
        self._near = 0

    def train_function(self, wake: Callable[[], None] | None = None) -> Callable[[Any], Any]:
        """Return a function to replace ``model.train_function``; the model itself is left unchanged.

        Args:
            wake: Called after each look, before the function returns.
        """
        traced, each = self._traced, self.model.steps_per_execution
        plain = traced.watched if self.error is None else traced.own

        def train_function(iterator: Any) -> Any:
            self._done += each
            try:
                if self._done < self._near:  # nearly always, and so as short as can be
                    return plain(iterator)
                return noted(iterator)
            except BaseException:  # also the end of the data, which only a step finds
                self._done -= each
                raise

        def noted(iterator: Any) -> Any:
            look = self.error is None and self._wanted(self._times.due(self._done - each, self._done))
            began = time.perf_counter()
            result = (traced.looking if look else plain)(iterator)
            (self._cost.looked if look else self._cost.plain)(time.perf_counter() - began)
            self.looked, self._looks, self.error = look, self._looks or look, traced.error
            self._near = 0 if look else self._times.soonest(self._done) - _TIMED * each
            if look and wake is not None:
                wake()
            return result

        return train_function

    def _wanted(self, due: Due) -> bool:
        if due is Due.NOT:
            return False
        if due is Due.PERHAPS and self._spreads and not self._fresh and self._cost.resting:
            self.held = True
            return False
        self.fixed, self._fresh = due is Due.SURELY or self._fresh, False
        return True

    def read(self) -> Look | None:
        """Return the numbers of the newest look, or None before the first."""
        traced = self._traced
        if traced.table is None or not self._looks:
            return None
        with unwatched():
            flat = traced.table.numpy()
        if not len(flat):
            return None
        rows, parts = len(traced.layers), len(traced.parts)
        wide = len(STATISTICS) + len(FLAGS)
        table = flat[: rows * wide].reshape(rows, wide)
        rest = flat[rows * wide :]
        part_values = rest[: parts * len(PART_STATISTICS)].reshape(parts, len(PART_STATISTICS))
        added = dict(zip(traced.adding, rest[part_values.size :].tolist(), strict=True))
        values, flags = table[:, : len(STATISTICS)], table[:, len(STATISTICS) :] > 0
        return Look(traced.layers, values, flags, traced.parts, part_values, added)

    def trace_back(self) -> Look | None:
        """Return the flags of the first step whose outputs were not finite, or None when none was seen between two looks.

        They come from one more forward pass over its batch with the weights that it had.
        """
        if self._traced.bad_batch.kept is None:
            return None
        weights, inputs = self._traced.bad_batch.kept
        recorder = Recorder(self.model)
        with unwatched(), import_keras().StatelessScope(state_mapping=weights), listening(recorder):
            call(self.model, inputs, training=True)
            before = {id(v): value for v, value in weights}
            rows = self._traced.rows(recorder.named())
            flags = np.zeros((len(rows), len(FLAGS)), bool)
            for flag, row in zip(flags, rows, strict=True):
                flag[0] = _has_broken(row.outputs)
                flag[1] = _has_broken(before[id(v)] for v in row.variables if id(v) in before)
        return Look(tuple(row.layer for row in rows), np.full((len(rows), len(STATISTICS)), np.nan), flags)


def _has_broken(tensors: Iterable[tf.Tensor | np.ndarray]) -> bool:
    """Return True if a value in the tensors is not finite."""
    return not all(np.isfinite(np.asarray(tensor, np.float32)).all() for tensor in tensors)
