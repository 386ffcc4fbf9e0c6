"""The journal of a run: everything that callbacks record and that curves, tables and files read. Plain arrays, no Keras."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from kfx.training.journal.buckets import Buckets
from kfx.training.journal.facts import ENDINGS, PART_STATISTICS, STATISTICS, Asked, Broke, Event, Layer, Part, Plan, Rewind
from kfx.training.journal.panel import PanelRecord

if TYPE_CHECKING:
    import pandas

EVENTS_KEPT = 1000
_LAYER_CELLS = 65_536  # a layer table keeps about this many means
_NOT_LOGS = {"epoch", "seconds"}


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
        every: The monitor looks every so many steps; 0 without one, and while it does not know how long the run is.
        thinned: The monitor left out some looks, because they cost too much.
        fixed: The row of ``statistics`` of the newest look that is made in every such run, whatever a clock says.
        fixed_step: Its step.
        cost: Share of the run that watching took, measured by a monitor: looks, the journal, the views; None without one.
        ready: Seconds that the monitor took once to get ready.
        parts: The trainable weights of the layers, each by itself: kernels, biases.
        part_statistics: By step, ``len(parts) * len(PART_STATISTICS)`` columns, weight by weight; None without a monitor.
        fixed_parts: Their row that belongs to ``fixed``.
        added: By step of a look, a column for each layer that adds to the loss (``add_loss``, activity regularizers): the sum
            of what it added, without the penalties of weights.
        panels: The user's own panels.
        latest: By log, the newest epoch that has it, and its value there.
        order: The logs of epochs in History's order.
        rewinds: The returns to checkpoints, oldest first.
        broke: Where values stopped being finite; None while all is well, also after a rewind.
        asked: Every command that reached the run, carried out or refused, oldest first, at most `EVENTS_KEPT`.
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
    parts: tuple[Part, ...] = ()
    part_statistics: Buckets | None = None
    fixed_parts: list[float] = field(default_factory=list)
    added: Buckets = field(default_factory=lambda: Buckets(capacity=256, dtype="float32"))
    panels: list[PanelRecord] = field(default_factory=list)
    latest: dict[str, list[float]] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    rewinds: list[Rewind] = field(default_factory=list)
    broke: Broke | None = None
    asked: list[Asked] = field(default_factory=list)

    def note(self, kind: str, text: str = "", value: float | None = None, *, step: int | None = None) -> Event:
        """Add an event at the current step, or at an earlier one of this epoch."""
        event = Event(self.steps if step is None else step, max(self.epoch, 1), kind, text, value, self.seconds)
        if len(self.events) >= EVENTS_KEPT:  # keep the first half and the newest
            del self.events[EVENTS_KEPT // 2]
            self.dropped += 1
        self.events.append(event)
        return event

    def audit(self, asked: Asked) -> None:
        """Add a line to the audit list."""
        if len(self.asked) >= EVENTS_KEPT:
            del self.asked[EVENTS_KEPT // 2]
        self.asked.append(asked)

    def add_epoch(self, epoch: int, logs: Mapping[str, float]) -> None:
        """Add the row of an epoch; until the next one `complete_epoch` may add what later callbacks log."""
        self.epochs.widen([*logs, "seconds"])
        row = {"epoch": float(epoch), "seconds": self.seconds, **logs}
        self.epochs.add_open(self.steps, [row.get(name, math.nan) for name in self.epochs.columns])
        self._note_logs(epoch, logs)

    def complete_epoch(self, epoch: int, logs: Mapping[str, float]) -> None:
        """Give the newest row of epochs the logs that it has by now."""
        index = {name: i for i, name in enumerate(self.epochs.columns)}
        before = self.epochs.last
        kept = {name: before[index[name]] for name in ("epoch", "seconds")}
        self.epochs.replace([*logs], {**kept, **logs})
        self._note_logs(epoch, logs)

    def _note_logs(self, epoch: int, logs: Mapping[str, float]) -> None:
        self.latest |= {name: [epoch, value] for name, value in logs.items()}
        self.order += [name for name in logs if name not in self.order]

    def watch(self, layers: Sequence[Layer], every: int, parts: Sequence[Part] = ()) -> Buckets:
        """Make the tables for the layer monitor and return that of the layers."""
        self.layers, self.parts, self.every = tuple(layers), tuple(parts), every
        self.statistics = _layer_buckets([f"{layer.key}:{name}" for layer in layers for name in STATISTICS])
        if parts:
            columns = [f"{part.layer}/{part.name}:{name}" for part in parts for name in PART_STATISTICS]
            self.part_statistics = _layer_buckets(columns)
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
        """Names of the logs without validation's: ``loss``, those of steps, those that only epochs have, as in History."""
        names = [name for name in self.batches.columns if name != "seconds"]
        more = dict.fromkeys([*self.order, *self.epochs.columns[1:]])
        names += [name for name in more if name not in names and not name.startswith("val_") and name not in _NOT_LOGS]
        return sorted(names, key=lambda name: name != "loss")

    def last(self, name: str) -> float | None:
        """Return the value of a log in the newest epoch that has it, or None: validations may come every second epoch."""
        newest = dict(zip(self.epochs.columns, self.epochs.last, strict=False)).get(name, math.nan)
        value = self.latest[name][1] if name in self.latest else newest
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

    @property
    def looked_at(self) -> int:
        """The step of the newest look of the layer monitor; 0 before the first."""
        return self.statistics.last_step if self.statistics is not None and self.statistics.rows else 0

    def weights_of(self, layer: str, *, settled: bool = False) -> dict[str, dict[str, float]]:
        """Return the newest `PART_STATISTICS` of each weight of a layer by the weight's name; of `settled` looks if asked."""
        if self.part_statistics is None or not self.part_statistics.rows:
            return {}
        row = self.fixed_parts if settled and self.fixed_parts else self.part_statistics.last
        wide = len(PART_STATISTICS)
        return {
            part.name: dict(zip(PART_STATISTICS, map(float, row[i * wide : (i + 1) * wide]), strict=True))
            for i, part in enumerate(self.parts)
            if part.layer == layer
        }

    def settled(self, name: str) -> np.ndarray:
        """Return the same for the newest look that every such run makes, so that printed text does not depend on a clock."""
        return np.asarray(self.fixed, float)[STATISTICS.index(name) :: len(STATISTICS)] if self.fixed else self.now(name)

    def facts(self) -> dict[str, Any]:
        """Return what there is to know about the run in a few numbers and lists, as plain data, JSON-ready."""
        return {
            "name": self.name,
            "stage": self.state,
            "seconds": self.seconds,
            "epoch": self.epoch,
            "epochs": self.plan.epochs,
            "step": self.step,
            "steps": self.steps,
            "steps_per_epoch": self.plan.steps,
            "rate": self.rates.last[0] if self.rates.rows else None,
            "looked_at": self.looked_at,
            "rewinds": [asdict(rewind) for rewind in self.rewinds],
            "broke": None if self.broke is None else asdict(self.broke),
            "logs": {name: value for name, (_, value) in self.latest.items()},
        }

    def to_pandas(self, table: str = "epochs") -> pandas.DataFrame:
        """Return one table of the journal as a pandas DataFrame.

        Args:
            table: ``"epochs"`` (one row an epoch, as in History), ``"batches"`` (mean, low and high of each log by step),
                ``"layers"`` (one row a look and layer), ``"weights"`` (one row a look and weight of a layer), ``"losses"`` (one
                row a look and layer that adds to the loss) or ``"events"``.

        Raises:
            ValueError: An unknown table.
            ModuleNotFoundError: pandas is not installed.
        """
        tables: dict[str, Callable[[], Any]] = {
            "epochs": self._epoch_table,
            "batches": self._batch_table,
            "layers": self._layer_table,
            "weights": self._weight_table,
            "losses": self._loss_table,
            "events": lambda: [asdict(event) for event in self.events],
        }
        if table not in tables:
            raise ValueError(
                f"`table` is {table!r}; expected one of epochs, batches, layers, events. "
                "A layer monitor also writes weights and losses."
            )
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

    def _weight_table(self) -> dict[str, np.ndarray]:
        if self.part_statistics is None:
            return {name: np.empty(0) for name in ("step", "layer", "name", *PART_STATISTICS)}
        rows, wide = self.part_statistics.read(), len(PART_STATISTICS)
        return {
            "step": np.repeat(rows.steps, len(self.parts)),
            "layer": np.tile([part.layer for part in self.parts], len(rows.steps)),
            "name": np.tile([part.name for part in self.parts], len(rows.steps)),
            **{name: rows.mean[:, i::wide].ravel() for i, name in enumerate(PART_STATISTICS)},
        }

    def _loss_table(self) -> dict[str, np.ndarray]:
        rows = self.added.read()
        names = self.added.columns
        return {
            "step": np.repeat(rows.steps, len(names)),
            "layer": np.tile(names, len(rows.steps)) if names else np.empty(0),
            "added": rows.mean.ravel(),
        }

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays."""
        tables = [self.batches, self.epochs, self.rates, *(panel.series for panel in self.panels)]
        tables += [table for table in (self.statistics, self.part_statistics, self.added) if table is not None]
        return sum(table.nbytes for table in tables)

    def __repr__(self) -> str:
        return f"<Journal of {self.name!r}: {self.state}, {self.epochs_done} epochs, {self.steps:,} steps>"


RUNS: deque[Journal] = deque(maxlen=200)  # of this Python process, oldest first, the ones being written included


def _layer_buckets(columns: list[str]) -> Buckets:
    """Return a table with as many rows as its number of columns allows."""
    capacity = 256
    while capacity > 32 and capacity * len(columns) > _LAYER_CELLS:
        capacity //= 2
    return Buckets(columns, capacity=capacity, dtype="float32")


def lower_is_better(name: str) -> bool:
    """Return True if a smaller value of this log is better, judging by its name."""
    name = name.removeprefix("val_").lower()
    good = ("acc", "auc", "precision", "recall", "f1", "iou", "r2", "cosine", "score", "dice", "sensitivity", "specificity")
    return "loss" in name or not any(word in name for word in good)
