"""One ``fit`` in course: the callbacks of a fit share a session, which keeps the journal and obeys the controls."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from typing import Any

from kfx.training.checkpoints import CheckpointStore
from kfx.training.controls import Answer, Controls
from kfx.training.following import Followed, FollowedTraining
from kfx.training.interrupts import Interrupts
from kfx.training.journal import Event, Journal, Plan
from kfx.training.logs import BatchLogs, Broken, epoch_row, finite_loss
from kfx.training.monitor import Monitor
from kfx.training.rate import LearningRate
from kfx.training.runs import OPEN, RUNS
from kfx.training.steering import obey
from kfx.training.watching import Watchers

_POLL = 0.02  # seconds between two looks for messages
_RATE_EVERY = 100  # steps between two looks at the learning rate


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
        phase: ``"training"``, ``"validating"`` or ``"paused"``.
        tested: Steps done of the validation in course.
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
        self.phase, self.tested, self.extra, self.extendable = "training", 0, 0, extendable
        self.open = self.begun = self.stopping = self.skipping = self._halted = False
        self.thread = 0
        self._interrupts = Interrupts(self._interrupted)
        self._logs = BatchLogs()
        self._began = self._paused = self._next_poll = 0.0
        self._base = 0  # steps done before this epoch
        self._original: Any = None
        self._train = FollowedTraining(
            model, self.controls, before=self._before_step, after=self._after_step, failed=self._failed
        )
        self._test = Followed(model, "test_function", after=self._after_test_step, failed=self._failed)

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
        self._train.history = getattr(self.model, "history", None)
        self._original = self.model.train_function
        if self.monitor is not None:
            self.monitor.install(self, self._train.wake)
        self._train.install()
        for watcher in self.watchers:
            watcher.began(self)

    def resume(self) -> None:
        """Another ``fit`` of the same run begins: `kfx.fit` adds an epoch."""
        self._interrupts.start()
        self._train.history = getattr(self.model, "history", None)
        if not self._train.there:  # somebody compiled the model in between
            self._original = self.model.train_function
            self._train.install()

    def close(self, state: str, error: BaseException | None = None) -> None:
        """The run is over: give back all that was taken and tell the watchers. A second call does nothing."""
        OPEN.pop(self.model, None)
        if not self.open:
            return
        self.catch_up()
        self.open = False
        self._interrupts.stop()
        self.test_end()
        self._train.give_back(self._original)
        if self.rate.restore():
            self.model.train_function = None
        self._original = self._train.last = self._train.history = None
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
        journal.epoch, journal.step, self._base = epoch + 1, 0, journal.steps
        self.phase, self.begun, self._halted = "training", True, False
        self._train.last = None  # whoever stops at the first batch gets an epoch of that one, not one of no logs at all
        self._train.fresh, self._train.due = True, 0.0
        self._logs.begin()
        if last and self.monitor is not None:
            self.monitor.expect_end(journal)

    def test_begin(self) -> None:
        """Validation begins: follow its steps as well."""
        self.catch_up()
        self.phase, self.tested = "validating", 0
        self._test.install()

    def test_end(self) -> None:
        """Validation is over."""
        self._test.give_back(self._test.step)

    def epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        """Note the epoch as Keras's History does, take a checkpoint, and go on from a rewind."""
        journal = self.journal
        self.catch_up()
        self._base, journal.step, self.begun = journal.steps, 0, False
        self._logs.begin()
        self._look_at_validation(epoch, logs)
        before = journal.best()
        journal.epochs.widen([*logs, "seconds"])
        journal.epochs.add(journal.steps, epoch_row(journal.epochs.columns, epoch + 1, logs, journal.seconds))
        best = journal.best() != before
        wanted = self.checkpointing == "epoch" or (self.checkpointing == "best" and best)
        if self.store is not None and wanted and not self.skipping:
            self.store.take(self.model, epoch=epoch + 1, step=0, steps=journal.steps, best=best)
        if self.skipping and not self.stopping:
            self.model.stop_training = False
        self.skipping = False
        self.phase = "training"
        self.serve()
        self.tick(time.perf_counter())

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
            self._failed(error)
            raise
        self.journal.state = "running"
        self._paused += time.perf_counter() - began

    def answer(self, answer: Answer) -> None:
        """Tell the watchers what became of a command."""
        for watcher in self.watchers:
            watcher.answered(self, answer)

    def note(self, kind: str, text: str = "", value: float | None = None) -> Event:
        """An event in the journal, with the time."""
        self._clock()
        return self.journal.note(kind, text, value)

    def tick(self, now: float) -> None:
        """Bring the journal and then the watchers up to date."""
        self.catch_up()
        if self.monitor is not None:
            self.monitor.keep_cost(self.journal)
        self.watchers.tell(self, now)

    def catch_up(self) -> None:
        """Bring the journal up to date with the steps that were made; here it is noticed that a loss is not finite."""
        self._count()
        broken = self._logs.write(self.journal, self.model, self._train.take(), self._began + self._paused)
        if not self.journal.finding and (broken is not None or (self.monitor is not None and self.monitor.broken)):
            self._broke(broken)

    def retrace(self) -> None:
        """Make the train function again, because the optimizer works in another way from now on."""
        self.model.make_train_function(force=True)
        if self.monitor is not None:
            self.monitor.install(self, self._train.wake)
        self._train.install()

    # ------------------------------------------------------------------------------------------------ inside

    def _clock(self) -> None:
        if self.open:
            self.journal.seconds = time.perf_counter() - self._began - self._paused

    def note_rate(self) -> None:
        value = self.rate.read()
        if value is not None and (not self.journal.rates.rows or self.journal.rates.last[0] != value):
            self.journal.rates.add(self.journal.steps, [value])

    def _before_step(self) -> Any:
        """Do what was asked for since the step before; every callback has had its turn by now.

        Returns:
            The logs of the last batch where no further one may be trained: Keras leaves the epoch after this "batch".
        """
        if getattr(self.model, "history", None) is not self._train.history:  # our fit was torn down and nobody could tell
            self._let_go()
            return None
        if self._train.fresh:
            self._train.fresh = False
            self.note_rate()
        if self.controls.waiting:
            obey(self)
            self._halted = self.stopping or self.skipping
        return self._train.last if self._halted else None

    def _after_step(self) -> None:
        """Something is to be done after this step; this is not called after each."""
        if not self.open:
            return
        journal, before, logs = self.journal, self.journal.steps, self._train.last
        self._count()
        if self.monitor is not None:
            looked = self.monitor.look(journal)
            if (looked or self.monitor.stop_when_broken) and (self.monitor.broken or not finite_loss(logs)):
                self.catch_up()
        if self._logs.undecided:
            self.catch_up()
        if journal.steps // _RATE_EVERY != before // _RATE_EVERY:
            self.note_rate()
        self._stay_reachable()
        self._train.room = -(-(_RATE_EVERY - journal.steps % _RATE_EVERY) // self.model.steps_per_execution)
        each_step = self._logs.undecided or (self.monitor is not None and self.monitor.stop_when_broken)
        self._train.due = 0.0 if each_step else min(self.watchers.next, self._next_poll)

    def _after_test_step(self) -> None:
        """Stay reachable while validation runs."""
        self.tested += self.model.steps_per_execution
        self._stay_reachable()

    def _stay_reachable(self) -> None:
        now = time.perf_counter()
        if self.controls.waiting or now >= self._next_poll:
            self.serve()
            self._next_poll = now + _POLL if self.polls else math.inf
        if now >= self.watchers.next:
            self.tick(now)

    def _count(self) -> None:
        """How many steps were made; an epoch's last execution of several may be shorter, and nobody says by how much."""
        self._clock()
        journal = self.journal
        step = (self._logs.executions + len(self._train.done)) * self.model.steps_per_execution
        journal.step = min(step, journal.plan.steps or step)
        journal.steps = self._base + journal.step

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

    def _let_go(self) -> None:
        """Another fit is running: end this run and let the other one have the model's own train function."""
        self.close("failed")
        if self.model.train_function is None:
            self.model.make_train_function()
        self._train.step = self.model.train_function

    def _failed(self, error: BaseException) -> None:
        self.close("interrupted" if isinstance(error, KeyboardInterrupt) else "failed", error)

    def _broke(self, broken: Broken | None) -> None:
        found = self.monitor.finding(broken.step if broken is not None else None) if self.monitor is not None else ""
        names = broken.names if broken is not None else ("loss",)
        self._broken_here(found or f"{', '.join(names)} stopped being finite.", broken.step if broken is not None else None)
