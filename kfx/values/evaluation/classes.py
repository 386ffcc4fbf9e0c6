"""Evaluate an output that chooses a class: of an example, of each step of a sequence, or of each place of a picture."""

from __future__ import annotations

import numpy as np

from kfx.values.evaluation.calibration import Calibration
from kfx.values.evaluation.confusion import Confusion
from kfx.values.evaluation.kept import KeptExample, KeptExamples
from kfx.values.evaluation.scored import Scored, probabilities, sigmoid
from kfx.values.evaluation.tasks import Task

WORST = 24  # examples in a list of the worst
_LEAST = float(np.finfo("float32").tiny)  # Keras clips at 1e-7, where very wrong examples would all be alike
NOT_FINITE, MASKED, OUTSIDE = "not finite", "masked or of weight 0", "with a label that is no class"


class ClassesEvaluation:
    """Counts classes and keeps the worst examples.

    Attributes:
        task: What the output is.
        count: Examples so far.
        left_out: Places that are not counted, by the reason.
        confusion: What was taken for what.
        calibration: How sure against how often right.
        kept: Lists ``"worst"`` and ``"sure"`` (wrong, the most confident first), and one for each cell ``(true, predicted)``.
    """

    def __init__(self, task: Task) -> None:
        self.task, self.count = task, 0
        self.left_out: dict[str, int] = {}
        self.confusion, self.calibration, self.kept = Confusion(task.units), Calibration(), KeptExamples()

    def add(self, batch: Scored) -> None:
        """Count a batch."""
        chances = self._chances(batch.predicted)
        truth = self._true(batch.truth, chances.shape[:-1])
        counted = self._counted(batch, chances, truth)
        safe = np.where(counted, truth, 0)
        found = np.argmax(np.where(np.isfinite(chances), chances, -1), axis=-1)
        sure = np.take_along_axis(chances, found[..., None], -1)[..., 0]
        of_truth = np.take_along_axis(chances, safe[..., None], -1)[..., 0]
        self.count += len(batch.numbers)
        self.confusion.add(safe[counted], found[counted])
        self.calibration.add(sure[counted], (found == safe)[counted])
        loss = -np.log(np.clip(np.where(counted, of_truth, 1), _LEAST, None))
        self._keep(batch, safe, found, counted, sure, loss)

    def _chances(self, predicted: np.ndarray) -> np.ndarray:
        """Return probabilities ``(examples, *places, classes)``."""
        scores = predicted.astype("float32") if predicted.dtype.kind != "f" or predicted.itemsize < 4 else predicted
        with np.errstate(invalid="ignore", over="ignore"):
            if not self.task.single:
                return probabilities(scores) if self.task.logits else scores
            one = scores[..., 0] if scores.ndim > self.task.places + 1 else scores
            one = sigmoid(one) if self.task.logits else one
            return np.stack([1 - one, one], axis=-1)

    def _true(self, truth: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        if self.task.onehot:
            return np.argmax(truth, axis=-1)
        known = np.where(np.isfinite(truth), truth, -1) if truth.dtype.kind == "f" else truth
        return np.asarray(known).reshape(shape).astype("int64")

    def _counted(self, batch: Scored, chances: np.ndarray, truth: np.ndarray) -> np.ndarray:
        counted = batch.counted(truth.shape)
        self._leave_out(MASKED, ~counted)
        finite = np.isfinite(chances).all(axis=-1)
        self._leave_out(NOT_FINITE, counted & ~finite)
        inside = (truth >= 0) & (truth < self.task.units)
        self._leave_out(OUTSIDE, counted & finite & ~inside)
        return counted & finite & inside

    def _leave_out(self, reason: str, places: np.ndarray) -> None:
        if places.any():
            self.left_out[reason] = self.left_out.get(reason, 0) + int(places.sum())

    def _keep(
        self, batch: Scored, truth: np.ndarray, found: np.ndarray, counted: np.ndarray, sure: np.ndarray, loss: np.ndarray
    ) -> None:
        numbers = batch.numbers
        if not self.task.places:
            score = np.where(counted, loss, np.nan)
            wrong = counted & (truth != found)
            self.kept.offer("worst", np.where(wrong, score, np.nan), numbers, WORST)
            self.kept.offer("sure", np.where(wrong, sure, np.nan), numbers, WORST)
            codes = truth * self.task.units + found
            for code in np.unique(codes[counted]).tolist():
                here = counted & (codes == code)
                self.kept.offer(divmod(code, self.task.units), score[here], numbers[here])
        else:
            score = self._of_places(truth, found, counted, loss)
            self.kept.offer("worst", score, numbers, WORST)
            self._keep_cells(truth, found, counted, numbers)

        def row(place: int) -> KeptExample:
            truths, founds = (np.where(counted[place], x[place], -1) for x in (truth, found))
            if not self.task.places:
                return KeptExample(
                    int(numbers[place]), int(truths), int(founds), float(sure[place]), float(score[place]), batch.row(place)
                )
            small = np.int16 if self.task.units < 2**15 else np.int32
            one = float(score[place])
            return KeptExample(int(numbers[place]), truths.astype(small), founds.astype(small), np.nan, one, batch.row(place))

        self.kept.settle(numbers, row)

    def _of_places(self, truth: np.ndarray, found: np.ndarray, counted: np.ndarray, loss: np.ndarray) -> np.ndarray:
        """Return how wrong each example is: for pictures 1 − mean overlap of its classes, for sequences its mean loss."""
        if self.task.places < 2:
            steps = counted.sum(axis=1)
            total = np.where(counted, loss, 0).sum(axis=1)
            return np.divide(total, steps, out=np.full(len(truth), np.nan), where=steps > 0)
        return np.array([1 - mean_overlap(t[c], f[c]) for t, f, c in zip(truth, found, counted, strict=True)])

    def _keep_cells(self, truth: np.ndarray, found: np.ndarray, counted: np.ndarray, numbers: np.ndarray) -> None:
        """Offer each example to the cells that it has places in, by how many."""
        codes = truth.astype("int64") * self.task.units + found
        for place, number in enumerate(numbers):
            cells, counts = np.unique(codes[place][counted[place]], return_counts=True)
            for code, count in zip(cells.tolist(), counts.tolist(), strict=True):
                self.kept.offer(divmod(code, self.task.units), np.array([float(count)]), np.array([number]))


def mean_overlap(truth: np.ndarray, found: np.ndarray) -> float:
    """Return the mean of intersection over union, over the classes that two arrays of class numbers hold; NaN for none."""
    if not truth.size:
        return float("nan")
    classes = np.union1d(truth, found)
    return float(np.mean([((truth == c) & (found == c)).sum() / ((truth == c) | (found == c)).sum() for c in classes]))
