"""Call what follows a run so that nothing of it can end the training: one sentence is said, and training goes on."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Protocol, TypeVar

from kfx.training.run.commands import Command, Outcome
from kfx.training.run.state import RunState
from kfx.training.run.watchers import StepWatcher, Watcher

if TYPE_CHECKING:
    P = ParamSpec("P")
    T = TypeVar("T")

_log = logging.getLogger("kfx")


class Giving(Protocol):
    """Something that can give up."""

    def give_up(self, error: Exception) -> None: ...


G = TypeVar("G", bound=Giving)


def spared(method: Callable[Concatenate[G, P], T]) -> Callable[Concatenate[G, P], T | None]:
    """Let an error of a method reach only its object's ``give_up``; interrupts pass."""

    @functools.wraps(method)
    def call(self: G, *args: P.args, **kwargs: P.kwargs) -> T | None:
        try:
            return method(self, *args, **kwargs)
        except Exception as error:
            self.give_up(error)
            return None

    return call


def sentence(error: BaseException) -> str:
    """Return an error as one short line."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]


def say(run: RunState, text: str) -> None:
    """Say one sentence about something of kfx that failed, in the journal and as a warning."""
    run.note("note", text)
    _log.warning("%s", text)
    _log.debug("The error:", exc_info=True)


class Watchers:
    """The objects that follow a run. One that fails is dropped.

    Args:
        run: The state of the run.

    Attributes:
        all: Objects that are called about ten times a second.
        at_steps: Objects that are called at certain steps.
    """

    def __init__(self, run: RunState) -> None:
        self._run = run
        self.all: list[Watcher] = []
        self.at_steps: list[StepWatcher] = []

    def began(self) -> None:
        """Call ``began`` of each."""
        self._each(self.all, "began", self._run)

    def tick(self) -> None:
        """Call ``tick`` of each."""
        self._each(self.all, "tick", self._run)

    def answered(self, command: Command, outcome: Outcome) -> None:
        """Call ``answered`` of each."""
        self._each(self.all, "answered", self._run, command, outcome)

    def ended(self) -> None:
        """Call ``ended`` of each."""
        self._each(self.all, "ended", self._run)

    def due(self, before: int) -> list[StepWatcher]:
        """Return those that are to be called after the steps since ``before``."""
        steps = self._run.journal.steps
        return [one for one in self.at_steps if steps // one.every != before // one.every]

    def stepped(self, due: list[StepWatcher]) -> None:
        """Call ``stepped`` of these."""
        self._each(due, "stepped", self._run)

    def epoch_ended(self, logs: Mapping[str, float]) -> None:
        """Call ``epoch_ended`` of those that are called at steps."""
        self._each(self.at_steps, "epoch_ended", self._run, logs)

    def poll(self) -> None:
        """Receive messages."""
        for poll in list(self._run.polls):
            try:
                poll()
            except Exception as error:
                self._run.polls.remove(poll)
                say(self._run, f"Clicks are not received any more ({sentence(error)}); training goes on.")

    def _each(self, watchers: list[Any], method: str, *args: object) -> None:
        for watcher in list(watchers):
            do = getattr(watcher, method, None)
            try:
                if do is not None:
                    do(*args)
            except Exception as error:
                for group in (self.all, self.at_steps):
                    if watcher in group:
                        group.remove(watcher)
                name = type(watcher).__name__
                say(self._run, f"{name} stopped following this training ({sentence(error)}); training goes on.")
