"""What each command does to a run, carried out by the training thread between two batches."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from kfx.training.run.controls import Answer, Command

if TYPE_CHECKING:
    from kfx.training.run.session import Session


def obey(session: Session) -> None:
    """Carry out all that waits."""
    session.catch_up()
    if session.controls.interrupted and not session.stopping:
        session.note("interrupt", f"interrupted at {_place(session)}")
        _halt(session)
    for command in session.controls.take():
        text, done = _DEEDS[command.kind](session, command)
        session.answer(Answer(command, text, done, time.perf_counter() - command.asked))
        if command.kind == "pause" and done:
            session.pause()


def _halt(session: Session) -> None:
    session.stopping = True
    session.model.stop_training = True
    if session.phase == "paused":
        session.phase = "training"


def _stop(session: Session, command: Command) -> tuple[str, bool]:
    if session.stopping:
        return "already stopping", False
    text = f"stopped at {_place(session)}"
    if session.phase == "validating":
        text = "stops when this validation is over"
    elif session.begun and not session.journal.step:
        text = f"stops after the first step of epoch {session.journal.epoch}"
    session.note("stop", text)
    _halt(session)
    return text, True


def _pause(session: Session, command: Command) -> tuple[str, bool]:
    if session.phase == "paused" or session.stopping:
        return "already paused" if session.phase == "paused" else "already stopping", False
    text = f"paused at {_place(session)}"
    session.note("pause", text)
    return text, True


def _resume(session: Session, command: Command) -> tuple[str, bool]:
    if session.phase != "paused":
        return "it is running", False
    session.phase = "training"
    text = f"went on at {_place(session)}"
    session.note("resume", text)
    return text, True


def _rate(session: Session, command: Command) -> tuple[str, bool]:
    before, schedule = session.rate.read(), session.rate.schedule
    try:
        replaced = session.rate.set(command.value)
    except ValueError as refused:
        return str(refused), False
    if replaced:
        session.retrace()
    now = session.rate.read()
    session.journal.rates.add(session.journal.steps, [now])
    text = f"rate {_short(before)} → {_short(now)} taken up at {_place(session)}"
    if schedule:
        text += f", {schedule} is overridden until this fit ends"
    session.note("rate", text, now)
    return text, True


def _checkpoint(session: Session, command: Command) -> tuple[str, bool]:
    if session.store is None:
        return "checkpoints are off: add kfx.callbacks.Checkpoints() to this fit's callbacks", False
    journal = session.journal
    done = journal.epoch - (1 if journal.step else 0)
    best = False
    taken = session.store.take(session.model, epoch=done, step=journal.step, steps=journal.steps, best=best)
    text = f"checkpoint of {taken.label} taken"
    session.note("checkpoint", text, float(taken.number))
    return text, True


def _rewind(session: Session, command: Command) -> tuple[str, bool]:
    if session.store is None:
        return "checkpoints are off: add kfx.callbacks.Checkpoints() to this fit's callbacks", False
    try:
        back = session.store.restore(None if command.value is None else int(command.value))
    except (LookupError, ValueError) as missing:
        return str(missing), False
    where = _place(session)
    text = f"rewound from {where} to {back.label}; the next epoch goes on from there"
    session.note("rewind", text, float(back.epoch))
    session.note_rate()
    if session.journal.step and session.phase != "validating" and not session.stopping:
        session.skipping = True  # the rest of this epoch belongs to the weights that were left
        session.model.stop_training = True
    if session.journal.finding:
        session.journal.finding = ""
    return text, True


def _extra(session: Session, command: Command) -> tuple[str, bool]:
    if not session.extendable:
        return "only kfx.fit can add epochs: this fit was told how many to make", False
    if session.stopping:
        return "already stopping", False
    more = max(int(command.value or 1), 1)
    session.extra += more
    text = f"{more} more epoch{'s' if more > 1 else ''}"
    session.note("extra epoch", text, float(more))
    return text, True


def _place(session: Session) -> str:
    journal = session.journal
    if journal.step:
        return f"epoch {journal.epoch}, step {journal.step}"
    return f"the {'beginning' if session.begun else 'end'} of epoch {journal.epoch}"


def _short(rate: float | None) -> str:
    return "?" if rate is None else f"{rate:.1e}".replace("e-0", "e-").replace("e+00", "").replace(".0e", "e")


_DEEDS: dict[str, Callable[..., tuple[str, bool]]] = {
    "stop": _stop,
    "pause": _pause,
    "resume": _resume,
    "rate": _rate,
    "checkpoint": _checkpoint,
    "rewind": _rewind,
    "extra": _extra,
}
