"""One ``fit`` in progress: the callbacks of a fit share a session, which keeps the journal and carries out commands."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from kfx.training.journal.facts import Plan
from kfx.training.journal.journal import RUNS, Journal
from kfx.training.run.commands import Controls, Then, carry_out
from kfx.training.run.interrupts import Interrupts
from kfx.training.run.keras_logs import epoch_row, finite_loss
from kfx.training.run.learning_rate import LearningRate
from kfx.training.run.state import RunState
from kfx.training.run.steps import Steps
from kfx.training.run.watchers import StepWatcher, Watcher

if TYPE_CHECKING:
    import keras

_POLL = 0.02  # seconds between two looks for messages
_RATE_EVERY = 100  # steps between two looks at the learning rate
_TICK = 0.1  # seconds between two updates of the watchers, at least
_SHARE = 0.005  # of the run may go into these updates; sending them costs about as much again, in another thread


class Session:
    """Runs one ``fit`` from its first callback to its last.

    Attributes:
        run: The state of the run.
        controls: The commands that wait.
        watchers: Objects that follow the run.
        step_watchers: Objects that are called at certain steps.
        checkpointing: When checkpoints are taken without a command: ``"epoch"``, ``"best"`` or ``""``.
        leader: The callback that calls this session.
        params: The dict that Keras gives to all callbacks of one fit.
        managed: `kfx.fit` closes the session; in a plain fit the last callback does.
        facts: Short words about the data, for `Plan.facts`.
        thread: The thread that trains.
    """

    def __init__(self, model: keras.Model, *, extendable: bool = False) -> None:
        rate = LearningRate(getattr(model, "optimizer", None))
        self.run = RunState(model, Journal(name=str(model.name)), rate, extendable=extendable)
        self.controls = Controls()
        self.watchers: list[Watcher] = []
        self.step_watchers: list[StepWatcher] = []
        self.checkpointing = ""
        self.leader: object = None
        self.params: dict[str, Any] | None = None
        self.managed = False
        self.facts: tuple[str, ...] = ()
        self.thread = 0
        self._steps = Steps(
            self.run,
            self.controls,
            before=self._before_step,
            after=self._after_step,
            tested=self._stay_reachable,
            failed=self.failed,
        )
        self._next_poll = self._next_tick = 0.0  # on the clock of `time.perf_counter`
        self._interrupts = Interrupts(self._interrupted)
        self._ended: tuple[int, Mapping[str, float]] = 0, {}  # the newest epoch that reached its end, and its logs
        self._rows = 0  # epochs in the journal when the fit in progress began

    @property
    def journal(self) -> Journal:
        """The journal of the run."""
        return self.run.journal

    @property
    def ending(self) -> str:
        """The state of a run that comes to its end now."""
        return "interrupted" if self.controls.interrupted else "stopped" if self.run.stopping else "done"

    def begin(self, params: Mapping[str, Any], first_epoch: int) -> None:
        """Record the plan and get everything ready; called when all callbacks of the fit have joined."""
        run, optimizer = self.run, getattr(self.run.model, "optimizer", None)
        name = type(getattr(optimizer, "inner_optimizer", optimizer)).__name__ if optimizer is not None else ""
        run.journal.plan = Plan(
            params.get("epochs") or 0, first_epoch, params.get("steps"), self.facts, name, run.rate.schedule
        )
        run.open, self.thread = True, threading.get_ident()
        RUNS.append(run.journal)
        run.began = time.perf_counter()
        run.journal.epoch = first_epoch
        run.note_rate()
        self._interrupts.start()
        self._steps.follow()
        for watcher in self.watchers:
            watcher.began(run)

    def resume(self) -> None:
        """Begin another ``fit`` of the same run: `kfx.fit` adds an epoch."""
        self._interrupts.start()
        self._rows = self.journal.epochs.rows
        self._steps.follow()

    def close(self, state: str, error: BaseException | None = None) -> None:
        """End the run: put everything back and call the watchers. A second call does nothing."""
        run = self.run
        OPEN.pop(run.model, None)
        if not run.open:
            return
        self._catch_up()
        run.open = False
        self._interrupts.stop()
        self._steps.complete_history(self.journal.epochs.rows - self._rows, *self._ended)
        self._steps.give_back()
        if run.rate.restore():
            run.model.train_function = None
        if error is not None and state == "failed":
            self.journal.note("error", f"{type(error).__name__}: {error}".splitlines()[0][:300])
        if run.monitor is not None:
            run.monitor.keep_cost(self.journal)
        self.journal.state = state
        for watcher in self.watchers:
            watcher.ended(run)

    def failed(self, error: BaseException) -> None:
        """End the run because a step or a callback raised."""
        self.close("interrupted" if isinstance(error, KeyboardInterrupt) else "failed", error)

    def epoch_begin(self, epoch: int, *, last: bool) -> None:
        """Begin an epoch, counted from 0 as Keras does; ``last`` is True for the last one that is planned."""
        run, journal = self.run, self.journal
        journal.epoch, journal.step = epoch + 1, 0
        run.phase, run.begun = "training", True
        self._steps.epoch_begin()
        if last and run.monitor is not None:
            run.monitor.expect_end(journal)

    def test_begin(self) -> None:
        """Begin a validation: follow its steps as well."""
        self._catch_up()
        self.run.phase = "validating"
        self._steps.test_begin()

    def test_end(self) -> None:
        """End a validation."""
        self._steps.test_end()

    def epoch_end(self, epoch: int, logs: Mapping[str, float]) -> None:
        """Record the epoch as Keras's History does, take a checkpoint, and go on from a rewind."""
        run, journal = self.run, self.journal
        self._catch_up()
        run.begun = False
        self._steps.epoch_end()
        self._look_at_validation(epoch, logs)
        before = journal.best()
        journal.epochs.widen([*logs, "seconds"])
        journal.epochs.add(journal.steps, epoch_row(journal.epochs.columns, epoch + 1, logs, journal.seconds))
        self._ended = epoch, dict(logs)
        best = journal.best() != before
        wanted = self.checkpointing == "epoch" or (self.checkpointing == "best" and best)
        if run.store is not None and wanted and not run.skipping:
            run.store.take(run.model, epoch=epoch + 1, step=0, steps=journal.steps, best=best)
        if run.skipping and not run.stopping:
            run.model.stop_training = False
        run.skipping = False
        run.phase = "training"
        try:
            for watcher in self.step_watchers:
                watcher.epoch_ended(run, logs)
            self.serve()
            self._tick(time.perf_counter())
        except BaseException as error:
            self.failed(error)
            raise

    def serve(self) -> None:
        """Receive messages and carry out commands; waits here while paused."""
        for poll in self.run.polls:
            poll()
        if self.controls.waiting:
            self._obey()

    def _before_step(self) -> Mapping[str, Any] | None:
        """Carry out the commands that arrived since the last step; every callback has been called by now.

        Returns:
            The logs of the last batch where no further one may be trained: Keras leaves the epoch after this "batch".
        """
        if not self._steps.ours:  # our fit was torn down unnoticed
            self.close("failed")
            self._steps.let_go()
            return None
        if self._steps.starts_epoch():
            self.run.note_rate()
        if self.controls.waiting:
            self._obey()
            self._steps.halted = self.run.stopping or self.run.skipping
        return self._steps.last if self._steps.halted else None

    def _after_step(self) -> None:
        """Do what is due after this step; not called after each."""
        run, journal, monitor, steps = self.run, self.journal, self.run.monitor, self._steps
        if not run.open:
            return
        before, logs = journal.steps, steps.last
        steps.count()
        stops = monitor is not None and monitor.stop_when_broken
        if monitor is not None and (monitor.look(journal) or stops) and (monitor.broken or not finite_loss(logs)):
            self._catch_up()
        if steps.logs.undecided:
            self._catch_up()
        if journal.steps // _RATE_EVERY != before // _RATE_EVERY:
            run.note_rate()
        for watcher in self.step_watchers:
            if journal.steps // watcher.every != before // watcher.every:
                self._catch_up()
                watcher.stepped(run)
        self._stay_reachable()
        periods = (_RATE_EVERY, *(watcher.every for watcher in self.step_watchers))
        steps.rest(
            0.0 if steps.logs.undecided or stops else min(self._next_tick, self._next_poll),
            min(every - journal.steps % every for every in periods),
        )

    def _stay_reachable(self) -> None:
        now = time.perf_counter()
        if self.controls.waiting or now >= self._next_poll:
            self.serve()
            self._next_poll = now + _POLL if self.run.polls else math.inf
        if now >= self._next_tick:
            self._tick(now)

    def _interrupted(self) -> None:
        """Record the request to stop; runs in a signal handler. Between two epochs no batch would end."""
        self.controls.interrupt()
        if not self.run.begun:
            self.run.model.stop_training = True

    def _obey(self) -> None:
        """Carry out all commands that wait."""
        run = self.run
        self._catch_up()
        if self.controls.interrupted and not run.stopping:
            run.note("interrupt", f"interrupted at {run.place}")
            self._stop()
        for command in self.controls.take():
            outcome = carry_out(run, command)
            if outcome.done:
                run.note(outcome.event, outcome.text, outcome.value)
            if outcome.then is Then.STOP:
                self._stop()
            elif outcome.then is Then.RETRACE:
                self._steps.retrace()
            elif outcome.then is Then.LEAVE_EPOCH:
                run.skipping = run.model.stop_training = True
            for watcher in self.watchers:
                watcher.answered(run, command, outcome)
            if outcome.then is Then.PAUSE:
                self._pause()

    def _stop(self) -> None:
        self.run.stopping = self.run.model.stop_training = True
        if self.run.phase == "paused":
            self.run.phase = "training"

    def _pause(self) -> None:
        """Wait for a command to go on or to stop."""
        run, began = self.run, time.perf_counter()
        run.phase, run.journal.state = "paused", "paused"
        self._tick(began)
        try:
            while run.phase == "paused":
                time.sleep(_POLL)
                self.serve()
        except BaseException as error:
            self.failed(error)
            raise
        run.journal.state = "running"
        run.paused += time.perf_counter() - began

    def _catch_up(self) -> None:
        """Write the steps that were made into the journal and report a loss that is not finite."""
        began, monitor = time.perf_counter(), self.run.monitor
        broken = self._steps.write()
        self._spent(began)
        if not self.journal.finding and (broken is not None or (monitor is not None and monitor.broken)):
            step, names = broken if broken is not None else (None, ("loss",))
            found = monitor.finding(step) if monitor is not None else ""
            self._report(found or f"{', '.join(names)} stopped being finite.", step)

    def _look_at_validation(self, epoch: int, logs: Mapping[str, float]) -> None:
        """Report the validation logs of an epoch (counted from 0) that are not finite."""
        bad = [name for name, value in logs.items() if name.startswith("val_") and not math.isfinite(value)]
        if bad and not self.journal.finding:
            which = f"{', '.join(bad)} of epoch {epoch + 1} {'are' if len(bad) > 1 else 'is'} not finite"
            self._report(f"{which}, the training loss is: look at the validation data.")

    def _report(self, finding: str, step: int | None = None) -> None:
        run = self.run
        run.journal.finding = finding
        run.journal.note("nan", finding, step=step)
        if run.monitor is not None and run.monitor.stop_when_broken:
            run.stopping = run.model.stop_training = True

    def _tick(self, now: float) -> None:
        """Update the journal and then the watchers; an update that takes long is made less often."""
        self._catch_up()
        if self.run.monitor is not None:
            self.run.monitor.keep_cost(self.journal)
        began = time.perf_counter()
        for watcher in self.watchers:
            watcher.tick(self.run)
        done = time.perf_counter()
        self._next_tick = done + max(_TICK, (done - now) / _SHARE)
        self._spent(began)

    def _spent(self, began: float) -> None:
        """Add the time since then to the cost of watching."""
        if self.run.monitor is not None:
            self.run.monitor.cost.shown += time.perf_counter() - began


OPEN: WeakKeyDictionary[keras.Model, Session] = WeakKeyDictionary()  # the models in training


def session_of(model: keras.Model, params: dict[str, Any] | None) -> Session:
    """Return the session of this model's fit; ``params`` is the dict that all callbacks of one fit have in common."""
    found = OPEN.get(model)
    if found is not None and found.params is not None and found.params is not params:  # its fit was torn down unnoticed
        found.close("failed")
        found = None
    if found is None:
        found = OPEN[model] = Session(model)
    found.params = params
    return found
