"""Record the epochs of a run as Keras's History does, with what callbacks after ours add to their logs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kfx.training.run.keras_logs import epoch_logs
from kfx.training.run.state import RunState

if TYPE_CHECKING:
    import keras


class Epochs:
    """Writes the table of epochs.

    Keras hands one dict of logs to all callbacks in turn. Those after ours may add to it, and History records it last or
    anywhere; so the row is written at once and completed when the epoch is surely over.

    Args:
        run: The state of the run.
    """

    def __init__(self, run: RunState) -> None:
        self._run = run
        self._newest: tuple[int, Mapping[str, Any]] | None = None  # the newest epoch, counted from 0, and its logs
        self._written: dict[str, float] = {}
        self._rows = 0  # epochs in the journal when the fit in progress began

    def resume(self) -> None:
        """Begin another fit of the same run."""
        self.complete()
        self._rows, self._newest = self._run.journal.epochs.rows, None

    def end(self, epoch: int, logs: Mapping[str, Any]) -> None:
        """Write an epoch (counted from 0) that is over."""
        self._newest, self._written = (epoch, logs), epoch_logs(logs)
        self._run.journal.add_epoch(epoch + 1, self._written)

    def complete(self) -> None:
        """Add to the newest epoch what other callbacks have logged since."""
        if self._newest is None:
            return
        epoch, logs = self._newest
        now = epoch_logs(logs)
        if repr(now) != repr(self._written):  # as text, NaN equals NaN
            self._written = now
            self._run.journal.complete_epoch(epoch + 1, now)
            self._run.note_rate()

    def complete_history(self, history: keras.callbacks.History | None) -> None:
        """Add a whole epoch to History if an exception was raised after ``epoch_end`` and before History recorded it."""
        rows = self._run.journal.epochs.rows - self._rows
        if history is None or self._newest is None or rows != len(getattr(history, "epoch", ())) + 1:
            return
        epoch, logs = self._newest
        history.epoch.append(epoch)
        for name, value in logs.items():
            history.history.setdefault(name, []).append(value)
