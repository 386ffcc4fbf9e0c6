"""The state of one training run, as its steps, commands, monitor and watchers see it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

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
        cut: An interrupt has cut the newest validation short.
        extra: Epochs requested beyond the plan.
        extendable: Somebody will train the extra epochs.
        began: `time.perf_counter` at the beginning of the run.
        paused: Seconds spent in pauses.
        ask: Sends a command from any thread and returns it, e.g. ``run.ask("rate", 1e-4)``; see `Controls.ask`.
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
    cut: bool = False
    extra: int = 0
    extendable: bool = False
    began: float = 0.0
    paused: float = 0.0
    ask: Callable[..., object] | None = None

    @property
    def stage(self) -> str:
        """What the run does, in one word for a view.

        ``"building"``: TensorFlow compiles the first step, and commands wait for its end. ``"first step"``: that one is done,
        and its time says nothing about the others. ``"running"``, ``"validating"``, ``"paused"``; ``"rewound"``: the rest of
        the epoch is left out; ``"broken"``: values are not finite, training goes on; ``"stopping"``. At the end one of
        `kfx.training.journal.facts.ENDINGS`.
        """
        journal = self.journal
        if journal.ended:
            return journal.state
        if self.phase == "paused":
            return "paused"
        if self.stopping:
            return "stopping"
        if self.skipping:
            return "rewound"
        if journal.steps <= 1:
            return "first step" if journal.steps else "building"
        if self.phase == "validating":
            return "validating"
        return "broken" if journal.broke is not None else "running"

    def facts(self) -> dict[str, Any]:
        """Return everything that a view or a program may want to know at this moment, as plain data, JSON-ready."""
        journal, store = self.journal, self.store
        self.clock()
        return {
            **journal.facts(),
            "stage": self.stage,
            "epochs": journal.plan.epochs + self.extra,
            "tested": self.tested if self.phase == "validating" else 0,
            "rate": self.rate.read(),
            "schedule": self.rate.schedule,
            "overridden": self.rate.overridden,
            "checkpoints": None if store is None else [[c.number, c.label, c is store.best] for c in store.all],
        }

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

    def note(self, kind: str, text: str = "", value: float | None = None, *, step: int | None = None) -> Event:
        """Add an event to the journal, with the time."""
        self.clock()
        return self.journal.note(kind, text, value, step=step)

    def note_rate(self) -> None:
        """Record the learning rate if it has changed."""
        value, rates = self.rate.read(), self.journal.rates
        if value is not None and (not rates.rows or rates.last[0] != value):
            rates.add(self.journal.steps, [value])
