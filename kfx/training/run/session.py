"""One ``fit`` in progress: the callbacks of a fit share a session, which keeps the journal and carries out commands."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from kfx.keras_access.train_function import RUN_OWN
from kfx.training.journal.facts import Plan
from kfx.training.journal.journal import RUNS, Journal
from kfx.training.run.broken import Broken
from kfx.training.run.commands import Controls
from kfx.training.run.epochs import Epochs
from kfx.training.run.interrupts import Interrupts
from kfx.training.run.keras_logs import finite_loss
from kfx.training.run.learning_rate import LearningRate
from kfx.training.run.obeying import Commands
from kfx.training.run.sparing import Watchers, say, sentence, spared
from kfx.training.run.state import RunState
from kfx.training.run.steps import Standing, Steps

if TYPE_CHECKING:
    import keras

_POLL = 0.02  # seconds between two looks for messages
_RATE_EVERY = 100  # steps between two looks at the learning rate
_TICK = 0.1  # seconds between two updates of the watchers, at least
_SHARE = 0.005  # of the run may go into these updates; sending them costs about as much again, in another thread


class Session:
    """Runs one ``fit`` from its first callback to its last. An error of ours ends the session, never the training.

    Args:
        model: The model in training.
        extendable: Somebody will train the epochs that are added by hand.
        around: The session of the fit of the same model in which this one runs, if any.

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
        lost: An error of ours has ended the session; the training goes on without it.
    """

    def __init__(self, model: keras.Model, *, extendable: bool = False, around: Session | None = None) -> None:
        rate = LearningRate(getattr(model, "optimizer", None))
        self.run = RunState(model, Journal(name=str(model.name)), rate, extendable=extendable)
        self.controls = Controls()
        self._calls = Watchers(self.run)
        self.watchers, self.step_watchers = self._calls.all, self._calls.at_steps
        self.checkpointing = ""
        self.leader: object = None
        self.params: dict[str, Any] | None = None
        self.managed = False
        self.facts: tuple[str, ...] = ()
        self.thread = 0
        self.lost = False
        self.run.ask = self.controls.ask
        self._around = around
        self._steps = Steps(
            self.run,
            self.controls,
            before=self._before_step,
            after=self._after_step,
            tested=self._after_test,
            failed=self.failed,
        )
        self._epochs = Epochs(self.run)
        self._broken = Broken(self.run)
        self._commands = Commands(self, self._steps, self._calls, self._broken)
        self._next_poll = self._next_tick = 0.0  # on the clock of `time.perf_counter`
        self._interrupts = Interrupts(self._interrupted)

    @property
    def journal(self) -> Journal:
        """The journal of the run."""
        return self.run.journal

    @property
    def history(self) -> keras.callbacks.History | None:
        """The History of the fit in progress."""
        return self._steps.history

    @property
    def alive(self) -> bool:
        """True while this thread is inside the fit that is followed: a fit that begins now runs inside it."""
        return self.run.open and self._steps.standing() is not Standing.GONE

    @property
    def closed(self) -> bool:
        """True when the run is over."""
        return self.journal.ended

    @property
    def chain(self) -> list[Session]:
        """The session and those of the fits around it."""
        return [self, *(self._around.chain if self._around is not None else ())]

    @property
    def ending(self) -> str:
        """The state of a run that comes to its end now."""
        return "interrupted" if self.controls.interrupted else "stopped" if self.run.stopping else "done"

    @spared
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
        self._calls.began()

    @spared
    def resume(self) -> None:
        """Begin another ``fit`` of the same run: `kfx.fit` adds an epoch."""
        self._interrupts.start()
        self._epochs.resume()
        self._steps.follow()

    def close(self, state: str, error: BaseException | None = None) -> None:
        """End the run: put everything back and call the watchers. A second call does nothing."""
        run = self.run
        if OPEN.get(run.model) is self:
            OPEN.pop(run.model, None)
        if not run.open:
            return
        self._finish_journal()
        if not run.open:  # given up just now
            return
        run.open = False
        self._interrupts.stop()
        if not self.lost:  # else Keras's History has its turn still
            self._epochs.complete_history(self._steps.history)
        self._steps.give_back()
        if run.rate.restore():
            run.model.train_function = None
        if self._around is not None and self._around.run.open:
            OPEN[run.model] = self._around
        if error is not None and state == "failed":
            self.journal.note("error", sentence(error))
        self.journal.state = state
        self._calls.ended()

    @spared
    def _finish_journal(self) -> None:
        self.catch_up()
        self._epochs.complete()
        if self.run.monitor is not None:
            self.run.monitor.keep_cost(self.journal)

    def failed(self, error: BaseException) -> None:
        """End the run because a step or a callback raised."""
        self.close("interrupted" if isinstance(error, KeyboardInterrupt) else "failed", error)

    def give_up(self, error: Exception) -> None:
        """Leave a training alone because of an error of ours."""
        if not self.lost:
            self.lost = True
            say(self.run, f"kfx does not follow this training any more ({sentence(error)}); training goes on.")
            self.close("lost")

    @spared
    def epoch_begin(self, epoch: int, *, last: bool) -> None:
        """Begin an epoch, counted from 0 as Keras does; ``last`` is True for the last one that is planned."""
        run, journal = self.run, self.journal
        self._epochs.complete()
        journal.epoch, journal.step = epoch + 1, 0
        run.phase, run.begun = "training", True
        self._steps.epoch_begin()
        if run.monitor is not None:
            run.monitor.epoch_begin(journal, last=last)

    @spared
    def test_begin(self) -> None:
        """Begin a validation: follow its steps as well."""
        self.catch_up()
        self.run.phase = "validating"
        self._steps.test_begin()

    @spared
    def test_end(self) -> None:
        """End a validation."""
        self._steps.test_end()

    def epoch_end(self, epoch: int, logs: Mapping[str, Any]) -> None:
        """Record the epoch as Keras's History does, take a checkpoint, and go on from a rewind."""
        try:
            self._end_epoch(epoch, logs)
        except BaseException as error:  # an interrupt
            self.failed(error)
            raise

    @spared
    def _end_epoch(self, epoch: int, logs: Mapping[str, Any]) -> None:
        run, journal = self.run, self.journal
        self.catch_up()
        run.begun = False
        self._steps.epoch_end()
        self._broken.look_at_validation(epoch, logs)
        before = journal.best()
        self._epochs.end(epoch, logs)
        best = journal.best() != before
        wanted = self.checkpointing == "epoch" or (self.checkpointing == "best" and best)
        if wanted and not run.skipping:
            self._take_checkpoint(epoch + 1, best=best)
        if run.skipping and not run.stopping:
            run.model.stop_training = False
        run.skipping = False
        run.phase = "training"
        self._calls.epoch_ended(logs)
        self.serve()
        self.tick(time.perf_counter())

    def _take_checkpoint(self, epoch: int, *, best: bool) -> None:
        run = self.run
        try:
            if run.store is not None:
                run.store.take(run.model, epoch=epoch, step=0, steps=run.journal.steps, best=best)
        except Exception as error:
            self.checkpointing = ""
            say(run, f"No checkpoint is taken any more ({sentence(error)}); training goes on.")

    def serve(self) -> None:
        """Receive messages and carry out commands; waits here while paused."""
        self._calls.poll()
        if self.controls.waiting:
            self._commands.obey()

    @spared
    def _before_step(self) -> Any:
        """Carry out the commands that arrived since the last step; every callback has been called by now.

        Returns:
            The logs of the last batch where no further one may be trained: Keras leaves the epoch after this "batch".
        """
        standing = self._steps.standing()
        if standing is Standing.AROUND:
            return RUN_OWN
        if standing is Standing.GONE:  # our fit was torn down unnoticed
            self.close("failed")
            self._steps.let_go()
            return RUN_OWN
        if self._steps.starts_epoch():
            self._settle()
            self.run.note_rate()
        if self.controls.waiting:
            self._commands.obey()
            self._steps.halted = self.run.stopping or self.run.skipping
        return self._steps.last if self._steps.halted else None

    @spared
    def _after_step(self) -> None:
        """Do what is due after this step; not called after each."""
        run, journal, monitor, steps = self.run, self.journal, self.run.monitor, self._steps
        if not run.open:
            return
        before, logs = journal.steps, steps.last
        steps.count()
        stops = monitor is not None and monitor.stop_when_broken
        looked = monitor is not None and monitor.look(journal)
        if monitor is not None and (looked or stops) and (monitor.broken or not finite_loss(logs)):
            self.catch_up()
        if steps.logs.undecided:
            self.catch_up()
        if journal.steps // _RATE_EVERY != before // _RATE_EVERY:
            self._settle()
            run.note_rate()
        due = self._calls.due(before)
        if due:
            self.catch_up()
            self._settle()
            self._calls.stepped(due)
        self._stay_reachable()
        periods = (_RATE_EVERY, *(watcher.every for watcher in self.step_watchers))
        steps.rest(
            0.0 if steps.logs.undecided or stops else min(self._next_tick, self._next_poll),
            min(every - journal.steps % every for every in periods),
        )

    @spared
    def _after_test(self) -> None:
        if self.run.open:
            self._stay_reachable()

    def _stay_reachable(self) -> None:
        now = time.perf_counter()
        if self.controls.waiting or now >= self._next_poll:
            self.serve()
            self._next_poll = now + _POLL if self.run.polls else math.inf
        if now >= self._next_tick:
            self.tick(now)

    def _settle(self) -> bool:
        return self._steps.settle()

    def _interrupted(self) -> None:
        """Record the request to stop; runs in a signal handler. Between two epochs no batch would end."""
        self.controls.interrupt()
        model = self.run.model
        if not self.run.begun:
            model.stop_training = True
        if (not self.run.begun or self.run.phase == "validating") and hasattr(model, "stop_evaluating"):
            model.stop_evaluating = True
            self.run.cut = self.run.phase == "validating"
        if self._around is not None:
            self._around._interrupted()

    def catch_up(self) -> None:
        """Write the steps that were made into the journal and report a loss that is not finite."""
        if self.lost:
            return
        began = time.perf_counter()
        broken = self._steps.write()
        self._spent(began)
        self._broken.look(broken)

    def tick(self, now: float) -> None:
        """Update the journal and then the watchers; an update that takes long is made less often."""
        self.catch_up()
        if self.run.monitor is not None:
            self.run.monitor.keep_cost(self.journal)
        began = time.perf_counter()
        self._calls.tick()
        done = time.perf_counter()
        self._next_tick = done + max(_TICK, (done - now) / _SHARE)
        self._spent(began)

    def _spent(self, began: float) -> None:
        """Add the time since then to the cost of watching."""
        if self.run.monitor is not None:
            self.run.monitor.cost.shown += time.perf_counter() - began


OPEN: WeakKeyDictionary[keras.Model, Session] = WeakKeyDictionary()  # the models in training


def session_around(model: keras.Model) -> Session | None:
    """Return the session of the fit of this model that this thread is in; one whose fit was torn down unnoticed is closed."""
    found = OPEN.get(model)
    if found is None or found.alive:
        return found
    found.close("failed")
    OPEN.pop(model, None)
    return None


def session_writing(journal: Journal) -> Session | None:
    """Return the session that writes a journal, in whatever thread; None when its run is over."""
    return next((found for session in list(OPEN.values()) for found in session.chain if found.journal is journal), None)


def session_of(model: keras.Model, params: dict[str, Any] | None) -> Session:
    """Return the session of this model's fit; ``params`` is the dict that all callbacks of one fit have in common."""
    found = OPEN.get(model)
    if found is not None and found.params is not None and found.params is not params:  # of another fit
        found = OPEN[model] = Session(model, around=session_around(model))
    if found is None:
        found = OPEN[model] = Session(model)
    found.params = params
    return found
