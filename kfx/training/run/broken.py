"""Report where values of a run stopped being finite: the step, the layer, the last values that were finite."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from kfx.training.journal.facts import Broke
from kfx.training.run.keras_logs import BrokenStep, number
from kfx.training.run.state import RunState


class Broken:
    """Reports once, until a rewind: later values follow from the first bad one.

    Args:
        run: The state of the run.
    """

    def __init__(self, run: RunState) -> None:
        self._run = run

    def look(self, found: BrokenStep | None) -> None:
        """Report a step whose loss was not finite, or that the newest look of the monitor saw."""
        monitor, journal = self._run.monitor, self._run.journal
        if journal.finding or (found is None and not (monitor is not None and monitor.broken)):
            return
        step, names = (found.step, found.names) if found is not None else (None, ("loss",))
        said, layer = monitor.finding(step) if monitor is not None else ("", "")
        self._report(said or f"{', '.join(names)} stopped being finite.", step, layer, names if found is not None else ())

    def look_at_validation(self, epoch: int, logs: Mapping[str, Any]) -> None:
        """Report the validation logs of an epoch (counted from 0) that are not finite."""
        bad = [name for name, value in logs.items() if name.startswith("val_") and _not_finite(value)]
        if bad and not self._run.journal.finding:
            which = f"{', '.join(bad)} of epoch {epoch + 1} {'are' if len(bad) > 1 else 'is'} not finite"
            self._report(f"{which}, the training loss is: look at the validation data.", None, "", tuple(bad))

    def forget(self) -> None:
        """Begin anew after a rewind."""
        self._run.journal.finding, self._run.journal.broke = "", None
        if self._run.monitor is not None:
            self._run.monitor.forget()

    def _report(self, finding: str, step: int | None, layer: str, names: tuple[str, ...]) -> None:
        run, journal = self._run, self._run.journal
        at = journal.steps if step is None else step
        in_epoch = max(journal.step - (journal.steps - at), 0)
        journal.finding = finding
        journal.broke = Broke(at, max(journal.epoch, 1), in_epoch, layer, names, self._last_finite(at), finding)
        run.note("nan", finding, step=step)
        if run.monitor is not None and run.monitor.stop_when_broken:
            run.stopping = run.model.stop_training = True

    def _last_finite(self, before: int) -> dict[str, tuple[int, float]]:
        """Return the newest finite value of each log of the steps before this one."""
        rows = self._run.journal.batches.read()
        found = {}
        for i, name in enumerate(self._run.journal.batches.columns):
            good = np.flatnonzero((rows.finite[:, i] > 0) & (rows.steps < before))
            if name != "seconds" and len(good):
                found[name] = int(rows.steps[good[-1]]), float(rows.mean[good[-1], i])
        return found


def _not_finite(value: Any) -> bool:
    """Return whether a log is a number that is not finite; other things that callbacks log are none of our business."""
    known = number(value, math.inf if isinstance(value, str) else 0.0)
    return not isinstance(value, str) and not math.isfinite(known)
