"""The callbacks without their views: each works alone in ``model.fit``, several in one fit share a session."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from kfx.errors import NoRunError
from kfx.keras_access.importing import import_keras
from kfx.training.journal.journal import Journal
from kfx.training.journal.panel import Content, PanelRecord
from kfx.training.monitor.monitor import Monitor
from kfx.training.run.checkpoints import Checkpoint, CheckpointStore
from kfx.training.run.commands import Ticket
from kfx.training.run.session import OPEN, Session, session_of
from kfx.training.run.sparing import say, sentence
from kfx.training.run.state import RunState

if TYPE_CHECKING:
    from keras.callbacks import Callback
else:
    Callback = import_keras().callbacks.Callback

_log = logging.getLogger("kfx")


class Recording(Callback):
    """Writes the journal of a fit, ``callback.journal``, and shows nothing. The base of all kfx callbacks.

    Of several in one fit the first does the work for all. None has a hook at batches: the session follows each step from
    inside the train function, in the training thread, where a pause can hold it.
    """

    session: Session | None = None

    @property
    def journal(self) -> Journal | None:
        """The journal of the newest fit, None before the first."""
        return None if self.session is None else self.session.journal

    def join(self, session: Session) -> None:
        """Set up in the session what this callback needs; called before the first step."""

    def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:
        session, before = session_of(self.model, self.params), self.session
        if session is before and not session.closed:  # given twice in one list, or kfx.fit adds an epoch
            if session.leader is self and session.run.open:
                session.resume()
            return
        self.session = session
        if session.leader is None:
            session.leader = self
        try:
            self.join(session)
        except (TypeError, ValueError):  # what the user gave
            OPEN.pop(self.model, None)
            raise
        except Exception as error:
            say(
                session.run, f"{type(self).__name__} does not take part in this training ({sentence(error)}); training goes on."
            )

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        session, params = self._led, self.params or {}
        if session is None:
            return
        if not session.run.open:
            session.begin(params, epoch)
        if session.run.open and not session.run.begun:
            session.epoch_begin(epoch, last=epoch + 1 == params.get("epochs"))

    def on_test_begin(self, logs: Mapping[str, float] | None = None) -> None:
        if (session := self._led) is not None and session.run.open:
            session.test_begin()

    def on_test_end(self, logs: Mapping[str, float] | None = None) -> None:
        if (session := self._led) is not None and session.run.open:
            session.test_end()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        if (session := self._led) is not None and session.run.open and session.run.begun:
            session.epoch_end(epoch, {} if logs is None else logs)

    def on_train_end(self, logs: Mapping[str, float] | None = None) -> None:
        session = self._led
        if session is None or not session.run.open:
            return
        if session.controls.interrupted:  # perhaps after the last epoch's end, and not recorded yet
            session.serve()
        if not session.managed:
            session.close(session.ending)

    @property
    def _led(self) -> Session | None:
        """The session, if this callback leads it and it still follows the training."""
        session = self.session
        return session if session is not None and session.leader is self and not session.lost else None


def _check_every(every: object) -> None:
    if isinstance(every, bool) or not isinstance(every, int) or every < 1:
        raise ValueError(f"`every` is {every!r}; expected a whole number of steps, at least 1.")


class Monitoring(Recording):
    """Statistics of every layer while it trains; see `kfx.callbacks.LayerMonitor`."""

    def __init__(self, *, every: int | None = None, gradients: bool | None = None, stop_on_nan: bool = False) -> None:
        super().__init__()
        if every is not None:
            _check_every(every)
        self.every, self.gradients, self.stop_on_nan = every, gradients, stop_on_nan

    def join(self, session: Session) -> None:
        session.run.monitor = Monitor(every=self.every, gradients=self.gradients, stop_when_broken=self.stop_on_nan)


class Checkpointing(Recording):
    """Copies of the whole state in memory, to rewind to; see `kfx.callbacks.Checkpoints`."""

    def __init__(self, *, when: str = "epoch", keep: int = 3, memory: int = 1_000_000_000) -> None:
        super().__init__()
        if when not in ("epoch", "best", "asked"):
            raise ValueError(f"`when` is {when!r}; expected 'epoch', 'best' or 'asked'.")
        self.when, self.store = when, CheckpointStore(keep=keep, memory=memory)

    def join(self, session: Session) -> None:
        self.store.all.clear()
        session.run.store, session.checkpointing = self.store, "" if self.when == "asked" else self.when

    def rewind(self, number: int | None = None) -> str:
        """Put a checkpoint back: at the next batch's end while ``fit`` runs, at once when it does not.

        Args:
            number: Which one, as in ``.all``; the newest by default.

        Returns:
            A sentence about it.
        """
        if self.session is not None and self.session.run.open:
            self.session.controls.ask("rewind", number)
            return "it will be rewound at the end of this batch"
        return f"rewound to {self.store.restore(number).label}"

    @property
    def all(self) -> tuple[Checkpoint, ...]:
        """The checkpoints that are kept, oldest first."""
        return tuple(self.store.all)


class Commanding(Recording):
    """Stop, pause, learning rate, checkpoints and rewinding from outside; see `kfx.callbacks.Controls`."""

    def ask(self, kind: str, value: float | None = None) -> Ticket:
        """Send a command to the run in progress, from any thread: see `kfx.training.run.commands.Controls.ask`.

        Returns:
            A ticket that gets the answer: ``ticket.wait(seconds)`` in another thread than the one that trains, ``ticket.text``.

        Raises:
            ValueError: An unknown command.
            NoRunError: No fit is running.
        """
        session = self.session
        if session is None or not session.run.open:
            raise NoRunError("No run is in course. Controls act while fit runs.")
        ticket = session.controls.ask(kind, value).ticket
        if not session.run.begun and session.thread == threading.get_ident():
            session.serve()  # asked after an epoch: no batch ends before the next one begins
        return ticket


class Showing(Recording):
    """Base of a user's own panel without its view; see `kfx.callbacks.Panel`."""

    title = ""
    every = 50
    record: PanelRecord

    def on_batch(self, run: RunState, logs: Mapping[str, float]) -> Content:
        """Return the content of the panel after a batch; called every `every` steps.

        Args:
            run: The state of the run: ``run.journal`` (``steps``, ``epoch``, all tables), ``run.model``, ``run.rate.read()``.
            logs: The logs of this batch.
        """

    def on_epoch(self, run: RunState, logs: Mapping[str, float]) -> Content:
        """Return the content of the panel after an epoch.

        Args:
            run: The state of the run, as for `on_batch`.
            logs: The logs of this epoch, those of the validation with ``val_`` in front.
        """

    def join(self, session: Session) -> None:
        _check_every(self.every)
        self.record, self._broken = PanelRecord(self.title or type(self).__name__), False
        session.journal.panels.append(self.record)
        session.step_watchers.append(self)

    def stepped(self, run: RunState) -> None:
        """Call ``on_batch`` with the logs of the newest batch."""
        table = run.journal.batches
        logs = {name: value for name, value in zip(table.columns, table.last, strict=False) if name != "seconds"}
        self._call(self.on_batch, run, logs)

    def epoch_ended(self, run: RunState, logs: Mapping[str, float]) -> None:
        """Call ``on_epoch`` with the logs of the epoch."""
        self._call(self.on_epoch, run, logs)

    def _call(self, hook: Callable[..., Content], run: RunState, logs: Mapping[str, float]) -> None:
        """Show the content that a hook returns; after an exception show that instead, and call no hook any more."""
        if self._broken:
            return
        try:
            self.record.show(hook(run, dict(logs)), run.journal.steps)
        except Exception as error:
            self._broken = True
            text = f"{hook.__name__} raised {type(error).__name__}: {error}".splitlines()[0]
            self.record.write_lines([text])
            _log.warning("The panel %r is not updated any more: %s", self.record.title, text)
            _log.debug("The panel's error:", exc_info=True)
