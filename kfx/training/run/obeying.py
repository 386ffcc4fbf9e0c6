"""Carry out the commands that wait, at a safe point of a run, and write each into its audit list."""

from __future__ import annotations

import time
from typing import Protocol

from kfx.training.journal.facts import Asked
from kfx.training.run.broken import Broken
from kfx.training.run.commands import Command, Controls, Outcome, Then, carry_out
from kfx.training.run.sparing import Watchers, sentence
from kfx.training.run.state import RunState
from kfx.training.run.steps import Steps

_POLL = 0.02  # seconds between two looks for messages while paused


class Obeying(Protocol):
    """The session of the run."""

    run: RunState
    controls: Controls

    def catch_up(self) -> None: ...

    def tick(self, now: float) -> None: ...

    def serve(self) -> None: ...

    def failed(self, error: BaseException) -> None: ...


class Commands:
    """Carries out commands for a session.

    Args:
        session: The session.
        steps: Its steps.
        calls: What follows the run.
        broken: The report of values that are not finite.
    """

    def __init__(self, session: Obeying, steps: Steps, calls: Watchers, broken: Broken) -> None:
        self._session, self._steps, self._calls, self._broken = session, steps, calls, broken

    def obey(self) -> None:
        """Carry out all commands that wait; those that arrive where variables cannot be changed wait for the next step."""
        session, run = self._session, self._session.run
        if not self._steps.settle():
            return
        session.catch_up()
        if session.controls.interrupted and not run.stopping:
            run.note("interrupt", f"interrupted at {run.place}{_part_of_validation(run)}")
            self._stop()
        for command in session.controls.take():
            outcome = self._carried_out(command)
            if outcome.done:
                run.note(outcome.event, outcome.text, outcome.value)
            if outcome.then is Then.STOP:
                self._stop()
            elif outcome.then is Then.RETRACE:
                self._steps.retrace()
            elif outcome.then is Then.LEAVE_EPOCH:
                run.skipping = run.model.stop_training = True
            if outcome.event == "rewind":
                self._broken.forget()
            self._calls.answered(command, outcome)
            if outcome.then is Then.PAUSE:
                self._pause()

    def _carried_out(self, command: Command) -> Outcome:
        """Carry out one command and write it into the audit list; a command that fails is refused with the error's words."""
        run, journal = self._session.run, self._session.run.journal
        try:
            outcome = carry_out(run, command)
        except Exception as error:
            outcome = Outcome(f"{command.kind} failed: {sentence(error)}")
        run.clock()
        here = journal.steps, max(journal.epoch, 1), journal.seconds
        journal.audit(Asked(command.kind, command.value, command.by, outcome.text, outcome.done, *here))
        command.answer(outcome)
        return outcome

    def _stop(self) -> None:
        run = self._session.run
        run.stopping = run.model.stop_training = True
        if run.phase == "paused":
            run.phase = "training"

    def _pause(self) -> None:
        """Wait for a command to go on or to stop."""
        session, run, began = self._session, self._session.run, time.perf_counter()
        run.phase, run.journal.state = "paused", "paused"
        session.tick(began)
        try:
            while run.phase == "paused":
                time.sleep(_POLL)
                session.serve()
        except BaseException as error:
            if not isinstance(error, Exception):
                session.failed(error)
            raise
        run.journal.state = "running"
        run.paused += time.perf_counter() - began


def _part_of_validation(run: RunState) -> str:
    """Return words about a validation that an interrupt cuts short: its logs are of a part of the data."""
    cut = run.cut or run.phase == "validating"
    return f", after step {run.tested} of its validation: the val_ logs are of the steps so far" if cut else ""
