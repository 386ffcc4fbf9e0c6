"""Evaluate an output whose units each say whether a label holds."""

from __future__ import annotations

import numpy as np

from kfx.values.evaluation.calibration import Calibration
from kfx.values.evaluation.classes import MASKED, NOT_FINITE, WORST
from kfx.values.evaluation.kept import KeptExample, KeptExamples
from kfx.values.evaluation.scored import Scored, sigmoid
from kfx.values.evaluation.tasks import Task

_LEAST = float(np.finfo("float32").tiny)


class LabelsEvaluation:
    """Counts for each label how often it was found, missed and claimed falsely.

    Attributes:
        task: What the output is.
        count: Examples so far.
        left_out: Values that are not counted, by the reason.
        counts: ``(label, 4)`` int64: true and found, false and claimed, true and missed, false and not claimed.
        calibration: How sure against how often right, over all labels.
        kept: Lists ``"worst"``, and ``(label, 0)`` of the examples in which it was missed, ``(label, 1)`` claimed falsely.
    """

    def __init__(self, task: Task) -> None:
        self.task, self.count = task, 0
        self.left_out: dict[str, int] = {}
        self.counts = np.zeros((task.units, 4), "int64")
        self.calibration, self.kept = Calibration(), KeptExamples()

    def add(self, batch: Scored) -> None:
        """Count a batch."""
        scores = batch.predicted.astype("float32")
        chances = sigmoid(scores) if self.task.logits else scores
        counted = batch.counted(chances.shape[:1])[:, None] & np.isfinite(chances)
        for reason, places in ((MASKED, ~batch.counted(chances.shape[:1])), (NOT_FINITE, ~np.isfinite(chances))):
            if places.any():
                self.left_out[reason] = self.left_out.get(reason, 0) + int(places.sum())
        truth, claimed = batch.truth.reshape(chances.shape) > 0.5, chances > 0.5
        cells = (truth & claimed, ~truth & claimed, truth & ~claimed, ~truth & ~claimed)
        self.counts += np.stack([(cell & counted).sum(axis=0) for cell in cells], axis=1)
        self.calibration.add(np.where(claimed, chances, 1 - chances)[counted], (truth == claimed)[counted])
        self.count += len(batch.numbers)
        of_truth = np.clip(np.where(truth, chances, 1 - chances), _LEAST, None)
        loss = -np.log(of_truth)
        score = np.where(counted.all(axis=1), np.where(counted, loss, 0).mean(axis=1), np.nan)
        self._keep(batch, truth, claimed, counted, loss, score)

    def _keep(
        self,
        batch: Scored,
        truth: np.ndarray,
        claimed: np.ndarray,
        counted: np.ndarray,
        loss: np.ndarray,
        score: np.ndarray,
    ) -> None:
        wrong = ((truth != claimed) & counted).any(axis=1)
        self.kept.offer("worst", np.where(wrong, score, np.nan), batch.numbers, WORST)
        for label in range(self.task.units):
            for side, cell in enumerate((truth & ~claimed, ~truth & claimed)):
                here = (cell & counted)[:, label]
                if here.any():
                    self.kept.offer((label, side), loss[here, label], batch.numbers[here])

        def row(place: int) -> KeptExample:
            one = float(score[place])
            return KeptExample(int(batch.numbers[place]), truth[place], claimed[place], np.nan, one, batch.row(place))

        self.kept.settle(batch.numbers, row)
