"""One batch of an output: what was expected, what came, and which places count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True, eq=False)
class Scored:
    """One output of a batch.

    Attributes:
        numbers: The numbers of its examples, from 0 over all batches.
        truth: Expected values, the examples along the first axis.
        predicted: The output.
        weights: Of the examples or of their places; None counts all alike.
        mask: Keras's mask of the output, False where a place is padding; or None.
        inputs: The inputs by name, those that come by example.
    """

    numbers: np.ndarray
    truth: np.ndarray
    predicted: np.ndarray
    weights: np.ndarray | None = None
    mask: np.ndarray | None = None
    inputs: Mapping[str, np.ndarray] = field(default_factory=dict)

    def counted(self, shape: tuple[int, ...]) -> np.ndarray:
        """Return a bool for each example and place: neither masked nor of weight 0.

        Args:
            shape: ``(examples, *places)``.
        """
        counted = np.ones(shape, "bool")
        for given in (self.mask, None if self.weights is None else self.weights != 0):
            if given is not None:
                counted &= _fitted(np.asarray(given, "bool"), shape)
        return counted

    def row(self, place: int) -> dict[str, np.ndarray] | None:
        """Return copies of the inputs of one example."""
        return {name: np.array(x[place]) for name, x in self.inputs.items()} or None


def _fitted(given: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return weights of examples, or of the first of their places, for all places."""
    while given.ndim > len(shape) and given.shape[-1] == 1:
        given = given[..., 0]
    given = given.reshape(given.shape + (1,) * (len(shape) - given.ndim)) if given.ndim <= len(shape) else given
    try:
        return np.broadcast_to(given, shape)
    except ValueError:  # of another output
        return np.ones(shape, "bool")


def probabilities(scores: np.ndarray) -> np.ndarray:
    """Return the softmax over the last axis."""
    shifted = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def sigmoid(scores: np.ndarray) -> np.ndarray:
    """Return the logistic function of each value, without overflow."""
    small = np.exp(-np.abs(scores))
    return np.where(scores >= 0, 1 / (1 + small), small / (1 + small))
