"""Keep the journal and the watchers of a run up to date, and report values that are not finite."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping

from kfx.training.monitor.monitor import Monitor
from kfx.training.run.keras_logs import Broken
from kfx.training.run.state import RunState
from kfx.training.run.steps import Steps
from kfx.training.run.watchers import Watchers


class Updates:
    """Writes the steps of a run into its journal and updates its watchers."""

    def __init__(self, run: RunState, steps: Steps, watchers: Watchers) -> None:
        self._run, self._steps, self._watchers = run, steps, watchers

    def catch_up(self) -> None:
        """Write the steps that were made into the journal and report a loss that is not finite."""
        began, journal, monitor = time.perf_counter(), self._run.journal, self._run.monitor
        broken = self._steps.write()
        self._spent(began)
        if not journal.finding and (broken is not None or (monitor is not None and monitor.broken)):
            self._report(loss_finding(broken, monitor), broken.step if broken is not None else None)

    def look_at_validation(self, epoch: int, logs: Mapping[str, float]) -> None:
        """Report the validation logs of an epoch (counted from 0) that are not finite."""
        finding = validation_finding(epoch, logs)
        if finding and not self._run.journal.finding:
            self._report(finding)

    def tick(self, now: float) -> None:
        """Update the journal and then the watchers."""
        self.catch_up()
        if self._run.monitor is not None:
            self._run.monitor.keep_cost(self._run.journal)
        began = time.perf_counter()
        self._watchers.tell(self._run, now)
        self._spent(began)

    def _report(self, finding: str, step: int | None = None) -> None:
        run = self._run
        run.journal.finding = finding
        run.journal.note("nan", finding, step=step)
        if run.monitor is not None and run.monitor.stop_when_broken:
            run.stopping = run.model.stop_training = True

    def _spent(self, began: float) -> None:
        """Add the time since then to what watching costs."""
        if self._run.monitor is not None:
            self._run.monitor.cost.shown += time.perf_counter() - began


def validation_finding(epoch: int, logs: Mapping[str, float]) -> str:
    """Return a sentence about the validation logs of an epoch (counted from 0) that are not finite, else ``""``."""
    bad = [name for name, value in logs.items() if name.startswith("val_") and not math.isfinite(value)]
    if not bad:
        return ""
    are = "are" if len(bad) > 1 else "is"
    return f"{', '.join(bad)} of epoch {epoch + 1} {are} not finite, the training loss is: look at the validation data."


def loss_finding(broken: Broken | None, monitor: Monitor | None) -> str:
    """Return a sentence about the first step whose loss, outputs or weights were not finite.

    Args:
        broken: The step and its logs; None where only the monitor saw it.
        monitor: The layer monitor, which may know the layer.
    """
    found = monitor.finding(None if broken is None else broken.step) if monitor is not None else ""
    names = broken.names if broken is not None else ("loss",)
    return found or f"{', '.join(names)} stopped being finite."
