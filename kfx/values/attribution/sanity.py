"""Whether a map says something of the model: it must change when the weights are randomised (Adebayo and others, 2018)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kfx.values.attribution.passes import Passes

if TYPE_CHECKING:
    import keras

MOST_STAGES = 8  # passes with ever more layers randomised
ALIKE = 0.8  # rank correlation above which a map hardly changed


@dataclass(frozen=True)
class Sanity:
    """How a map changes while weights are randomised, from the model's last layer to its first.

    Attributes:
        method: Of the map.
        layers: The layer that was reached at each stage.
        correlation: The rank correlation of the map's values with those of the trained model, the mean over the examples.
    """

    method: str
    layers: tuple[str, ...]
    correlation: tuple[float, ...]

    @property
    def changes(self) -> bool:
        """Return whether the map of the random model is another one."""
        return self.correlation[-1] < ALIKE


def randomised(
    model: keras.Model, passes: Passes, explain: Callable[[], Mapping[str, np.ndarray]], method: str, *, seed: int = 0
) -> Sanity:
    """Compare a map with those of the model with random weights; the model itself is not touched.

    The values of each trainable weight are shuffled, which keeps their distribution. Weights of one layer go together, and
    layers follow in the reversed order in which the model lists them.

    Args:
        model: The model.
        passes: Its passes, which take the weights.
        explain: Computes the map by input.
        method: Its name.
        seed: Of the shuffling.

    Raises:
        ValueError: The model has no trainable weights.
    """
    weights = list(model.trainable_variables)
    if not weights:
        raise ValueError(f"{str(model.name)!r} has no trainable weights, so that there is nothing to randomise.")
    groups: dict[str, list[int]] = {}
    for number, weight in enumerate(weights):
        groups.setdefault(weight.path.rpartition("/")[0], []).append(number)
    order = list(groups)[::-1]
    stages = sorted({round((n + 1) * len(order) / min(len(order), MOST_STAGES)) for n in range(min(len(order), MOST_STAGES))})
    before, now = explain(), [_tensor(weight) for weight in weights]
    random, done, layers, found = np.random.default_rng(seed), 0, [], []
    try:
        for stage in stages:
            for name in order[done:stage]:
                for number in groups[name]:
                    now[number] = _shuffled(now[number], random)
            done = stage
            passes.weights = now
            layers.append(order[stage - 1])
            found.append(_agreement(before, explain()))
    finally:
        passes.weights = []
    return Sanity(method, tuple(layers), tuple(found))


def _tensor(weight: Any) -> Any:
    import tensorflow as tf

    return tf.convert_to_tensor(weight.value)


def _shuffled(value: Any, random: np.random.Generator) -> Any:
    import tensorflow as tf

    array = np.asarray(value)
    return tf.constant(random.permutation(array.ravel()).reshape(array.shape))


def _agreement(before: Mapping[str, np.ndarray], after: Mapping[str, np.ndarray]) -> float:
    """Return the mean over the examples of the rank correlation of all values of their maps."""
    flat = [np.concatenate([x.reshape(len(x), -1) for x in by.values()], axis=1) for by in (before, after)]
    return float(np.mean([rank_correlation(a, b) for a, b in zip(*flat, strict=True)]))


def rank_correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Return Spearman's rank correlation, with the mean rank for equal values; 0 where all values of one are equal."""
    x, y = (_ranks(np.asarray(one, "float64").ravel()) for one in (a, b))
    x, y = x - x.mean(), y - y.mean()
    size = float(np.sqrt((x**2).sum() * (y**2).sum()))
    return float((x * y).sum() / size) if size else 0.0


def _ranks(values: np.ndarray) -> np.ndarray:
    _, where, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[where.ravel()]
