"""Keras's logs, taken apart: during an epoch they are means since its beginning; the journal wants what each step gave."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kfx.quiet import import_keras
from kfx.training.journal import Journal


class BatchLogs:
    """Turns the logs at batch ends into rows of the journal.

    A running mean ``m`` over ``n`` equal batches gives the mean over the last ``n - k`` of them as ``(n·m − k·m_k) / (n − k)``.
    Logs that are not running means (an AUC, what a custom ``train_step`` returns) are kept as they are.
    """

    def __init__(self) -> None:
        self._running: dict[str, bool] | None = None
        self._means: list[float] = []
        self._step = 0

    def begin(self) -> None:
        """A new epoch: the means start again."""
        self._means, self._step = [], 0

    def add(self, journal: Journal, model: Any, logs: dict[str, float], seconds: float) -> bool:
        """Add one row; False when a value is not finite."""
        names = journal.batches.columns
        if len(names) != len(logs) + 1:
            journal.batches.widen([*logs, "seconds"])
            names = journal.batches.columns
        before, step = self._step, journal.step
        if before and self._running is None:
            self._running = _running_means(model, logs)
        values = [logs.get(name, math.nan) for name in names[:-1]] if names[-1] == "seconds" else None
        if values is None:  # a log that came later stands after the seconds
            values = [seconds if name == "seconds" else logs.get(name, math.nan) for name in names]
            journal.batches.add(journal.steps, values)
            return all(map(math.isfinite, logs.values()))
        row = values
        if before:
            row = [
                (step * mean - before * last) / (step - before) if self._running.get(name, False) else mean
                for name, mean, last in zip(names, values, self._means, strict=False)
            ]
        self._means, self._step = values, step
        journal.batches.add(journal.steps, [*row, seconds])
        return math.isfinite(sum(values))


def _running_means(model: Any, logs: dict[str, float]) -> dict[str, bool]:
    """Which logs are means since the epoch began: those that a Mean of the model's metrics holds at this moment."""
    keras = import_keras()
    mean = keras.metrics.Mean
    plain = [m for m in _metrics(model.metrics) if isinstance(m, mean) and type(m).result is mean.result]
    now = [(m.name, np.float32(keras.ops.convert_to_numpy(m.result()))) for m in plain]

    def held(name: str, value: float) -> bool:
        return any(name.endswith(own) and (np.float32(value) == result) for own, result in now)

    return {name: held(name, value) for name, value in logs.items()}


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
