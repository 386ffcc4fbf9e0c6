"""The state of one training run, as its steps, commands, monitor and watchers see it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kfx.training.journal.facts import Event
from kfx.training.journal.journal import Journal
from kfx.training.monitor.monitor import Monitor
from kfx.training.run.checkpoints import CheckpointStore
from kfx.training.run.learning_rate import LearningRate

if TYPE_CHECKING:
    import keras


@dataclass
class RunState:
    """One run of ``fit`` at this moment.

    Attributes:
        model: The model in training.
        journal: Everything recorded so far.
        rate: The learning rate.
        store: The checkpoints; None without a Checkpoints callback.
        monitor: The layer monitor; None without a LayerMonitor callback.
        polls: Called at the end of a batch and while paused, e.g. to receive messages from a widget.
        phase: ``"training"``, ``"validating"`` or ``"paused"``.
        open: The run has begun and has not been closed.
        begun: An epoch is in progress.
        stopping: The run ends at the next opportunity.
        skipping: The rest of this epoch is left out, because the model was rewound.
        tested: Steps done of the validation in progress.
        extra: Epochs requested beyond the plan.
        extendable: Somebody will train the extra epochs.
        began: `time.perf_counter` at the beginning of the run.
        paused: Seconds spent in pauses.
    """

    model: keras.Model
    journal: Journal
    rate: LearningRate
    store: CheckpointStore | None = None
    monitor: Monitor | None = None
    polls: list[Callable[[], None]] = field(default_factory=list)
    phase: str = "training"
    open: bool = False
    begun: bool = False
    stopping: bool = False
    skipping: bool = False
    tested: int = 0
    extra: int = 0
    extendable: bool = False
    began: float = 0.0
    paused: float = 0.0

    @property
    def place(self) -> str:
        """The position of the run in words: ``epoch 2, step 4`` or ``the end of epoch 2``."""
        journal = self.journal
        if journal.step:
            return f"epoch {journal.epoch}, step {journal.step}"
        return f"the {'beginning' if self.begun else 'end'} of epoch {journal.epoch}"

    def clock(self) -> None:
        """Update the seconds in the journal."""
        if self.open:
            self.journal.seconds = time.perf_counter() - self.began - self.paused

    def note(self, kind: str, text: str = "", value: float | None = None) -> Event:
        """Add an event to the journal, with the time."""
        self.clock()
        return self.journal.note(kind, text, value)

    def note_rate(self) -> None:
        """Record the learning rate if it has changed."""
        value, rates = self.rate.read(), self.journal.rates
        if value is not None and (not rates.rows or rates.last[0] != value):
            rates.add(self.journal.steps, [value])
