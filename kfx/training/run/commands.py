"""Commands for a run: requested from any thread, carried out by the training thread between two batches."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from kfx.training.journal.facts import Rewind
from kfx.training.run.state import RunState

_NO_STORE = "checkpoints are off: add kfx.callbacks.Checkpoints() to this fit's callbacks"


@dataclass(frozen=True, slots=True)
class Command:
    """One request.

    Attributes:
        kind: See `Controls.ask`.
        value: The rate, the number of a checkpoint, the number of epochs; else None.
        ref: Anything by which the sender recognises the outcome.
        ticket: Gets the outcome.
    """

    kind: str
    value: float | None = None
    ref: object = None
    ticket: Ticket = field(default_factory=lambda: Ticket())

    @property
    def by(self) -> str:
        """Who asked: ``"view"`` for a click, ``"code"`` for a program."""
        return "code" if self.ref is None else "view"

    def answer(self, outcome: Outcome) -> None:
        """Hand over the outcome."""
        self.ticket.fill(outcome.text, done=outcome.done)


class Ticket:
    """The answer to a command, once it comes; from any thread but the one that trains one can wait for it.

    Attributes:
        text: A sentence about the outcome; ``""`` before it is there.
        done: True once the command was carried out, False before and where it was refused.
    """

    def __init__(self) -> None:
        self.text, self.done = "", False
        self._there = threading.Event()

    def fill(self, text: str, *, done: bool) -> None:
        """Give the answer."""
        self.text, self.done = text, done
        self._there.set()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the answer, at most so many seconds; return `done`."""
        self._there.wait(seconds)
        return self.done

    def __repr__(self) -> str:
        return f"<Ticket: {self.text or 'waiting'}>"


class Then(Enum):
    """The action of the session after a command."""

    NOTHING = 0
    STOP = 1
    PAUSE = 2
    RETRACE = 3  # compile the train function again
    LEAVE_EPOCH = 4  # the rest of this epoch belongs to weights that were given up


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of carrying out a command.

    Attributes:
        text: A sentence about it.
        event: The kind of event to record; ``""`` where the command was refused.
        value: The value of that event.
        then: The action of the session.
    """

    text: str
    event: str = ""
    value: float | None = None
    then: Then = Then.NOTHING

    @property
    def done(self) -> bool:
        """True if the command was carried out."""
        return bool(self.event)


class Controls:
    """The queue of commands. `ask` only appends, so it may be called from any thread.

    Attributes:
        interrupted: An interrupt has arrived: the run stops.
        waiting: A command or an interrupt waits; a plain attribute, because it is read at every step.
    """

    def __init__(self) -> None:
        self._queue: deque[Command] = deque(maxlen=1000)
        self.interrupted = False
        self.waiting = False

    def ask(self, kind: str, value: float | None = None, ref: object = None) -> Command:
        """Request something.

        Args:
            kind: ``"stop"``, ``"pause"``, ``"resume"``, ``"rate"`` (value: the new rate), ``"checkpoint"``, ``"rewind"``
                (value: a checkpoint's number, None for the newest) or ``"extra"`` (value: how many epochs more, 1 by default).
            value: See above.
            ref: Returned with the outcome.

        Raises:
            ValueError: An unknown kind.
        """
        if kind not in _ACTIONS:
            raise ValueError(f"A run cannot do {kind!r}. It can: {', '.join(_ACTIONS)}.")
        command = Command(kind, value, ref)
        self._queue.append(command)
        self.waiting = True
        return command

    def interrupt(self) -> None:
        """Request a stop at the end of the batch because of an interrupt."""
        self.interrupted = self.waiting = True

    def take(self) -> list[Command]:
        """Return and remove all commands, oldest first. Of consecutive rates only the last remains: a slider was dragged."""
        taken: list[Command] = []
        self.waiting = self.interrupted
        while self._queue:
            command = self._queue.popleft()
            if taken and command.kind == taken[-1].kind == "rate":
                taken.pop().ticket.fill("a later rate has replaced it", done=False)
            taken.append(command)
        return taken


def carry_out(run: RunState, command: Command) -> Outcome:
    """Carry out one command on the state of a run and return its outcome."""
    return _ACTIONS[command.kind](run, command.value)


def _stop(run: RunState, value: float | None) -> Outcome:
    if run.stopping:
        return Outcome("already stopping")
    text = f"stopped at {run.place}"
    if run.phase == "validating":
        text = "stops when this validation is over"
    elif run.begun and not run.journal.step:
        text = f"stops after the first step of epoch {run.journal.epoch}"
    return Outcome(text, "stop", then=Then.STOP)


def _pause(run: RunState, value: float | None) -> Outcome:
    if run.phase == "paused" or run.stopping:
        return Outcome("already paused" if run.phase == "paused" else "already stopping")
    return Outcome(f"paused at {run.place}", "pause", then=Then.PAUSE)


def _resume(run: RunState, value: float | None) -> Outcome:
    if run.phase != "paused":
        return Outcome("it is running")
    run.phase = "training"
    return Outcome(f"went on at {run.place}", "resume")


def _set_rate(run: RunState, value: float | None) -> Outcome:
    before, schedule = run.rate.read(), run.rate.schedule
    try:
        replaced = run.rate.set(value)
    except ValueError as refused:
        return Outcome(str(refused))
    now = run.rate.read()
    if now is not None:
        run.journal.rates.add(run.journal.steps, [now])
    text = f"rate {_short(before)} → {_short(now)} taken up at {run.place}"
    if schedule:
        text += f", {schedule} is overridden until this fit ends"
    return Outcome(text, "rate", now, Then.RETRACE if replaced else Then.NOTHING)


def _take_checkpoint(run: RunState, value: float | None) -> Outcome:
    if run.store is None:
        return Outcome(_NO_STORE)
    journal = run.journal
    done = journal.epoch - (1 if journal.step else 0)
    taken = run.store.take(run.model, epoch=done, step=journal.step, steps=journal.steps, best=False)
    return Outcome(f"checkpoint of {taken.label} taken", "checkpoint", float(taken.number))


def _rewind(run: RunState, value: float | None) -> Outcome:
    if run.store is None:
        return Outcome(_NO_STORE)
    try:
        back = run.store.restore(None if value is None else int(value))
    except (LookupError, ValueError) as missing:
        return Outcome(str(missing))
    run.note_rate()
    journal = run.journal
    journal.finding = ""
    back_at = back.epoch, back.step, back.steps
    journal.rewinds.append(Rewind(journal.steps, max(journal.epoch, 1), *back_at, run.rate.read()))
    leave = run.journal.step and run.phase != "validating" and not run.stopping
    text = f"rewound from {run.place} to {back.label}; the next epoch goes on from there"
    return Outcome(text, "rewind", float(back.epoch), Then.LEAVE_EPOCH if leave else Then.NOTHING)


def _add_epochs(run: RunState, value: float | None) -> Outcome:
    if not run.extendable:
        return Outcome("only kfx.fit can add epochs: this fit was told how many to make")
    if run.stopping:
        return Outcome("already stopping")
    more = max(int(value or 1), 1)
    run.extra += more
    return Outcome(f"{more} more epoch{'s' if more > 1 else ''}", "extra epoch", float(more))


def _short(rate: float | None) -> str:
    return "?" if rate is None else f"{rate:.1e}".replace("e-0", "e-").replace("e+00", "").replace(".0e", "e")


_ACTIONS: dict[str, Callable[[RunState, float | None], Outcome]] = {
    "stop": _stop,
    "pause": _pause,
    "resume": _resume,
    "rate": _set_rate,
    "checkpoint": _take_checkpoint,
    "rewind": _rewind,
    "extra": _add_epochs,
}
