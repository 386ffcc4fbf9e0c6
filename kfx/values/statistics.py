"""`kfx.statistics`: mean, spread, range, zeros, norm and histogram at any addresses, computed inside the graph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import partial
from math import isfinite, sqrt
from typing import TYPE_CHECKING

import numpy as np

from kfx.keras_access.tensorflow.tensors import is_tensor
from kfx.text.csv_markdown import data_frame
from kfx.values.data.apart import usable
from kfx.values.data.batches import Batch, Batches
from kfx.values.features import SHOWN, address_text, labelled
from kfx.values.numbers.histogram import Histogram
from kfx.values.numbers.moments import Moments, measure_tensor, merged_moments, moments
from kfx.values.parts import runnable
from kfx.values.source import ValueSource
from kfx.values.tap.program import cached, program

if TYPE_CHECKING:
    import keras
    import pandas
    import tensorflow as tf

FAR = 10.0  # mean² / variance above which the quick formula for the variance loses more than a digit


@dataclass(frozen=True)
class ValueStatistics:
    """Statistics of the values at one address, over all examples.

    Attributes:
        count: Number of finite values; all but ``nan`` and ``inf`` are about these.
        mean: Arithmetic mean.
        std: Standard deviation of the population (``ddof=0``).
        min: Smallest value.
        max: Largest value.
        zeros: Share of exact zeros, 0.0 to 1.0.
        norm: L2 norm over all values.
        nan: Number of NaN values.
        inf: Number of infinite values.
        histogram: Their distribution, where it was requested.
    """

    count: int
    mean: float
    std: float
    min: float
    max: float
    zeros: float
    norm: float
    nan: int = 0
    inf: int = 0
    histogram: Histogram | None = None


class Statistics(Mapping[str, ValueStatistics]):
    """`ValueStatistics` by address (``lstm[1]`` for the second output of a call that returns several).

    Example:
        >>> import keras, kfx, numpy as np
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, kernel_initializer="ones", name="sums")])
        >>> kfx.statistics(model, np.eye(4), "sums")
        <Statistics: 1 address>
                mean  std  min  max  zeros  NaN  Inf
          sums     1    0    1    1   0.0%    0    0
    """

    __slots__ = ("_by_label",)

    def __init__(self, by_label: Mapping[str, ValueStatistics]) -> None:
        self._by_label = dict(by_label)

    def __getitem__(self, address: str) -> ValueStatistics:
        if address not in self._by_label:
            known = ", ".join(map(address_text, list(self._by_label)[:SHOWN]))
            raise KeyError(f"No statistics for {address!r}; there are some for {known}")
        return self._by_label[address]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_label)

    def __len__(self) -> int:
        return len(self._by_label)

    def to_pandas(self) -> pandas.DataFrame:
        """Return one row for each address: ``address`` and the attributes of `ValueStatistics` but for the histogram.

        Raises:
            ImportError: pandas is not installed.

        Example:
            >>> found = Statistics({"hidden": ValueStatistics(8, 0.5, 0.1, 0.0, 1.0, 0.25, 1.4)})
            >>> found.to_pandas()[["address", "zeros"]].values.tolist()
            [['hidden', 0.25]]
        """
        columns = [field.name for field in fields(ValueStatistics) if field.name != "histogram"]
        records = [{"address": key, **{name: getattr(s, name) for name in columns}} for key, s in self.items()]
        return data_frame(records, ["address", *columns], instead="print(found)")

    def __repr__(self) -> str:
        return self._table(SHOWN)

    def __str__(self) -> str:
        return self._table(len(self))

    def _table(self, most: int) -> str:
        head = ("", "mean", "std", "min", "max", "zeros", "NaN", "Inf")
        rows: list[tuple[str, ...]] = [head]
        for label, s in list(self._by_label.items())[:most]:
            numbers = (f"{x:.4g}" for x in (s.mean, s.std, s.min, s.max))
            rows.append((address_text(label), *numbers, f"{s.zeros:.1%}", f"{s.nan:,}", f"{s.inf:,}"))
        wide = [max(len(row[i]) for row in rows) for i in range(len(head))]
        lines = [
            "  " + "  ".join([row[0].ljust(wide[0]), *(c.rjust(w) for c, w in zip(row[1:], wide[1:], strict=True))])
            for row in rows
        ]
        if len(self) > most:
            lines.append(f"  and {len(self) - most} more")
        return "\n".join([f"<Statistics: {len(self)} address{'es' * (len(self) != 1)}>", *lines])


def statistics(
    model: keras.Model,
    data: object,
    layers: object = "*",
    *,
    training: bool = False,
    batch_size: int | None = None,
    bins: int = 0,
    run_eagerly: bool | None = None,
) -> Statistics:
    """Compute statistics of the values at some addresses without keeping the values.

    Computed inside the compiled forward pass and merged in float64, so that only a few numbers per address leave the graph and
    memory does not grow with the data. Results do not depend on the batch size beyond rounding; a histogram not at all.

    Args:
        model: A built Keras model of any kind.
        data: As for `kfx.extract`.
        layers: As for `kfx.extract`.
        training: Run as in training; the model's state is left as it was.
        batch_size: Examples in one pass, for arrays; None takes 32.
        bins: With a number of at least 2: a histogram of at most so many bins, whose edges are multiples of a power of two.
        run_eagerly: As for `kfx.extract`.

    Returns:
        A mapping from addresses to `ValueStatistics`. Values that are not numbers (text) have none.

    Raises:
        ValueError: As for `kfx.extract`, or ``bins`` is not such a number.
        UnbuiltModelError: As for `kfx.extract`.
        ExtractionError: As for `kfx.extract`.

    Example:
        >>> import keras, kfx, numpy as np
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.ReLU(name="relu")])
        >>> kfx.statistics(model, np.array([[-1.0, 2.0, -3.0, 4.0]]), "relu")["relu"].zeros
        0.5
    """
    if not isinstance(bins, int | np.integer) or bins < 0 or bins == 1:
        raise ValueError(f"`bins` is {bins!r}; expected 0 for no histogram, or a whole number of at least 2.")
    model = runnable(model, layers, data)
    source = ValueSource(model, layers, training=training, run_eagerly=run_eagerly)
    measure = _Measurement(source, int(bins))
    sums: dict[str, Moments] = {}
    for batch in Batches(source.model, data, batch_size=batch_size, usual=32):
        for label, found in measure(batch).items():
            sums[label] = merged_moments(sums[label], found, bins) if label in sums else found
    return Statistics({label: _statistics_of(found) for label, found in sums.items()})


class _Measurement:
    """Measure one batch after another; an address that needs a slower, exact way is measured in that way from then on."""

    def __init__(self, source: ValueSource, bins: int) -> None:
        self.source, self.bins = source, bins
        self.how: dict[str, str] = {}

    def __call__(self, batch: Batch) -> dict[str, Moments]:
        batch = usable(batch, self.source.model, training=self.source.training)
        found = self.source.attempt(batch, lambda: self._found(batch))
        self.source.states.advance()
        return {label: sums for by_label in found.values() for label, sums in by_label.items()}

    def _found(self, batch: Batch) -> dict[str, dict[str, Moments]]:
        if not self.how:
            source, keys = self.source, self.source.choose(batch)
            self.how = cached(source.model, (statistics, keys, source.training), lambda: dict.fromkeys(keys, "fast"))
        found: dict[str, dict[str, Moments]] = {}
        ways = self.how
        while ways:
            self.how.update(ways)  # also for the next time
            again = self._measure(batch, ways)
            found |= again
            needed = {key: _needed(self.how[key], sums) for key, sums in again.items()}
            ways = {key: how for key, how in needed.items() if how != self.how[key]}
        return found

    def _measure(self, batch: Batch, how: dict[str, str]) -> dict[str, dict[str, Moments]]:
        bins = self.bins  # `reduce` is kept with the model, so it must not hold `self`, which holds the model
        cut = partial(Batch.cut, replace(batch, inputs=None, labels=None))

        def reduce(key: str, value: object) -> dict[str, dict[str, tf.Tensor]]:
            tensors = [(label, cut(x)) for label, x in labelled(key, value) if is_tensor(x) and x.dtype.name != "string"]
            return {label: measure_tensor(x, how=how[key], bins=bins) for label, x in tensors}

        name = ("statistics", bins, tuple(sorted(how.items())), (batch.size, batch.filled) if batch.filled else ())
        found, _ = program(self.source.model, tuple(how), reduce=reduce, name=name, **self.source.how)(
            batch.inputs, self.source.states
        )
        return {key: {label: moments(parts) for label, parts in by_label.items()} for key, by_label in found.items()}


def _needed(how: str, by_label: Mapping[str, Moments]) -> str:
    """Return the way in which values must be measured, after they were measured in one way."""
    if how == "masked":
        return how
    if not all(isfinite(s.sum) and isfinite(s.squares) for s in by_label.values()):
        return "masked"
    far = any(s.count and (s.sum / s.count) ** 2 * s.count > FAR * s.spread for s in by_label.values())
    return "centered" if how == "centered" or far else how


def _statistics_of(s: Moments) -> ValueStatistics:
    none = float("nan")
    return ValueStatistics(
        count=int(s.count),
        mean=s.sum / s.count if s.count else none,
        std=sqrt(s.spread / s.count) if s.count else none,
        min=s.min if s.count else none,
        max=s.max if s.count else none,
        zeros=s.zeros / s.count if s.count else none,
        norm=sqrt(s.squares),
        nan=int(s.nan),
        inf=int(s.inf),
        histogram=s.histogram if s.count else None,
    )
