"""One ``fit`` in course: the callbacks of a fit share a session, which keeps the journal and obeys the controls."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from kfx.training.checkpoints import CheckpointStore
from kfx.training.controls import Answer, Controls
from kfx.training.following import followed
from kfx.training.interrupts import Interrupts
from kfx.training.journal import Event, Journal, Plan
from kfx.training.logs import BatchLogs, epoch_row
from kfx.training.monitor import Monitor
from kfx.training.rate import LearningRate
from kfx.training.runs import RUNS
from kfx.training.steering import obey

TICK = 0.1  # seconds between two updates of whoever watches, at least
_SHARE = 0.01  # of the run may go into these updates
_RATE_EVERY = 100  # steps between two looks at the learning rate


class Watcher(Protocol):
    """Who follows a run; all of it is called by the training thread."""

    def began(self, session: Session) -> None: ...

    def tick(self, session: Session) -> None: ...

    def answered(self, session: Session, answer: Answer) -> None: ...

    def ended(self, session: Session) -> None: ...


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
        self.watchers: list[Watcher] = []
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
        self._interrupts = Interrupts(self.controls.interrupt)
        self._logs = BatchLogs()
        self._began = self._paused = self._next_tick = 0.0
        self._base = 0  # steps done before this epoch
        self._original = self._ours = self._test = self._our_test = self._last = None

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
        self._original = self.model.train_function
        if self.monitor is not None:
            self.monitor.install(self)
        self._guard()
        for watcher in self.watchers:
            watcher.began(self)

    def resume(self) -> None:
        """Another ``fit`` of the same run begins: `kfx.fit` adds an epoch."""
        self._interrupts.start()
        if self.model.train_function is not self._ours:  # somebody compiled the model in between
            self._original = self.model.train_function
            self._guard()

    def close(self, state: str, error: BaseException | None = None) -> None:
        """The run is over: give back all that was taken and tell the watchers. A second call does nothing."""
        OPEN.pop(self.model, None)
        if not self.open:
            return
        self._clock()
        self._logs.flush(self.journal)
        self.open = False
        self._interrupts.stop()
        self.test_end()
        if self.model.train_function is self._ours:
            self.model.train_function = self._original
        if self.rate.restore():
            self.model.train_function = None
        self._ours = self._original = self._last = None
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

    def epoch_begin(self, epoch: int) -> None:
        """``epoch`` counts from 0, as Keras does."""
        journal = self.journal
        journal.epoch, journal.step, self._base = epoch + 1, 0, journal.steps
        self.phase, self.begun, self._halted = "training", True, False
        self._last = None  # whoever stops at the first batch gets an epoch of that one, not one of no logs at all
        self._logs.begin(journal)

    def batch_begin(self) -> None:
        """Do what was asked for since the batch before; by an epoch's first batch every callback has set its rate."""
        if not self.journal.step:
            self.note_rate()
        if self.controls.waiting:
            obey(self)
            self._halted = self.stopping or self.skipping

    def batch_end(self, began: float, logs: dict[str, Any]) -> None:
        """One execution is done, which began at this time; its logs may still be tensors."""
        now, journal, before = time.perf_counter(), self.journal, self.journal.steps
        # With several steps an execution the last one of an epoch may be shorter; nobody says by how much.
        step = journal.step + self.model.steps_per_execution
        journal.step = min(step, journal.plan.steps or step)
        journal.steps = steps = self._base + journal.step
        finite = self._logs.add(journal, self.model, logs, now - self._began - self._paused)
        if self.monitor is not None:
            self.monitor.look(journal, before, steps, now - began)
        if not journal.finding and (not finite or (self.monitor is not None and self.monitor.broken)):
            self._broke(logs)
        if steps // _RATE_EVERY != before // _RATE_EVERY:
            self.note_rate()
        self.serve()
        if now >= self._next_tick:
            self.tick(now)

    def test_begin(self) -> None:
        """Validation begins: guard its steps as well."""
        self.phase, self.tested = "validating", 0
        self._test = self.model.test_function
        self._our_test = self.model.test_function = followed(self._test, after=self.test_batch_end, failed=self._failed)

    def test_end(self) -> None:
        """Validation is over."""
        if self._our_test is not None and self.model.test_function is self._our_test:
            self.model.test_function = self._test
        self._test = self._our_test = None

    def test_batch_end(self, began: float, logs: Any) -> None:
        """Stay reachable while validation runs."""
        self.tested += self.model.steps_per_execution
        self.serve()
        now = time.perf_counter()
        if now >= self._next_tick:
            self.tick(now)

    def epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        """Note the epoch as Keras's History does, take a checkpoint, and go on from a rewind."""
        journal = self.journal
        journal.step, self.begun = 0, False
        self._clock()
        self._logs.flush(journal)
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
        """Bring the watchers up to date."""
        self._clock()
        self._logs.flush(self.journal)
        if self.monitor is not None:
            self.monitor.keep_cost(self.journal)
        for watcher in self.watchers:
            watcher.tick(self)
        done = time.perf_counter()
        self._next_tick = done + max(TICK, (done - now) / _SHARE)

    def retrace(self) -> None:
        """Make the train function again, because the optimizer works in another way from now on."""
        self.model.make_train_function(force=True)
        if self.monitor is not None:
            self.monitor.install(self)
        self._guard()

    # ------------------------------------------------------------------------------------------------ inside

    def _clock(self) -> None:
        if self.open:
            self.journal.seconds = time.perf_counter() - self._began - self._paused

    def note_rate(self) -> None:
        value = self.rate.read()
        if value is not None and (not self.journal.rates.rows or self.journal.rates.last[0] != value):
            self.journal.rates.add(self.journal.steps, [value])

    def _guard(self) -> None:
        """Follow each step from inside the train function.

        Keras tells no callback when a step fails or is interrupted; and a callback with a hook at batch ends would make it
        turn every log into a number before the next step may begin.
        """
        self._last = None
        self._ours = self.model.train_function = followed(
            self.model.train_function, before=self._instead, after=self._stepped, failed=self._failed
        )

    def _instead(self) -> Any:
        """The logs of the last batch where no further one may be trained: Keras leaves the epoch after this "batch"."""
        return self._last if self._halted else None

    def _stepped(self, began: float, logs: Any) -> None:
        self._last = logs
        self.batch_end(began, logs)

    def _failed(self, error: BaseException) -> None:
        self.close("interrupted" if isinstance(error, KeyboardInterrupt) else "failed", error)

    def _broke(self, logs: dict[str, Any]) -> None:
        names = [name for name, value in logs.items() if not math.isfinite(float(value))]
        found = self.monitor.finding() if self.monitor is not None else ""
        self.journal.finding = found or f"{', '.join(names)} stopped being finite."
        self.note("nan", self.journal.finding)
        if self.monitor is not None and self.monitor.stop_when_broken:
            self.stopping = self.model.stop_training = True


OPEN: WeakKeyDictionary[Any, Session] = WeakKeyDictionary()


def session_of(model: Any, params: Any) -> Session:
    """The session of the fit in course of this model; ``params`` is the dict that all callbacks of one fit have in common."""
    found = OPEN.get(model)
    if found is not None and found.params is None:
        found.params = params
    if found is None or found.params is not params:
        if found is not None:  # its fit was torn down and nobody could tell
            found.close("failed")
        found = OPEN[model] = Session(model)
        found.params = params
    return found
