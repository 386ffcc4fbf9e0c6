"""The journal of a run: everything that callbacks record and that curves, tables and files read. Plain arrays, no Keras."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from kfx.training.journal.buckets import Buckets
from kfx.training.journal.facts import ENDINGS, STATISTICS, Event, Layer, Plan
from kfx.training.journal.panel import PanelRecord

if TYPE_CHECKING:
    import pandas

EVENTS_KEPT = 1000
_LAYER_CELLS = 65_536  # a layer table keeps about this many means
_NOT_LOGS = {"epoch", "seconds", "learning_rate"}


@dataclass
class Journal:
    """One run of ``fit``, from its first step to its last.

    Attributes:
        name: The model's name.
        plan: The planned epochs and steps, from the arguments of ``fit``.
        batches: By step, the value of each log over the steps since the row before (Keras's running means taken apart).
        epochs: By step at each epoch's end: ``epoch`` (the first is 1), then each log as Keras's History holds it.
        rates: Learning rate by step.
        layers: The rows of the layer monitor, in the model's order.
        statistics: By step, ``len(layers) * len(STATISTICS)`` columns, layer by layer; None without a monitor.
        events: The events, oldest first, at most `EVENTS_KEPT`.
        dropped: Number of events that were not kept.
        state: ``"running"``, ``"paused"``, or how it ended: one of `ENDINGS`.
        steps: Steps done in all.
        step: Steps done in this epoch.
        epoch: The epoch in progress or last done, the first is 1; 0 before it begins.
        seconds: Time the run took, without pauses.
        finding: Where values first stopped being finite, or ``""``.
        every: The monitor looks every so many steps; 0 without one.
        thinned: The monitor left out some looks, because they cost too much.
        fixed: The row of ``statistics`` of the newest look that is made in every such run, whatever a clock says.
        fixed_step: Its step.
        cost: Share of the run that watching took, measured by a monitor: looks, the journal, the views; None without one.
        ready: Seconds that the monitor took once to get ready.
        panels: The user's own panels.
    """

    name: str = "model"
    plan: Plan = field(default_factory=Plan)
    batches: Buckets = field(default_factory=lambda: Buckets(capacity=512))
    epochs: Buckets = field(default_factory=lambda: Buckets(["epoch"], capacity=2048))
    rates: Buckets = field(default_factory=lambda: Buckets(["learning_rate"], capacity=512))
    layers: tuple[Layer, ...] = ()
    statistics: Buckets | None = None
    events: list[Event] = field(default_factory=list)
    dropped: int = 0
    state: str = "running"
    steps: int = 0
    step: int = 0
    epoch: int = 0
    seconds: float = 0.0
    finding: str = ""
    every: int = 0
    thinned: bool = False
    fixed: list[float] = field(default_factory=list)
    fixed_step: int = 0
    cost: float | None = None
    ready: float = 0.0
    panels: list[PanelRecord] = field(default_factory=list)

    def note(self, kind: str, text: str = "", value: float | None = None, *, step: int | None = None) -> Event:
        """Add an event at the current step, or at an earlier one of this epoch."""
        event = Event(self.steps if step is None else step, max(self.epoch, 1), kind, text, value, self.seconds)
        if len(self.events) >= EVENTS_KEPT:  # keep the first half and the newest
            del self.events[EVENTS_KEPT // 2]
            self.dropped += 1
        self.events.append(event)
        return event

    def watch(self, layers: Sequence[Layer], every: int) -> Buckets:
        """Make and return the table for the layer monitor."""
        columns = [f"{layer.key}:{name}" for layer in layers for name in STATISTICS]
        capacity = 256
        while capacity > 32 and capacity * len(columns) > _LAYER_CELLS:
            capacity //= 2
        self.layers, self.every = tuple(layers), every
        self.statistics = Buckets(columns, capacity=capacity, dtype="float32")
        return self.statistics

    @property
    def ended(self) -> bool:
        """True when the run is over, however it ended."""
        return self.state in ENDINGS

    @property
    def epochs_done(self) -> int:
        """Number of epochs that reached their end in this run."""
        return self.epochs.rows

    @property
    def logs(self) -> list[str]:
        """Names of the logs without validation's, in Keras's order, ``loss`` first."""
        names = [name for name in self.batches.columns if name != "seconds"]
        names += [n for n in self.epochs.columns[1:] if n not in names and not n.startswith("val_") and n not in _NOT_LOGS]
        return sorted(names, key=lambda name: name != "loss")

    def last(self, name: str) -> float | None:
        """Return the newest epoch's value of a log, or None."""
        value = dict(zip(self.epochs.columns, self.epochs.last, strict=False)).get(name, math.nan)
        return None if math.isnan(value) else float(value)

    def best(self, name: str | None = None) -> tuple[int, float] | None:
        """Return the epoch with the best ``name`` (else the least ``val_loss``, or ``loss``) and its value; None before any."""
        name = name or ("val_loss" if "val_loss" in self.epochs.columns else "loss")
        rows = self.epochs.column(name) if name in self.epochs.columns else None
        if rows is None or not rows.finite.any():
            return None
        at = int(np.nanargmin(rows.low) if lower_is_better(name) else np.nanargmax(rows.high))
        value = rows.low[at] if lower_is_better(name) else rows.high[at]
        return round(self.epochs.column("epoch").high[at]), float(value)

    def position(self, steps: np.ndarray) -> np.ndarray:
        """Return steps as positions in epochs: 2.5 is the middle of the third epoch of this run.

        Before the first epoch has ended, and where its length is unknown, a step counts as its share of the steps so far.
        """
        ends = self.epochs.read().steps
        done = np.concatenate([[0], ends]).astype(float)
        numbers = np.concatenate([[self.plan.first_epoch], self.epochs.column("epoch").high]).astype(float)
        length = self.plan.steps or (ends[-1] / max(numbers[-1] - numbers[0], 1) if len(ends) else max(self.steps, 1))
        beyond = numbers[-1] + (np.asarray(steps, float) - done[-1]) / max(length, 1)
        return np.where(np.asarray(steps) <= done[-1], np.interp(steps, done, numbers), beyond)

    def statistic(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Return one of `STATISTICS` over time: steps ``(buckets,)`` and means ``(buckets, layers)``."""
        if self.statistics is None:
            raise ValueError("This run was not monitored. Add kfx.callbacks.LayerMonitor() to its callbacks, or use kfx.fit.")
        rows = self.statistics.read()
        return rows.steps, rows.mean[:, STATISTICS.index(name) :: len(STATISTICS)]

    def now(self, name: str) -> np.ndarray:
        """Return the newest value of one of `STATISTICS` for each layer, shape ``(layers,)``; NaN where there is none."""
        if self.statistics is None or not self.statistics.rows:
            return np.full(len(self.layers), np.nan)
        return np.asarray(self.statistics.last, float)[STATISTICS.index(name) :: len(STATISTICS)]

    def settled(self, name: str) -> np.ndarray:
        """Return the same for the newest look that every such run makes, so that printed text does not depend on a clock."""
        return np.asarray(self.fixed, float)[STATISTICS.index(name) :: len(STATISTICS)] if self.fixed else self.now(name)

    def to_pandas(self, table: str = "epochs") -> pandas.DataFrame:
        """Return one table of the journal as a pandas DataFrame.

        Args:
            table: ``"epochs"`` (one row an epoch, as in History), ``"batches"`` (mean, low and high of each log by step),
                ``"layers"`` (one row a look and layer) or ``"events"``.

        Raises:
            ValueError: An unknown table.
            ModuleNotFoundError: pandas is not installed.
        """
        tables: dict[str, Callable[[], Any]] = {
            "epochs": self._epoch_table,
            "batches": self._batch_table,
            "layers": self._layer_table,
            "events": lambda: [asdict(event) for event in self.events],
        }
        if table not in tables:
            raise ValueError(f"`table` is {table!r}; expected one of {', '.join(tables)}.")
        try:
            import pandas
        except ModuleNotFoundError as missing:
            raise ModuleNotFoundError("A data frame needs pandas: pip install pandas.") from missing
        return pandas.DataFrame(tables[table]())

    frame = to_pandas

    def _epoch_table(self) -> dict[str, np.ndarray]:
        rows = self.epochs.read()
        columns = dict(zip(self.epochs.columns, rows.mean.T, strict=True))
        return {"epoch": np.rint(columns.pop("epoch")).astype(int), "step": rows.steps, **columns}

    def _batch_table(self) -> dict[str, np.ndarray]:
        rows = self.batches.read()
        table: dict[str, np.ndarray] = {"step": rows.steps}
        for i, name in enumerate(self.batches.columns):
            table |= {name: rows.mean[:, i], f"{name}_low": rows.low[:, i], f"{name}_high": rows.high[:, i]}
        return table

    def _layer_table(self) -> dict[str, np.ndarray]:
        if self.statistics is None:
            return {name: np.empty(0) for name in ("step", "layer", *STATISTICS)}
        steps = self.statistics.read().steps
        return {
            "step": np.repeat(steps, len(self.layers)),
            "layer": np.tile([layer.key for layer in self.layers], len(steps)),
            **{name: self.statistic(name)[1].ravel() for name in STATISTICS},
        }

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays."""
        tables = [self.batches, self.epochs, self.rates, *(panel.series for panel in self.panels)]
        tables += [self.statistics] if self.statistics is not None else []
        return sum(table.nbytes for table in tables)

    def __repr__(self) -> str:
        return f"<Journal of {self.name!r}: {self.state}, {self.epochs_done} epochs, {self.steps:,} steps>"


RUNS: deque[Journal] = deque(maxlen=200)  # of this Python process, oldest first, the ones being written included


def lower_is_better(name: str) -> bool:
    """Return True if a smaller value of this log is better, judging by its name."""
    name = name.removeprefix("val_").lower()
    good = ("acc", "auc", "precision", "recall", "f1", "iou", "r2", "cosine", "score", "dice", "sensitivity", "specificity")
    return "loss" in name or not any(word in name for word in good)
