"""The layer monitor of one run: writes the statistics of the train step into the journal."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from kfx.keras_access.importing import backend_name
from kfx.training.journal.journal import Journal
from kfx.training.monitor.diagnose import where_it_broke
from kfx.training.monitor.overhead import Overhead
from kfx.training.monitor.train_step import Look, StepStatistics

if TYPE_CHECKING:
    import keras

_SURE_EPOCHS = 60  # in a run of more epochs a look that costs too much may be left out of an epoch
_log = logging.getLogger("kfx")


class Monitor:
    """Writes the statistics of a run into its journal.

    Args:
        every: Look at the first step and then every so many steps. None spreads 20 to 41 looks over the run, some in each
            epoch, and makes fewer where that would cost too much.
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
        self._told = False

    @property
    def broken(self) -> bool:
        """True when outputs or weights were not finite at the newest look: a relu can hide that from the loss."""
        return self._last is not None and bool(self._last.flags[:, :2].any())

    def install(
        self, model: keras.Model, journal: Journal, own: Callable[..., Any], wake: Callable[[], None]
    ) -> Callable[..., Any]:
        """Return a train function that looks at the layers, or Keras's own where nothing can be looked at.

        Args:
            model: A compiled model.
            journal: The journal of its run.
            own: Keras's own train function.
            wake: Called in the middle of a step that looks.
        """
        if backend_name() != "tensorflow":
            self._tell(journal, f"Layers are not monitored on the {backend_name()} backend of Keras; training goes on.")
            return own
        strategy = model.distribute_strategy
        if strategy.num_replicas_in_sync > 1:
            self._tell(journal, f"Layers are not monitored under {type(strategy).__name__} with several replicas.")
            return own
        try:
            found = StepStatistics(model, self.every, gradients=self.gradients, cost=self.cost, own=own)
            function = found.train_function(wake)
        except Exception as error:
            self._tell(
                journal,
                f"Layers are not monitored ({type(error).__name__}: {error:.200}); training goes on.".replace("\n", " "),
            )
            return own
        self._statistics, self._jit = found, bool(model.jit_compile)
        plan = journal.plan
        if plan.steps:
            found.expect(max(plan.epochs - plan.first_epoch, 1), plan.steps)
        self._set_end(journal)
        return function

    def epoch_begin(self, journal: Journal, *, last: bool) -> None:
        """Begin an epoch; ``last``: no other one is planned."""
        found, plan = self._statistics, journal.plan
        if found is None:
            return
        epochs = max(plan.epochs - plan.first_epoch, 1)
        found.epoch_begin(sure=epochs <= _SURE_EPOCHS)
        if not plan.steps and journal.epochs_done:
            found.expect(epochs, max(journal.steps // journal.epochs_done, 1))
        if last and plan.steps:
            self._end = journal.steps + plan.steps
            self._set_end(journal)

    def _set_end(self, journal: Journal) -> None:
        if self._statistics is not None and self._end is not None:
            self._statistics.expect_end(self._end - journal.steps)

    def look(self, journal: Journal) -> bool:
        """Write the statistics of the newest step into the journal; return True if that step was a look."""
        found, began = self._statistics, time.perf_counter()
        if found is None:
            return False
        if found.error is not None and not self._told:
            error = found.error
            self._tell(journal, f"Layers are not monitored ({type(error).__name__}: {error!s:.200}); training goes on.")
        if found.blind:
            self._tell(journal, "Layers are not monitored: the train step never calls the model itself.")
        look = found.read() if found.looked else None
        if look is None:
            return False
        self._last, self._last_step = look, journal.steps
        self._write(journal, look, found)
        self.cost.read(time.perf_counter() - began)
        return True

    def _write(self, journal: Journal, look: Look, found: StepStatistics) -> None:
        table = journal.watch(look.layers, found.every, look.parts) if journal.statistics is None else journal.statistics
        row = look.values.ravel().tolist()
        table.add(journal.steps, row)
        parts = look.part_values.ravel().tolist() if look.part_values is not None else []
        if journal.part_statistics is not None:
            journal.part_statistics.add(journal.steps, parts)
        if look.added:
            journal.added.widen(list(look.added))
            journal.added.add(journal.steps, [look.added.get(name, np.nan) for name in journal.added.columns])
        journal.every, journal.thinned = found.every, journal.thinned or found.held
        if found.fixed or self.every is not None:
            journal.fixed, journal.fixed_step, journal.fixed_parts = row, journal.steps, parts

    def forget(self) -> None:
        """Forget the newest look: the weights that it saw were given up by a rewind."""
        self._last, self._last_step = None, 0

    def keep_cost(self, journal: Journal) -> None:
        """Record the share of the run that watching takes: looks, the check of each step's outputs, the journal, the views."""
        if self._statistics is None:
            return
        journal.cost = self.cost.share(journal.seconds, 0 if self._jit else journal.steps)
        journal.ready = self.cost.ready

    def finding(self, step: int | None) -> tuple[str, str]:
        """Return a sentence about the layer where values first stopped being finite, and its key; ``""`` where unknown.

        Args:
            step: The first step whose loss was not finite, or None when only a look found it.
        """
        if self._statistics is None:
            return "", ""
        look = self._last if step is None or step == self._last_step else None
        look = look or self._statistics.trace_back()
        if look is not None:
            return where_it_broke(look.layers, look.flags)
        return ("", "") if self._jit else where_it_broke((), np.zeros((0, 3), bool))

    def _tell(self, journal: Journal, sentence: str) -> None:
        """Say once why the layers are not monitored."""
        if not self._told:
            self._told = True
            sentence = " ".join(sentence.split())
            journal.note("note", sentence)
            _log.warning("%s", sentence)
