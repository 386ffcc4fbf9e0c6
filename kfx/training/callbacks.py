"""The callbacks without their views: each can stand alone in ``model.fit``, several in one fit share a session."""

from __future__ import annotations

import threading
from typing import Any

from kfx.errors import NoRunError
from kfx.keras_access.importing import import_keras
from kfx.training.journal.journal import Journal
from kfx.training.monitor.monitor import Monitor
from kfx.training.run.checkpoints import CheckpointStore
from kfx.training.run.open_runs import OPEN
from kfx.training.run.session import Session

Callback = import_keras().callbacks.Callback


class Recording(Callback):
    """Writes the journal of a fit, ``callback.journal``, and shows nothing. The base of all kfx callbacks.

    Of several in one fit the first does the work for all. There is no hook at batches: the session follows each step from
    inside the train function, in the training thread, where a pause can hold it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.session: Session | None = None

    @property
    def journal(self) -> Journal | None:
        """The journal of the newest fit, None before the first."""
        return None if self.session is None else self.session.journal

    def join(self, session: Session) -> None:
        """Say what this callback needs; called before the first step."""

    # ------------------------------------------------------------------------------------------------ Keras's hooks

    def on_train_begin(self, logs: Any = None) -> None:
        again = self.session is not None and self.session.open and self.session.managed  # kfx.fit adds an epoch
        self.session = self.session if again else session_of(self.model, self.params)
        if self.session.leader is None:
            self.session.leader = self
        if not again:
            self.join(self.session)
        elif self._leads:
            self.session.resume()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if not self._leads:
            return
        if not self.session.open:
            self.session.plan(self.params or {}, epoch)
            self.session.begin(epoch)
        self.session.epoch_begin(epoch, last=epoch + 1 == (self.params or {}).get("epochs"))

    def on_test_begin(self, logs: Any = None) -> None:
        if self._leads and self.session.open:
            self.session.test_begin()

    def on_test_end(self, logs: Any = None) -> None:
        if self._leads and self.session.open:
            self.session.test_end()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self._leads:
            self.session.epoch_end(epoch, logs or {})

    def on_train_end(self, logs: Any = None) -> None:
        if not self._leads:
            return
        if self.session.controls.interrupted:  # perhaps after the last epoch's end, where nobody has noted it
            self.session.serve()
        if not self.session.managed:
            self.session.close(self.session.ending)

    @property
    def _leads(self) -> bool:
        return self.session is not None and self.session.leader is self


class Monitoring(Recording):
    """Statistics of every layer while it trains; see `kfx.callbacks.LayerMonitor`."""

    def __init__(self, *, every: int | None = None, gradients: bool | None = None, stop_on_nan: bool = False) -> None:
        super().__init__()
        if every is not None and (not isinstance(every, int) or every < 1):
            raise ValueError(f"`every` is {every!r}; it must be a whole number of steps, at least 1.")
        self.every, self.gradients, self.stop_on_nan = every, gradients, stop_on_nan

    def join(self, session: Session) -> None:
        session.monitor = Monitor(every=self.every, gradients=self.gradients, stop_when_broken=self.stop_on_nan)


class Checkpointing(Recording):
    """Copies of the whole state in memory, to rewind to; see `kfx.callbacks.Checkpoints`."""

    def __init__(self, *, when: str = "epoch", keep: int = 3, memory: int = 1_000_000_000) -> None:
        super().__init__()
        if when not in ("epoch", "best", "asked"):
            raise ValueError(f"`when` is {when!r}; it must be 'epoch', 'best' or 'asked'.")
        self.when, self.store = when, CheckpointStore(keep=keep, memory=memory)

    def join(self, session: Session) -> None:
        self.store.all.clear()
        session.store, session.checkpointing = self.store, "" if self.when == "asked" else self.when

    def rewind(self, number: int | None = None) -> str:
        """Put a checkpoint back: at the next batch's end while ``fit`` runs, at once when it does not.

        Args:
            number: Which one, as in ``.all``; the newest by default.

        Returns:
            A sentence about it.
        """
        if self.session is not None and self.session.open:
            self.session.controls.ask("rewind", number)
            return "it will be rewound at the end of this batch"
        return f"rewound to {self.store.restore(number).label}"

    @property
    def all(self) -> tuple:
        """The checkpoints that are kept, oldest first."""
        return tuple(self.store.all)


class Steering(Recording):
    """Stop, pause, learning rate, checkpoints and rewinding from outside; see `kfx.callbacks.Controls`."""

    def join(self, session: Session) -> None:
        session.steering = True

    def ask(self, kind: str, value: float | None = None) -> None:
        """Ask the run in course for something, from any thread: see `kfx.training.run.controls.Controls.ask`."""
        session = self.session
        if session is None or not session.open:
            raise NoRunError("No run is in course. Controls act while fit runs.")
        session.controls.ask(kind, value)
        if not session.begun and session.thread == threading.get_ident():
            session.serve()  # a callback asks after an epoch: there is no batch's end to wait for before the next one begins


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
