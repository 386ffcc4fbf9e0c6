"""The steps of one run: followed from inside Keras's own functions, counted, written down; between two of them it obeys."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

from kfx.keras_access.tensorflow.train_function import Followed, FollowedTraining
from kfx.training.journal.keras_logs import BatchLogs, Broken, finite_loss
from kfx.training.run.commands import obey

if TYPE_CHECKING:
    from kfx.training.run.session import Session

_POLL = 0.02  # seconds between two looks for messages
_RATE_EVERY = 100  # steps between two looks at the learning rate


class Steps:
    """What is done before, after and between the steps of a session.

    Attributes:
        history: The History of the fit that is followed.
        tested: Steps done of the validation in course.
    """

    def __init__(self, session: Session) -> None:
        self.tested = 0
        self._session, self._model, self._journal = session, session.model, session.journal
        self._logs = BatchLogs()
        self._base = 0  # steps done before this epoch
        self._halted = False
        self._next_poll = 0.0
        self._original: Any = None
        self._train = FollowedTraining(
            self._model, session.controls, before=self._before, after=self._after, failed=session.failed
        )
        self._test = Followed(self._model, "test_function", after=self._after_test, failed=session.failed)

    # ------------------------------------------------------------------------------------------------ begin and end

    def follow(self) -> None:
        """Follow the fit that begins; the first of a session, or another one of it."""
        self._train.history = getattr(self._model, "history", None)
        if not self._train.there:  # new, or somebody compiled the model in between
            self._original = self._model.train_function
            self.install()

    def install(self) -> None:
        """Follow what is the model's train function now, with the layer monitor inside if there is one."""
        if self._session.monitor is not None:
            self._session.monitor.install(self._session, self._train.wake)
        self._train.install()

    def give_back(self) -> None:
        """Put everything back."""
        self.test_end()
        self._train.give_back(self._original)
        self._original = self._train.last = self._train.history = None

    @property
    def history(self) -> Any:
        return self._train.history

    def epoch_begin(self) -> None:
        self._base, self._halted = self._journal.steps, False
        self._train.last = None  # whoever stops at the first batch gets an epoch of that one, not one of no logs at all
        self._train.fresh, self._train.due = True, 0.0
        self._logs.begin()

    def epoch_end(self) -> None:
        self._base, self._journal.step = self._journal.steps, 0
        self._logs.begin()

    def test_begin(self) -> None:
        self.tested = 0
        self._test.install()

    def test_end(self) -> None:
        self._test.give_back(self._test.step)

    # ------------------------------------------------------------------------------------------------ while they run

    def write(self, zero: float) -> Broken | None:
        """Count the steps and write those that were put down into the journal; ``zero`` is when the run began, less pauses.

        Returns:
            Where the loss was first not finite; told once.
        """
        self._count()
        return self._logs.write(self._journal, self._model, self._train.take(), zero)

    def _before(self) -> Any:
        """Do what was asked for since the step before; every callback has had its turn by now.

        Returns:
            The logs of the last batch where no further one may be trained: Keras leaves the epoch after this "batch".
        """
        session = self._session
        if getattr(self._model, "history", None) is not self._train.history:  # our fit was torn down and nobody could tell
            self._let_go()
            return None
        if self._train.fresh:
            self._train.fresh = False
            session.note_rate()
        if session.controls.waiting:
            obey(session)
            self._halted = session.stopping or session.skipping
        return self._train.last if self._halted else None

    def _after(self) -> None:
        """Something is to be done after this step; this is not called after each."""
        session, journal, monitor = self._session, self._journal, self._session.monitor
        if not session.open:
            return
        before, logs = journal.steps, self._train.last
        self._count()
        if monitor is not None:
            looked = monitor.look(journal)
            if (looked or monitor.stop_when_broken) and (monitor.broken or not finite_loss(logs)):
                session.catch_up()
        if self._logs.undecided:
            session.catch_up()
        if journal.steps // _RATE_EVERY != before // _RATE_EVERY:
            session.note_rate()
        self._stay_reachable()
        self._train.room = -(-(_RATE_EVERY - journal.steps % _RATE_EVERY) // self._model.steps_per_execution)
        each_step = self._logs.undecided or (monitor is not None and monitor.stop_when_broken)
        self._train.due = 0.0 if each_step else min(session.watchers.next, self._next_poll)

    def _after_test(self) -> None:
        """Stay reachable while validation runs."""
        self.tested += self._model.steps_per_execution
        self._stay_reachable()

    def _stay_reachable(self) -> None:
        session, now = self._session, time.perf_counter()
        if session.controls.waiting or now >= self._next_poll:
            session.serve()
            self._next_poll = now + _POLL if session.polls else math.inf
        if now >= session.watchers.next:
            session.tick(now)

    def _count(self) -> None:
        """How many steps were made; an epoch's last execution of several may be shorter, and nobody says by how much."""
        journal = self._journal
        self._session.clock()
        step = (self._logs.executions + len(self._train.done)) * self._model.steps_per_execution
        journal.step = min(step, journal.plan.steps or step)
        journal.steps = self._base + journal.step

    def _let_go(self) -> None:
        """Another fit is running: end this run and let the other one have the model's own train function."""
        self._session.close("failed")
        if self._model.train_function is None:
            self._model.make_train_function()
        self._train.step = self._model.train_function
