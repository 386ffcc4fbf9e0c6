"""Evaluate an output that gives numbers: residuals, predicted against true, the examples that are farthest off."""

from __future__ import annotations

import numpy as np

from kfx.values.evaluation.classes import MASKED, NOT_FINITE, WORST
from kfx.values.evaluation.kept import KeptExample, KeptExamples
from kfx.values.evaluation.scored import Scored
from kfx.values.evaluation.tasks import Task

POINTS = 2000  # pairs of true and predicted that are kept; of more, evenly many
UNITS = 64  # numbers of an example that are told apart; of more, all count as one


class ValuesEvaluation:
    """Sums up residuals, predicted − true, and keeps evenly many pairs to draw.

    Attributes:
        task: What the output is.
        count: Examples so far.
        left_out: Examples that are not counted, by the reason.
        kept: The list ``"worst"``.
        every: The pairs kept are those of each so many examples.
    """

    def __init__(self, task: Task) -> None:
        self.task, self.count, self.every = task, 0, 1
        self.left_out: dict[str, int] = {}
        self.kept = KeptExamples()
        self._apart = 1 < task.units <= UNITS and not task.places
        units = task.units if self._apart else 1
        self._n = 0  # values of each unit
        self._mean, self._squares = np.zeros((2, units)), np.zeros((2, units))  # of true values, of residuals
        self._absolute, self._squared, self._least, self._most = (np.zeros(units) for _ in range(4))
        self._numbers: list[int] = []
        self._pairs: list[tuple[np.ndarray, np.ndarray]] = []

    def add(self, batch: Scored) -> None:
        """Count a batch."""
        predicted = batch.predicted.reshape(len(batch.numbers), -1).astype("float64")
        truth = batch.truth.reshape(predicted.shape).astype("float64")
        weighted = batch.counted(predicted.shape[:1])
        finite = np.isfinite(predicted).all(axis=1) & np.isfinite(truth).all(axis=1)
        for reason, rows in ((MASKED, ~weighted), (NOT_FINITE, weighted & ~finite)):
            if rows.any():
                self.left_out[reason] = self.left_out.get(reason, 0) + int(rows.sum())
        good = weighted & finite
        self.count += len(batch.numbers)
        residuals = predicted - truth
        self._sum_up(truth[good], residuals[good])
        self._thin(batch.numbers[good], truth[good], predicted[good])
        with np.errstate(invalid="ignore", over="ignore"):
            score = np.where(good, np.sqrt(np.mean(residuals**2, axis=1)), np.nan)
        self.kept.offer("worst", score, batch.numbers, WORST)

        def row(place: int) -> KeptExample:
            truths, founds = (np.array(x[place]) for x in (batch.truth, batch.predicted))
            return KeptExample(int(batch.numbers[place]), truths, founds, np.nan, float(score[place]), batch.row(place))

        self.kept.settle(batch.numbers, row)

    def _sum_up(self, truth: np.ndarray, residuals: np.ndarray) -> None:
        if not len(truth):
            return
        if not self._apart:
            truth, residuals = truth.reshape(-1, 1), residuals.reshape(-1, 1)
        n, values = len(truth), np.stack([truth, residuals])
        mean = values.mean(axis=1)
        apart = mean - self._mean
        self._squares += ((values - mean[:, None]) ** 2).sum(axis=1) + apart**2 * (self._n * n / (self._n + n))
        self._mean += apart * (n / (self._n + n))
        self._absolute += np.abs(residuals).sum(axis=0)
        self._squared += (residuals**2).sum(axis=0)
        least, most = residuals.min(axis=0), residuals.max(axis=0)
        self._least = least if not self._n else np.minimum(self._least, least)
        self._most = most if not self._n else np.maximum(self._most, most)
        self._n += n

    def _thin(self, numbers: np.ndarray, truth: np.ndarray, predicted: np.ndarray) -> None:
        """Keep the pairs of every so many examples; of an example with many values, evenly many of them."""
        step = -(-truth.shape[1] // UNITS)
        for place in np.flatnonzero(numbers % self.every == 0).tolist():
            self._numbers.append(int(numbers[place]))
            self._pairs.append((truth[place, ::step].astype("float32"), predicted[place, ::step].astype("float32")))
        while len(self._pairs) * min(self.task.units, UNITS) > POINTS and len(self._pairs) > 1:
            self.every *= 2
            stay = [place for place, number in enumerate(self._numbers) if number % self.every == 0]
            if not stay:
                break
            self._numbers, self._pairs = [self._numbers[i] for i in stay], [self._pairs[i] for i in stay]

    @property
    def points(self) -> np.ndarray:
        """Pairs of a true and a predicted value, ``(pairs, 2)`` float32, of evenly many examples."""
        if not self._pairs:
            return np.zeros((0, 2), "float32")
        return np.concatenate([np.stack(pair, axis=1) for pair in self._pairs])

    @property
    def figures(self) -> list[dict[str, float]]:
        """For each unit, or for all together: mean error, mean absolute error, RMSE, R², smallest and largest residual."""
        if not self._n:
            return []
        n, spread = self._n, self._squares[0]
        known = spread > 0
        r2 = np.where(known, 1 - self._squared / np.where(known, spread, 1), np.nan)
        columns = {
            "bias": self._mean[1],
            "mae": self._absolute / n,
            "rmse": np.sqrt(self._squared / n),
            "r2": r2,
            "least": self._least,
            "most": self._most,
        }
        return [{name: float(column[unit]) for name, column in columns.items()} for unit in range(len(spread))]
