"""One ``fit`` in progress: the callbacks of a fit share a session, which keeps the journal and carries out commands."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from kfx.training.journal.facts import Plan
from kfx.training.journal.journal import Journal
from kfx.training.run.between import Between
from kfx.training.run.interrupts import Interrupts
from kfx.training.run.keras_logs import epoch_row
from kfx.training.run.learning_rate import LearningRate
from kfx.training.run.runs import RUNS
from kfx.training.run.state import RunState

if TYPE_CHECKING:
    import keras


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
        self._between = Between(self.run, self.close)
        self.controls, self.watchers = self._between.controls, self._between.watchers
        self.step_watchers = self._between.step_watchers
        self._steps = self._between.steps
        self.checkpointing = ""
        self.leader: object = None
        self.params: dict[str, Any] | None = None
        self.managed = False
        self.facts: tuple[str, ...] = ()
        self.thread = 0
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

    def plan(self, params: Mapping[str, Any], first_epoch: int) -> None:
        """Record what ``fit`` was asked to do."""
        optimizer = getattr(self.run.model, "optimizer", None)
        name = type(getattr(optimizer, "inner_optimizer", optimizer)).__name__ if optimizer is not None else ""
        self.journal.plan = Plan(
            params.get("epochs") or 0, first_epoch, params.get("steps"), self.facts, name, self.run.rate.schedule
        )

    def begin(self, first_epoch: int) -> None:
        """Get everything ready; called when all callbacks of the fit have joined."""
        run = self.run
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
        """Another ``fit`` of the same run begins: `kfx.fit` adds an epoch."""
        self._interrupts.start()
        self._rows = self.journal.epochs.rows
        self._steps.follow()

    def close(self, state: str, error: BaseException | None = None) -> None:
        """End the run: put everything back and call the watchers. A second call does nothing."""
        run = self.run
        OPEN.pop(run.model, None)
        if not run.open:
            return
        self._between.catch_up()
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
        self._between.failed(error)

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
        self._between.catch_up()
        self.run.phase = "validating"
        self._steps.test_begin()

    def test_end(self) -> None:
        """End a validation."""
        self._steps.test_end()

    def epoch_end(self, epoch: int, logs: Mapping[str, float]) -> None:
        """Record the epoch as Keras's History does, take a checkpoint, and go on from a rewind."""
        run, journal = self.run, self.journal
        self._between.catch_up()
        run.begun = False
        self._steps.epoch_end()
        self._between.look_at_validation(epoch, logs)
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
            self._between.tick(time.perf_counter())
        except BaseException as error:
            self.failed(error)
            raise

    def serve(self) -> None:
        """Receive messages and carry out commands."""
        self._between.serve()

    def _interrupted(self) -> None:
        """Record the request to stop; runs in a signal handler. Between two epochs no batch would end."""
        self.controls.interrupt()
        if not self.run.begun:
            self.run.model.stop_training = True


OPEN: WeakKeyDictionary[keras.Model, Session] = WeakKeyDictionary()  # the models in training


def session_of(model: keras.Model, params: dict[str, Any] | None) -> Session:
    """Return the session of this model's fit; ``params`` is the dict that all callbacks of one fit have in common."""
    found = OPEN.get(model)
    if found is not None and found.params is None:
        found.params = params
    if found is None or found.params is not params:
        if found is not None:  # its fit was torn down unnoticed
            found.close("failed")
        found = OPEN[model] = Session(model)
        found.params = params
    return found
