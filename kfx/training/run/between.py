"""Between two steps of a run: carry out commands, look at the layers, update the journal and the watchers."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

from kfx.training.run.commands import Answer, Controls, Then, carry_out
from kfx.training.run.keras_logs import finite_loss
from kfx.training.run.state import RunState
from kfx.training.run.steps import Steps
from kfx.training.run.watchers import StepWatcher, Watchers

_POLL = 0.02  # seconds between two looks for messages
_RATE_EVERY = 100  # steps between two looks at the learning rate


class Between:
    """The work of a session before, after and between the steps of its run.

    Args:
        run: The state of the run.
        close: Ends the run with a state (`ENDINGS`) and perhaps an exception.

    Attributes:
        controls: The commands that wait.
        watchers: Objects that follow the run.
        step_watchers: Objects that are called at certain steps.
        steps: The steps, followed.
    """

    def __init__(self, run: RunState, close: Callable[[str, BaseException | None], None]) -> None:
        self._run, self._close = run, close
        self.controls = Controls()
        self.watchers = Watchers()
        self.step_watchers: list[StepWatcher] = []
        self.steps = Steps(
            run,
            self.controls,
            before=self._before_step,
            after=self._after_step,
            tested=self._stay_reachable,
            failed=self.failed,
        )
        self._next_poll = 0.0

    def failed(self, error: BaseException) -> None:
        """End the run because a step or a callback raised."""
        self._close("interrupted" if isinstance(error, KeyboardInterrupt) else "failed", error)

    def _before_step(self) -> Mapping[str, Any] | None:
        """Carry out the commands that arrived since the last step; every callback has been called by now.

        Returns:
            The logs of the last batch where no further one may be trained: Keras leaves the epoch after this "batch".
        """
        if not self.steps.ours:  # our fit was torn down unnoticed
            self._close("failed", None)
            self.steps.let_go()
            return None
        if self.steps.starts_epoch():
            self._run.note_rate()
        if self.controls.waiting:
            self._obey()
            self.steps.halted = self._run.stopping or self._run.skipping
        return self.steps.last if self.steps.halted else None

    def _after_step(self) -> None:
        """Do what is due after this step; not called after each."""
        run, journal, monitor = self._run, self._run.journal, self._run.monitor
        if not run.open:
            return
        before, logs = journal.steps, self.steps.last
        self.steps.count()
        stops = monitor is not None and monitor.stop_when_broken
        if monitor is not None and (monitor.look(journal) or stops) and (monitor.broken or not finite_loss(logs)):
            self.catch_up()
        if self.steps.undecided:
            self.catch_up()
        if journal.steps // _RATE_EVERY != before // _RATE_EVERY:
            run.note_rate()
        for watcher in self.step_watchers:
            if journal.steps // watcher.every != before // watcher.every:
                self.catch_up()
                watcher.stepped(run)
        self._stay_reachable()
        periods = (_RATE_EVERY, *(watcher.every for watcher in self.step_watchers))
        self.steps.rest(
            0.0 if self.steps.undecided or stops else min(self.watchers.next, self._next_poll),
            min(every - journal.steps % every for every in periods),
        )

    def _stay_reachable(self) -> None:
        now = time.perf_counter()
        if self.controls.waiting or now >= self._next_poll:
            self.serve()
            self._next_poll = now + _POLL if self._run.polls else math.inf
        if now >= self.watchers.next:
            self.tick(now)

    def serve(self) -> None:
        """Receive messages and carry out commands; waits here while paused."""
        for poll in self._run.polls:
            poll()
        if self.controls.waiting:
            self._obey()

    def _obey(self) -> None:
        """Carry out all commands that wait."""
        run = self._run
        self.catch_up()
        if self.controls.interrupted and not run.stopping:
            run.note("interrupt", f"interrupted at {run.place}")
            self._stop()
        for command in self.controls.take():
            outcome = carry_out(run, command)
            if outcome.event:
                run.note(outcome.event, outcome.text, outcome.value)
            if outcome.then is Then.STOP:
                self._stop()
            elif outcome.then is Then.RETRACE:
                self.steps.retrace()
            elif outcome.then is Then.LEAVE_EPOCH:
                run.skipping = run.model.stop_training = True
            answer = Answer(command, outcome.text, bool(outcome.event), time.perf_counter() - command.asked)
            for watcher in self.watchers:
                watcher.answered(run, answer)
            if outcome.then is Then.PAUSE:
                self._pause()

    def _stop(self) -> None:
        self._run.stopping = self._run.model.stop_training = True
        if self._run.phase == "paused":
            self._run.phase = "training"

    def _pause(self) -> None:
        """Wait for a command to go on or to stop."""
        run, began = self._run, time.perf_counter()
        run.phase, run.journal.state = "paused", "paused"
        self.tick(began)
        try:
            while run.phase == "paused":
                time.sleep(_POLL)
                self.serve()
        except BaseException as error:
            self.failed(error)
            raise
        run.journal.state = "running"
        run.paused += time.perf_counter() - began

    def catch_up(self) -> None:
        """Write the steps that were made into the journal and report a loss that is not finite."""
        began, journal, monitor = time.perf_counter(), self._run.journal, self._run.monitor
        broken = self.steps.write()
        self._spent(began)
        if not journal.finding and (broken is not None or (monitor is not None and monitor.broken)):
            found = monitor.finding(None if broken is None else broken.step) if monitor is not None else ""
            names = broken.names if broken is not None else ("loss",)
            found = found or f"{', '.join(names)} stopped being finite."
            self._report(found, broken.step if broken is not None else None)

    def look_at_validation(self, epoch: int, logs: Mapping[str, float]) -> None:
        """Report the validation logs of an epoch (counted from 0) that are not finite."""
        bad = [name for name, value in logs.items() if name.startswith("val_") and not math.isfinite(value)]
        if bad and not self._run.journal.finding:
            which = f"{', '.join(bad)} of epoch {epoch + 1} {'are' if len(bad) > 1 else 'is'} not finite"
            self._report(f"{which}, the training loss is: look at the validation data.")

    def _report(self, finding: str, step: int | None = None) -> None:
        run = self._run
        run.journal.finding = finding
        run.journal.note("nan", finding, step=step)
        if run.monitor is not None and run.monitor.stop_when_broken:
            run.stopping = run.model.stop_training = True

    def tick(self, now: float) -> None:
        """Update the journal and then the watchers."""
        self.catch_up()
        if self._run.monitor is not None:
            self._run.monitor.keep_cost(self._run.journal)
        began = time.perf_counter()
        self.watchers.tell(self._run, now)
        self._spent(began)

    def _spent(self, began: float) -> None:
        """Add the time since then to what watching costs."""
        if self._run.monitor is not None:
            self._run.monitor.cost.shown += time.perf_counter() - began
