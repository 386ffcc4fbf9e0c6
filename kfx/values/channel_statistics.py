"""Mean, spread, range and zeros of each channel at one address, over all examples, batch after batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kfx.values.data.batches import Batches
from kfx.values.features import labelled
from kfx.values.source import ValueSource

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True, eq=False)
class ChannelStatistics:
    """Arrays with one number a channel; all but ``count`` are about finite values, NaN for a channel without any.

    Attributes:
        count: Finite values.
        mean: Arithmetic mean.
        std: Standard deviation of the population.
        min: Smallest value.
        max: Largest value.
        zeros: Share of exact zeros, 0.0 to 1.0.
    """

    count: np.ndarray
    mean: np.ndarray
    std: np.ndarray
    min: np.ndarray
    max: np.ndarray
    zeros: np.ndarray

    @property
    def order(self) -> np.ndarray:
        """The channels by the root mean square of their values, the largest first, equal ones by number."""
        size = np.nan_to_num(np.hypot(self.mean, self.std))
        return np.argsort([-float(f"{x:.4g}") for x in size], kind="stable")

    @property
    def dead(self) -> int:
        """How many channels are zero in every example."""
        return int(((self.zeros == 1) & (self.count > 0)).sum())


def channel_statistics(
    model: keras.Model, data: object, key: str, axis: int, *, part: int = 0, training: bool = False
) -> ChannelStatistics:
    """Compute statistics of each channel at one address.

    Args:
        model: A built Keras model of any kind.
        data: As for `kfx.extract`.
        key: The address.
        axis: The axis of the channels; the batch axis is 0.
        part: The number of the tensor, of a call that returns several.
        training: Run as in training; the model's state is left as it was.

    Raises:
        ValueError: There is no such axis, or the values of two batches have different numbers of channels.
    """
    source = ValueSource(model, [key], training=training)
    sums: _Sums | None = None
    for batch in Batches(source.model, data, usual=32):
        found = list(labelled(key, source(batch)[key]))
        value = np.asarray(found[part][1])
        if not 0 < axis < value.ndim:
            raise ValueError(f"`axis` is {axis}; values of shape {value.shape} have the axes 1 to {value.ndim - 1}.")
        part_sums = _sums(np.moveaxis(value, axis, 0).reshape(value.shape[axis], -1))
        sums = part_sums if sums is None else sums.merged(part_sums)
    if sums is None:
        raise ValueError("The data hold no example.")
    return sums.statistics()


@dataclass(frozen=True, eq=False)
class _Sums:
    """Sums of each channel; ``spread`` is that of the squared distances from the mean."""

    count: np.ndarray
    mean: np.ndarray
    spread: np.ndarray
    low: np.ndarray
    high: np.ndarray
    zeros: np.ndarray

    def merged(self, other: _Sums) -> _Sums:
        """Return the sums over both, by the formula of Chan, Golub and LeVeque (1979)."""
        if self.count.shape != other.count.shape:
            raise ValueError(f"Two batches have {len(self.count)} and {len(other.count)} channels; expected as many in each.")
        count = self.count + other.count
        share = other.count / np.maximum(count, 1)
        apart = other.mean - self.mean
        mean = np.where(self.count == 0, other.mean, self.mean + apart * share)
        spread = self.spread + other.spread + apart**2 * self.count * share
        low, high = np.minimum(self.low, other.low), np.maximum(self.high, other.high)
        return _Sums(count, mean, spread, low, high, self.zeros + other.zeros)

    def statistics(self) -> ChannelStatistics:
        some = self.count > 0
        with np.errstate(invalid="ignore", divide="ignore"):
            parts = (self.mean, np.sqrt(self.spread / self.count), self.low, self.high, self.zeros / self.count)
            return ChannelStatistics(self.count, *(np.where(some, x, np.nan) for x in parts))


def _sums(values: np.ndarray) -> _Sums:
    values = np.abs(values) if values.dtype.kind == "c" else values
    values = values.astype("float64")
    finite = np.isfinite(values)
    count = finite.sum(axis=1)
    sound = np.where(finite, values, 0)
    mean = sound.sum(axis=1) / np.maximum(count, 1)
    spread = (np.where(finite, values - mean[:, None], 0) ** 2).sum(axis=1)
    low = values.min(axis=1, initial=np.inf, where=finite)
    high = values.max(axis=1, initial=-np.inf, where=finite)
    return _Sums(count, mean, spread, low, high, (finite & (values == 0)).sum(axis=1))
