"""Keep checkpoints in memory: every variable of a model and its optimizer, to be put back bit for bit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of a model at one moment.

    Attributes:
        number: 1 for the first of a run; never used twice.
        epoch: Epochs done, the first is 1; with ``step`` 0 it was taken at the epoch's end.
        step: Steps done in the epoch after, 0 at an epoch's end.
        steps: Steps done in all.
        best: Its loss was the best so far when it was taken.
        values: The variables and copies of their values, optimizer included.
        finite: None of the values is NaN or infinite.
    """

    number: int
    epoch: int
    step: int
    steps: int
    best: bool
    values: tuple[tuple[keras.Variable, np.ndarray], ...]
    finite: bool = True

    @property
    def label(self) -> str:
        """``epoch 7`` or ``epoch 7, step 23``, with ``, not finite`` where values are NaN or infinite."""
        at = f"epoch {self.epoch}" if not self.step else f"epoch {self.epoch + 1}, step {self.step}"
        return at if self.finite else f"{at}, not finite"

    @property
    def nbytes(self) -> int:
        """Bytes of the copies."""
        return sum(value.nbytes for _, value in self.values)

    def __repr__(self) -> str:
        return f"<Checkpoint {self.number}: {self.label}>"


class CheckpointStore:
    """The checkpoints of one run: the newest ones and the best one. What is not finite never takes the place of what is.

    Args:
        keep: How many are kept; the oldest is removed first, the best one last.
        memory: Most bytes in all; one checkpoint is always kept.
    """

    def __init__(self, *, keep: int = 3, memory: int = 1_000_000_000) -> None:
        if keep < 1:
            raise ValueError(f"`keep` is {keep!r}; expected the number of checkpoints to keep, at least 1.")
        if not isinstance(memory, int | float) or not memory > 0:
            raise ValueError(f"`memory` is {memory!r}; expected the bytes that all checkpoints may take together, more than 0.")
        self.keep, self.memory = keep, memory
        self.all: list[Checkpoint] = []
        self._taken = 0

    def take(self, model: keras.Model, *, epoch: int, step: int, steps: int, best: bool) -> Checkpoint:
        """Copy the state of a model."""
        self._taken += 1
        values = tuple((v, np.array(v.numpy(), copy=True)) for v in state_of(model))
        taken = Checkpoint(self._taken, epoch, step, steps, best, values, all(_is_finite(value) for _, value in values))
        self.all.append(taken)
        while len(self.all) > 1 and (len(self.all) > self.keep or self.nbytes > self.memory):
            best_one = self.best
            others = [c for c in self.all if not c.finite] or [c for c in self.all[:-1] if c is not best_one] or self.all
            self.all.remove(others[0])
        return taken

    def restore(self, number: int | None = None) -> Checkpoint:
        """Put the values of a checkpoint back: of the newest one that is finite, or of the one with a number.

        Raises:
            LookupError: No checkpoint has this number.
        """
        found = [c for c in self.all if number is None or c.number == number]
        if number is None:
            found = [c for c in found if c.finite] or found
        if not found:
            have = ", ".join(f"{c.number} ({c.label})" for c in self.all) or "none yet"
            raise LookupError(f"No checkpoint {number!r}. There are: {have}.")
        for variable, value in found[-1].values:
            variable.assign(value)
        return found[-1]

    @property
    def best(self) -> Checkpoint | None:
        """The newest one that was the best when it was taken."""
        return next((c for c in reversed(self.all) if c.best), None)

    @property
    def nbytes(self) -> int:
        """Bytes of all copies."""
        return sum(c.nbytes for c in self.all)


def _is_finite(value: np.ndarray) -> bool:
    return value.dtype.kind not in "fcV" or bool(
        np.isfinite(value.astype("float32") if value.dtype.kind == "V" else value).all()
    )


def state_of(model: keras.Model) -> list[keras.Variable]:
    """Return every variable that training reads or changes: of layers, seeds and the optimizer, but not of metrics."""
    metrics = {id(v) for v in model.metrics_variables}
    optimizer = getattr(model, "optimizer", None)
    variables = [*model.variables, *(optimizer.variables if optimizer is not None else [])]
    return list({id(v): v for v in variables if id(v) not in metrics}.values())
