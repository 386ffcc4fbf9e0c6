"""The layer monitor of one run: writes the statistics of the train step into the journal."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from kfx.training.journal.journal import Journal
from kfx.training.monitor.diagnose import where_it_broke
from kfx.training.monitor.overhead import Overhead
from kfx.training.monitor.train_step import Look, StepStatistics

if TYPE_CHECKING:
    import keras

EVERY = 50  # steps between two looks by default


class Monitor:
    """Writes the statistics of a run into its journal.

    Args:
        every: Look every so many steps. None looks every `EVERY` steps, and less often where that would cost too much.
        gradients: Read the gradients; None does so where training stays bit for bit the same.
        stop_when_broken: Stop at the first value that is not finite.

    Attributes:
        cost: The time that watching takes.
    """

    def __init__(self, *, every: int | None, gradients: bool | None, stop_when_broken: bool) -> None:
        self.every, self.gradients, self.stop_when_broken = every, gradients, stop_when_broken
        self.cost = Overhead()
        self._statistics: StepStatistics | None = None
        self._jit = False
        self._end: int | None = None  # the step that is planned to be the run's last
        self._last: Look | None = None
        self._last_step = 0

    @property
    def broken(self) -> bool:
        """True when outputs or weights were not finite at the newest look: a relu can hide that from the loss."""
        return self._last is not None and bool(self._last.flags[:, :2].any())

    def install(self, model: keras.Model, journal: Journal, wake: Callable[[], None]) -> None:
        """Make the model's train function look at its layers; the session puts the original back at the end.

        Args:
            model: A compiled model.
            journal: The journal of its run.
            wake: Called in the middle of a step that looks.
        """
        strategy = model.distribute_strategy
        if strategy.num_replicas_in_sync > 1:
            journal.note("note", f"Layers are not monitored under {type(strategy).__name__} with several replicas.")
            return
        self._statistics = StepStatistics(
            model,
            self.every or EVERY,
            gradients=self.gradients,
            cost=self.cost,
            hold=(lambda: self.cost.resting) if self.every is None else None,
        )
        self._jit = bool(model.jit_compile)
        model.train_function = self._statistics.train_function(wake)
        self._set_end(journal)

    def expect_end(self, journal: Journal) -> None:
        """Expect the epoch that begins to be the last one."""
        if journal.plan.steps:
            self._end = journal.steps + journal.plan.steps
            self._set_end(journal)

    def _set_end(self, journal: Journal) -> None:
        if self._statistics is not None and self._end is not None:
            self._statistics.expect_end(self._end - journal.steps)

    def look(self, journal: Journal) -> bool:
        """Write the statistics of the newest step into the journal; return True if that step was a look."""
        found, began = self._statistics, time.perf_counter()
        look = found.read() if found is not None and found.looked else None
        if found is None or look is None:
            return False
        self._last, self._last_step = look, journal.steps
        table = journal.watch(look.layers, found.every) if journal.statistics is None else journal.statistics
        row = look.values.ravel().tolist()
        table.add(journal.steps, row)
        journal.thinned = journal.thinned or found.held
        if found.fixed or self.every is not None:
            journal.fixed, journal.fixed_step = row, journal.steps
        self.cost.read(time.perf_counter() - began)
        return True

    def keep_cost(self, journal: Journal) -> None:
        """Record the share of the run that watching takes: looks, the check of each step's outputs, the journal, the views."""
        journal.cost = self.cost.share(journal.seconds, 0 if self._jit else journal.steps)
        journal.ready = self.cost.ready

    def finding(self, step: int | None) -> str:
        """Return a sentence about the layer where values first stopped being finite; ``""`` when that is not known.

        Args:
            step: The first step whose loss was not finite, or None when only a look found it.
        """
        if self._statistics is None:
            return ""
        look = self._last if step is None or step == self._last_step else None
        look = look or self._statistics.trace_back()
        if look is not None:
            return where_it_broke(look.layers, look.flags)
        return "" if self._jit else where_it_broke((), np.zeros((0, 3), bool))
