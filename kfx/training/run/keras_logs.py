"""Take Keras's logs apart: during an epoch they are means since its beginning; the journal holds the value of each step."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from kfx.keras_access.importing import backend_name, import_keras
from kfx.training.journal.journal import Journal

if TYPE_CHECKING:
    import keras


class BrokenStep(NamedTuple):
    """The first step whose loss was not finite, and the logs that were not."""

    step: int
    names: tuple[str, ...]


class BatchLogs:
    """Turns the logs of batches into rows of the journal.

    A running mean ``m`` over ``n`` equal batches gives the mean over the last ``n - k`` of them as ``(n·m − k·m_k) / (n − k)``.
    Logs that are not running means (an AUC, what a custom ``train_step`` returns) are kept as they are.

    All is done for many steps at once: reading a number from a device means waiting for it.

    Attributes:
        executions: Number of executions of this epoch that were written.
    """

    def __init__(self) -> None:
        self.executions = 0
        self._names: tuple[str, ...] = ()
        self._running: dict[str, bool] | None = None
        self._broken: BrokenStep | None = None  # not returned yet
        self._before: tuple[int, np.ndarray] | None = None  # step in the epoch and values of the last row that was written

    @property
    def undecided(self) -> bool:
        """True while it is unknown which logs are running means, i.e. before the second step of an epoch."""
        return self._running is None

    def begin(self) -> None:
        """Begin an epoch: the means start again."""
        self.executions, self._before = 0, None

    def write(
        self, journal: Journal, model: keras.Model, done: list[tuple[float, dict[str, Any]]], zero: float
    ) -> BrokenStep | None:
        """Write executions of this epoch into the journal; the newest one must be the last of them.

        Args:
            journal: Where to write.
            model: The model in training.
            done: When each execution ended, and its logs, numbers or tensors.
            zero: When the run began, on the same clock.

        Returns:
            The step whose loss was first not finite; returned once.
        """
        while done:
            names = tuple(done[0][1])
            if len(names) != len(self._names):
                names = _in_order(names, model)
                self._names, self._running = names, None
                journal.batches.widen([*names, "seconds"])
            part = next((i for i, (_, logs) in enumerate(done) if len(logs) != len(names)), len(done))
            if self._running is None and self.executions + part > 1:
                self._running = _running_means(model, done[part - 1][1])
            self._write(journal, model.steps_per_execution, done[:part], zero)
            done = done[part:]
        broken, self._broken = self._broken, None
        return broken

    def _write(self, journal: Journal, each: int, done: list[tuple[float, dict[str, Any]]], zero: float) -> None:
        ended, logs = zip(*done, strict=True)
        counts = (self.executions + 1 + np.arange(len(done))) * each
        counts = np.minimum(counts, journal.plan.steps or counts[-1])
        self.executions += len(done)
        steps = journal.steps - journal.step + counts
        rows = [[row.get(name, math.nan) for name in self._names] for row in logs]
        columns = [_column(values) for values in zip(*rows, strict=True)]
        means = np.stack(columns, axis=1) if columns else np.empty((len(rows), 0))
        self._look_for_broken(steps, means)
        n = counts.astype(float)[:, None]
        first_n, first = self._before if self._before is not None else (0, np.zeros(means.shape[1]))
        last_n, last = np.concatenate([[[first_n]], n[:-1]]), np.concatenate([first[None], means[:-1]])
        self._before = counts[-1], means[-1]
        running = np.array([(self._running or {}).get(name, False) for name in self._names], bool)
        with np.errstate(invalid="ignore", divide="ignore"):
            own = np.where(running, (n * means - last_n * last) / (n - last_n), means)
        index = journal.batches.columns.index
        table = np.full((len(rows), len(journal.batches.columns)), np.nan)
        table[:, [index(name) for name in self._names]] = own
        table[:, index("seconds")] = np.array(ended) - zero
        journal.batches.extend(steps.tolist(), table)

    def _look_for_broken(self, steps: np.ndarray, means: np.ndarray) -> None:
        if self._broken is not None or "loss" not in self._names:
            return
        bad = ~np.isfinite(means[:, self._names.index("loss")])
        if bad.any():
            at = int(np.argmax(bad))
            names = (name for name, value in zip(self._names, means[at], strict=True) if not math.isfinite(value))
            self._broken = BrokenStep(int(steps[at]), tuple(names))


def finite_loss(logs: Mapping[str, Any] | None) -> bool:
    """Return whether the loss in the logs of a step is finite; waits for the device."""
    return math.isfinite(number((logs or {}).get("loss", 0.0), 0.0))


def _column(values: Sequence[Any]) -> np.ndarray:
    """Return one log of many steps; tensors on another device are fetched all at once.

    On the CPU that costs more than it saves: TensorFlow makes a kernel for each new number of tensors, in 5 to 25 ms.
    """
    if backend_name() != "tensorflow":
        return np.array([number(value) for value in values])
    import tensorflow as tf

    if len(values) > 1 and tf.is_tensor(values[0]) and "CPU" not in getattr(values[0], "device", "CPU"):
        try:
            column = tf.stack(values).numpy().astype(float)
        except (TypeError, ValueError, AttributeError, tf.errors.OpError):  # of several kinds: a step may return anything
            column = np.empty((0, 0))
        if column.ndim == 1:
            return column
    return np.array([number(value) for value in values])


def _in_order(names: tuple[str, ...], model: keras.Model) -> tuple[str, ...]:
    """Return the names in the order of the model's metrics: older versions of Keras sort the logs of a step by name."""
    if list(names) != sorted(names):
        return names
    own = [metric.name for metric in model.metrics]
    compiled = own.index("compile_metrics") if "compile_metrics" in own else len(own)  # has several names
    return tuple(sorted(names, key=lambda name: own.index(name) if name in own else compiled))


def _running_means(model: keras.Model, logs: dict[str, Any]) -> dict[str, bool]:
    """Return for each log if it is a mean since the epoch began: then a Mean of the model's metrics has its value now."""
    keras = import_keras()
    mean = keras.metrics.Mean
    plain = [m for m in _metrics(model.metrics) if isinstance(m, mean) and type(m).result is mean.result]
    now = [(m.name, np.float32(keras.ops.convert_to_numpy(m.result()))) for m in plain]

    def held(name: str, value: float) -> bool:
        return any(name.endswith(own) and np.float32(value) == result for own, result in now)

    return {name: held(name, number(value)) for name, value in logs.items()}


def _metrics(found: Iterable[keras.Metric]) -> list[keras.Metric]:
    """Return all metrics, those inside others in place of these."""
    flat: list[keras.Metric] = []
    for metric in found:
        inner = getattr(metric, "metrics", None)
        flat += _metrics(inner) if inner else [metric]
    return flat


def epoch_logs(logs: Mapping[str, Any]) -> dict[str, float]:
    """Return the logs of an epoch as numbers, in order; NaN for anything else that a callback put there."""
    return {str(name): number(value) for name, value in logs.items()}


def number(value: Any, otherwise: float = math.nan) -> float:
    """Return a log as a number; ``otherwise`` for anything else."""
    try:
        return float(value)
    except (TypeError, ValueError):
        pass
    try:  # a tensor of another backend, perhaps on another device
        return float(import_keras().ops.convert_to_numpy(value))
    except Exception:
        return otherwise
