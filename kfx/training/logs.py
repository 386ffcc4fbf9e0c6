"""Keras's logs, taken apart: during an epoch they are means since its beginning; the journal wants what each step gave."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kfx.quiet import import_keras
from kfx.training.journal import Journal

_AT_ONCE = 256


class BatchLogs:
    """Turns the logs at batch ends into rows of the journal.

    A running mean ``m`` over ``n`` equal batches gives the mean over the last ``n - k`` of them as ``(n·m − k·m_k) / (n − k)``.
    Logs that are not running means (an AUC, what a custom ``train_step`` returns) are kept as they are.

    Most of the work is done for many steps at once, in `flush`: a step of training may take less than a millisecond.
    """

    def __init__(self) -> None:
        self._names: list[str] = []
        self._running: dict[str, bool] | None = None
        self._raw: list[tuple[int, int, float, list[Any]]] = []  # steps, step in the epoch, seconds, values
        self._begun = False  # the epoch in course has a row
        self._before: tuple[int, np.ndarray] | None = None  # step in the epoch and values of the last row that was flushed

    def begin(self, journal: Journal) -> None:
        """A new epoch: the means start again."""
        self.flush(journal)
        self._begun, self._before = False, None

    def add(self, journal: Journal, model: Any, logs: dict[str, Any], seconds: float) -> bool:
        """Note the logs of one step, numbers or tensors; False when the loss is not finite."""
        if len(logs) != len(self._names):
            self.flush(journal)
            self._names, self._running = list(logs), None
            journal.batches.widen([*logs, "seconds"])
        if self._begun and self._running is None:
            self._running = _running_means(model, logs)
        self._begun = True
        self._raw.append((journal.steps, journal.step, seconds, [logs.get(name, math.nan) for name in self._names]))
        if len(self._raw) >= _AT_ONCE:
            self.flush(journal)
        return math.isfinite(float(logs.get("loss", 0.0)))

    def flush(self, journal: Journal) -> None:
        """Bring the journal up to date; all rows that wait belong to one epoch."""
        if not self._raw:
            return
        steps, counts, seconds, rows = zip(*self._raw, strict=True)
        self._raw = []
        means, n = np.array([[_number(value) for value in row] for row in rows]), np.array(counts, float)[:, None]
        first_n, first = self._before if self._before is not None else (0, np.zeros(means.shape[1]))
        last_n, last = np.concatenate([[[first_n]], n[:-1]]), np.concatenate([first[None], means[:-1]])
        self._before = counts[-1], means[-1]
        running = np.array([(self._running or {}).get(name, False) for name in self._names], bool)
        with np.errstate(invalid="ignore"):
            own = np.where(running, (n * means - last_n * last) / (n - last_n), means)
        columns = journal.batches.columns
        table = np.full((len(rows), len(columns)), np.nan)
        table[:, [columns.index(name) for name in self._names]] = own
        table[:, columns.index("seconds")] = seconds
        journal.batches.extend(steps, table.tolist())


def _running_means(model: Any, logs: dict[str, Any]) -> dict[str, bool]:
    """Which logs are means since the epoch began: those that a Mean of the model's metrics holds at this moment."""
    keras = import_keras()
    mean = keras.metrics.Mean
    plain = [m for m in _metrics(model.metrics) if isinstance(m, mean) and type(m).result is mean.result]
    now = [(m.name, np.float32(keras.ops.convert_to_numpy(m.result()))) for m in plain]

    def held(name: str, value: float) -> bool:
        return any(name.endswith(own) and np.float32(value) == result for own, result in now)

    return {name: held(name, _number(value)) for name, value in logs.items()}


def _metrics(found: Any) -> list[Any]:
    flat: list[Any] = []
    for metric in found:
        inner = getattr(metric, "metrics", None)
        flat += _metrics(inner) if inner else [metric]
    return flat


def epoch_row(columns: list[str], epoch: int, logs: dict[str, float], seconds: float) -> list[float]:
    """One row of the epochs' table."""
    known = {"epoch": float(epoch), "seconds": seconds, **{name: _number(value) for name, value in logs.items()}}
    return [known.get(name, math.nan) for name in columns]


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan
