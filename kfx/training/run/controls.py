"""Commands for a run in course: asked for from any thread, taken up by the training thread at a batch's end."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

KINDS = ("stop", "pause", "resume", "rate", "checkpoint", "rewind", "extra")


@dataclass(frozen=True, slots=True)
class Command:
    """One thing asked for.

    Attributes:
        kind: One of `KINDS`.
        value: The rate, the number of a checkpoint, the number of epochs; else None.
        ref: Whatever the asker uses to recognise the answer.
        asked: `time.perf_counter` when it arrived.
    """

    kind: str
    value: float | None = None
    ref: Any = None
    asked: float = field(default_factory=time.perf_counter)


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a command.

    Attributes:
        command: What was asked for.
        text: A sentence about it.
        done: Whether it was carried out.
        waited: Seconds between its arrival and its execution.
    """

    command: Command
    text: str
    done: bool
    waited: float


class Controls:
    """The commands that wait. `ask` only puts a command down, so it may be called from any thread."""

    def __init__(self) -> None:
        self._waiting: deque[Command] = deque(maxlen=1000)
        self.interrupted = False
        self.waiting = False  # whether there is anything to do; a plain attribute, because it is asked at every step

    def ask(self, kind: str, value: float | None = None, ref: Any = None) -> Command:
        """Ask for something.

        Args:
            kind: ``"stop"``, ``"pause"``, ``"resume"``, ``"rate"`` (value: the new rate), ``"checkpoint"``, ``"rewind"``
                (value: a checkpoint's number, None for the newest) or ``"extra"`` (value: how many epochs more, 1 by default).
            value: See above.
            ref: Handed back with the answer.

        Raises:
            ValueError: An unknown kind.
        """
        if kind not in KINDS:
            raise ValueError(f"A run cannot do {kind!r}. It can: {', '.join(KINDS)}.")
        command = Command(kind, value, ref)
        self._waiting.append(command)
        self.waiting = True
        return command

    def interrupt(self) -> None:
        """Stop at the batch's end because of an interrupt."""
        self.interrupted = self.waiting = True

    def take(self) -> list[Command]:
        """All that waits, oldest first. Of several rates in a row only the last remains, as when a slider is dragged."""
        taken: list[Command] = []
        self.waiting = self.interrupted
        while self._waiting:
            command = self._waiting.popleft()
            if taken and command.kind == taken[-1].kind == "rate":
                taken.pop()
            taken.append(command)
        return taken
