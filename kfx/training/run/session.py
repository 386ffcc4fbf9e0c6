"""One ``fit`` in course: the callbacks of a fit share a session, which keeps the journal and obeys the controls."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from typing import Any

from kfx.training.journal.journal import Event, Journal, Plan
from kfx.training.journal.keras_logs import Broken, epoch_row
from kfx.training.monitor.monitor import Monitor
from kfx.training.run.checkpoints import CheckpointStore
from kfx.training.run.commands import obey
from kfx.training.run.controls import Answer, Controls
from kfx.training.run.interrupts import Interrupts
from kfx.training.run.learning_rate import LearningRate
from kfx.training.run.open_runs import OPEN, RUNS
from kfx.training.run.steps import Steps
from kfx.training.run.watchers import Watchers


class Session:
    """One run from its first callback to its last.

    Attributes:
        model: The model in training.
        journal: What is noted down.
        controls: What is asked for.
        rate: The learning rate.
        store: The checkpoints, or None.
        watchers: Who follows.
        polls: Called at each batch's end and while paused, e.g. to let messages in.
        steps: The steps, followed.
        phase: ``"training"``, ``"validating"`` or ``"paused"``.
        begun: Whether an epoch is in course.
        thread: The thread that trains.
        extra: Epochs asked for beyond the plan; `kfx.fit` makes them.
        extendable: Whether somebody will make them.
    """

    def __init__(self, model: Any, *, extendable: bool = False) -> None:
        self.model = model
        optimizer = getattr(model, "optimizer", None)
        self.rate = LearningRate(optimizer)
        self.journal = Journal(name=str(model.name))
        self.controls = Controls()
        self.store: CheckpointStore | None = None
        self.watchers = Watchers()
        self.polls: list[Callable[[], None]] = []
        self.leader: Any = None
        self.params: Any = None
        self.managed = False  # kfx.fit closes it; a plain fit ends with its last callback
        self.facts: tuple[str, ...] = ()
        self.monitor: Monitor | None = None  # put there by a LayerMonitor
        self.checkpointing = ""  # when to take checkpoints by itself: "epoch", "best" or ""
        self.steering = False  # a Controls callback is there
        self.phase, self.extra, self.extendable = "training", 0, extendable
        self.open = self.begun = self.stopping = self.skipping = False
        self.thread = 0
        self._interrupts = Interrupts(self._interrupted)
        self._began = self._paused = 0.0
        self._ended: tuple[int, dict[str, Any]] = 0, {}  # the newest epoch that reached its end, and its logs
        self._rows = 0  # epochs in the journal when the fit in course began
        self.steps = Steps(self)

    # ------------------------------------------------------------------------------------------------ begin and end

    def plan(self, params: dict[str, Any], first_epoch: int) -> None:
        """Note what ``fit`` was asked for."""
        optimizer = getattr(self.model, "optimizer", None)
        name = type(getattr(optimizer, "inner_optimizer", optimizer)).__name__ if optimizer is not None else ""
        self.journal.plan = Plan(
            params.get("epochs") or 0,
            first_epoch,
            params.get("steps"),
            self.facts,
            name,
            self.rate.schedule,
        )

    def begin(self, first_epoch: int) -> None:
        """Get everything ready; called when all callbacks of the fit have joined."""
        self.open, self.thread = True, threading.get_ident()
        RUNS.append(self.journal)
        self._began = time.perf_counter()
        self.journal.epoch = first_epoch
        self.note_rate()
        self._interrupts.start()
        self.steps.follow()
        for watcher in self.watchers:
            watcher.began(self)

    def resume(self) -> None:
        """Another ``fit`` of the same run begins: `kfx.fit` adds an epoch."""
        self._interrupts.start()
        self._rows = self.journal.epochs.rows
        self.steps.follow()

    def close(self, state: str, error: BaseException | None = None) -> None:
        """The run is over: give back all that was taken and tell the watchers. A second call does nothing."""
        OPEN.pop(self.model, None)
        if not self.open:
            return
        self.catch_up()
        self.open = False
        self._interrupts.stop()
        self._agree()
        self.steps.give_back()
        if self.rate.restore():
            self.model.train_function = None
        if error is not None and state == "failed":
            self.journal.note("error", f"{type(error).__name__}: {error}".splitlines()[0][:300])
        if self.monitor is not None:
            self.monitor.keep_cost(self.journal)
        self.journal.state = state
        for watcher in self.watchers:
            watcher.ended(self)

    @property
    def ending(self) -> str:
        """How a run that comes to its end now has ended."""
        return "interrupted" if self.controls.interrupted else "stopped" if self.stopping else "done"

    # ------------------------------------------------------------------------------------------------ while it runs

    def epoch_begin(self, epoch: int, *, last: bool) -> None:
        """``epoch`` counts from 0, as Keras does; it is the ``last`` one that is planned, or not."""
        journal = self.journal
        journal.epoch, journal.step = epoch + 1, 0
        self.phase, self.begun = "training", True
        self.steps.epoch_begin()
        if last and self.monitor is not None:
            self.monitor.expect_end(journal)

    def test_begin(self) -> None:
        """Validation begins: follow its steps as well."""
        self.catch_up()
        self.phase = "validating"
        self.steps.test_begin()

    def test_end(self) -> None:
        """Validation is over."""
        self.steps.test_end()

    def epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        """Note the epoch as Keras's History does, take a checkpoint, and go on from a rewind."""
        journal = self.journal
        self.catch_up()
        self.begun = False
        self.steps.epoch_end()
        self._look_at_validation(epoch, logs)
        before = journal.best()
        journal.epochs.widen([*logs, "seconds"])
        journal.epochs.add(journal.steps, epoch_row(journal.epochs.columns, epoch + 1, logs, journal.seconds))
        self._ended = epoch, dict(logs)
        best = journal.best() != before
        wanted = self.checkpointing == "epoch" or (self.checkpointing == "best" and best)
        if self.store is not None and wanted and not self.skipping:
            self.store.take(self.model, epoch=epoch + 1, step=0, steps=journal.steps, best=best)
        if self.skipping and not self.stopping:
            self.model.stop_training = False
        self.skipping = False
        self.phase = "training"
        try:
            self.serve()
            self.tick(time.perf_counter())
        except BaseException as error:
            self.failed(error)
            raise

    def serve(self) -> None:
        """Let messages in and do what is asked; waits here while paused."""
        for poll in self.polls:
            poll()
        if self.controls.waiting:
            obey(self)

    def pause(self) -> None:
        """Wait until somebody says go on or stop."""
        began = time.perf_counter()
        self.phase, self.journal.state = "paused", "paused"
        self.tick(began)
        try:
            while self.phase == "paused":
                time.sleep(0.02)
                for poll in self.polls:
                    poll()
                if self.controls.waiting:
                    obey(self)
        except BaseException as error:
            self.failed(error)
            raise
        self.journal.state = "running"
        self._paused += time.perf_counter() - began

    def answer(self, answer: Answer) -> None:
        """Tell the watchers what became of a command."""
        for watcher in self.watchers:
            watcher.answered(self, answer)

    def note(self, kind: str, text: str = "", value: float | None = None) -> Event:
        """An event in the journal, with the time."""
        self.clock()
        return self.journal.note(kind, text, value)

    def tick(self, now: float) -> None:
        """Bring the journal and then the watchers up to date."""
        self.catch_up()
        if self.monitor is not None:
            self.monitor.keep_cost(self.journal)
        told = time.perf_counter()
        self.watchers.tell(self, now)
        self._costs(told)

    def catch_up(self) -> None:
        """Bring the journal up to date with the steps that were made; here it is noticed that a loss is not finite."""
        began = time.perf_counter()
        broken = self.steps.write(self._began + self._paused)
        self._costs(began)
        if not self.journal.finding and (broken is not None or (self.monitor is not None and self.monitor.broken)):
            self._broke(broken)

    def retrace(self) -> None:
        """Make the train function again, because the optimizer works in another way from now on."""
        self.model.make_train_function(force=True)
        self.steps.install()

    def clock(self) -> None:
        """Bring the run's seconds up to date."""
        if self.open:
            self.journal.seconds = time.perf_counter() - self._began - self._paused

    def note_rate(self) -> None:
        """Note the learning rate if it is another one."""
        value = self.rate.read()
        if value is not None and (not self.journal.rates.rows or self.journal.rates.last[0] != value):
            self.journal.rates.add(self.journal.steps, [value])

    def failed(self, error: BaseException) -> None:
        """The run ends with what a step or a callback raised."""
        self.close("interrupted" if isinstance(error, KeyboardInterrupt) else "failed", error)

    # ------------------------------------------------------------------------------------------------ inside

    def _costs(self, began: float) -> None:
        """What was done since then is part of what watching costs."""
        if self.monitor is not None:
            self.monitor.cost.shown += time.perf_counter() - began

    def _interrupted(self) -> None:
        """In the signal's handler, so only put down; between two epochs there is no batch's end to wait for."""
        self.controls.interrupt()
        if not self.begun:
            self.model.stop_training = True

    def _look_at_validation(self, epoch: int, logs: dict[str, float]) -> None:
        bad = [name for name, value in logs.items() if name.startswith("val_") and not math.isfinite(value)]
        if bad and not self.journal.finding:
            are = "are" if len(bad) > 1 else "is"
            words = (
                f"{', '.join(bad)} of epoch {epoch + 1} {are} not finite, the training loss is: look at the validation data."
            )
            self._broken_here(words)

    def _broken_here(self, said: str, step: int | None = None) -> None:
        self.journal.finding = said
        self.journal.note("nan", said, step=step)
        if self.monitor is not None and self.monitor.stop_when_broken:
            self.stopping = self.model.stop_training = True

    def _agree(self) -> None:
        """Hand History the epoch that it lacks where an exception came between our turn and its: it was trained whole."""
        history, (epoch, logs) = self.steps.history, self._ended
        if history is not None and self.journal.epochs.rows == self._rows + len(getattr(history, "epoch", ())) + 1:
            history.epoch.append(epoch)
            for name, value in logs.items():
                history.history.setdefault(name, []).append(value)

    def _broke(self, broken: Broken | None) -> None:
        found = self.monitor.finding(broken.step if broken is not None else None) if self.monitor is not None else ""
        names = broken.names if broken is not None else ("loss",)
        self._broken_here(found or f"{', '.join(names)} stopped being finite.", broken.step if broken is not None else None)
