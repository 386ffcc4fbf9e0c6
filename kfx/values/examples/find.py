"""Find the examples of a data set, and the places in them, that drive units most: batch after batch, keeping only those."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kfx.values.axes import axis_names
from kfx.values.data.batches import Batch, Batches
from kfx.values.data.rows_on_disk import RowsOnDisk
from kfx.values.evaluation.naming import inputs_by_name
from kfx.values.features import Features, address_text, to_numpy
from kfx.values.numbers.extremes import Extremes
from kfx.values.source import ValueSource
from kfx.values.store.reading import load_features

if TYPE_CHECKING:
    import keras

MOST_CHANNELS, MOST_COUNT, MOST_KEPT = 64, 100, 2048
_CHUNK = 64_000_000  # bytes of stored values that are read at once


@dataclass(frozen=True, eq=False)
class Driving:
    """An example that drives a unit.

    Attributes:
        number: Its number, from 0, in the order in which the data came.
        value: The unit's largest value in it.
        place: Where that is in the unit's map, e.g. ``(row, column)`` or ``(step,)``; empty where the unit has one value.
        inputs: Its inputs by name without the batch axis; None where only values were given.
        label: Its label, where the data have labels.
    """

    number: int
    value: float
    place: tuple[int, ...]
    inputs: Mapping[str, np.ndarray] | None = None
    label: Any = None


@dataclass(frozen=True, eq=False)
class FoundExamples:
    """The examples that drive units at one address.

    Attributes:
        address: The address.
        channels: How many units there are.
        word: ``"channel"``, ``"unit"`` or ``"head"``.
        space: The sizes of the axes of a unit's map; empty where it has one value.
        count: How many examples were looked at.
        left_out: How many values were not finite.
        found: By number of the unit, the strongest first.
    """

    address: str
    channels: int
    word: str
    space: tuple[int, ...]
    count: int
    left_out: int
    found: Mapping[int, tuple[Driving, ...]]


class _Search:
    """Takes values of batches and keeps the strongest of each unit."""

    def __init__(self, address: str, channel: object, count: int) -> None:
        self.address, self._channel, self._count = address, channel, count
        self.chosen: list[int] = []
        self.channels = self.seen = self.left_out = 0
        self.space: tuple[int, ...] = ()
        self._tops: dict[int, Extremes] = {}
        self._places: dict[tuple[int, int], int] = {}
        self._rows: dict[int, tuple[Mapping[str, np.ndarray] | None, Any]] = {}

    def add(self, values: np.ndarray, axis: int, batch: Batch | None, inputs: Mapping[str, np.ndarray]) -> None:
        """Take the values of a batch, the units along an axis."""
        values = np.asarray(values)
        if values.dtype.kind not in "buif":
            raise ValueError(f"The values at {address_text(self.address)!r} are of type {values.dtype}; expected numbers.")
        stacked = np.moveaxis(values, axis, 1) if values.ndim > 1 else values[:, None]
        if not self.chosen:
            self.channels = stacked.shape[1]
            self.chosen = _chosen(self._channel, self.channels, self.address, self._count)
            self._tops = {channel: Extremes(self._count) for channel in self.chosen}
        self.space = stacked.shape[2:]
        picked = stacked[:, self.chosen].reshape(len(stacked), len(self.chosen), -1)
        finite = np.isfinite(picked)
        self.left_out += picked.size - int(finite.sum())
        known = np.where(finite, picked, -np.inf)
        places = known.argmax(axis=2)
        best = np.take_along_axis(known, places[..., None], 2)[..., 0]
        numbers = np.arange(self.seen, self.seen + len(stacked))
        for at, channel in enumerate(self.chosen):
            scores = np.where(finite[:, at].any(axis=1), best[:, at], np.nan)
            added, dropped = self._tops[channel].offer(scores, numbers)
            for number in added:
                self._places[channel, number] = int(places[number - self.seen, at])
            for number in dropped:
                self._places.pop((channel, number), None)
        self._keep(batch, inputs, len(stacked))
        self.seen += len(stacked)

    def _keep(self, batch: Batch | None, inputs: Mapping[str, np.ndarray], rows: int) -> None:
        wanted = {number for top in self._tops.values() for number in top.numbers}
        for number in [one for one in self._rows if one not in wanted]:
            del self._rows[number]
        labels = None if batch is None or batch.labels is None else to_numpy(batch.labels)
        for number in wanted:
            at = number - self.seen
            if 0 <= at < rows:
                row = {name: np.array(x[at]) for name, x in inputs.items() if x.ndim and len(x) >= rows}
                label = labels[at] if isinstance(labels, np.ndarray) and labels.ndim and len(labels) == rows else None
                self._rows[number] = row or None, label

    def result(self, word: str) -> FoundExamples:
        """Return what was found."""
        found = {}
        for channel, top in self._tops.items():
            drivings = []
            for number, value in top:
                inputs, label = self._rows[number]
                flat = self._places[channel, number]
                place = tuple(map(int, np.unravel_index(flat, self.space))) if self.space else ()
                drivings.append(Driving(number, value, place, inputs, label))
            found[channel] = tuple(drivings)
        return FoundExamples(self.address, self.channels, word, self.space, self.seen, self.left_out, found)


def find_examples(
    model: keras.Model,
    data: object,
    layer: object,
    channel: object = None,
    *,
    count: int = 12,
    labels: object = None,
    batch_size: int | None = None,
    run_eagerly: bool | None = None,
) -> FoundExamples:
    """Return the examples whose values at an address are largest, for each of some units; see `kfx.examples`."""
    if isinstance(count, bool) or not isinstance(count, int | np.integer) or not 1 <= count <= MOST_COUNT:
        raise ValueError(f"`count` is {count!r}; expected a whole number from 1 to {MOST_COUNT}.")
    source = ValueSource(model, layer, run_eagerly=run_eagerly)
    batches = Batches(model, data, batch_size=batch_size, labels=labels, usual=32)
    search: _Search | None = None
    axis, word = 1, "unit"
    for batch in batches:
        if batch.lengths:
            raise ValueError(f"{batch} cannot be told apart by example; give arrays with one row for each example.")
        address, values = one_array(source(batch))
        if search is None:
            search = _Search(address, channel, count)
            axis, word = channel_axis(source.axes[source.keys[0]].of(values.ndim) if source.keys else (), values.ndim)
        if len(values) != batch.size:
            raise ValueError(f"The values at {address_text(address)!r} have no row for each example, but {len(values)} in all.")
        search.add(values, axis, batch, inputs_by_name(batches.model, batch.inputs))
    assert search is not None  # no batch at all is refused by `Batches`
    return search.result(word)


def find_stored(
    model: keras.Model | None, values: Features, layer: object, channel: object = None, *, count: int = 12
) -> FoundExamples:
    """Return the same of values that were extracted before, in a folder or in memory; the inputs are not known."""
    if not isinstance(layer, str):
        raise TypeError(f"`layer` is {layer!r:.60}; of extracted values give an address: {', '.join(map(repr, values))}.")
    if layer not in values:
        raise ValueError(f"No values for {layer!r}; there are values for {', '.join(map(repr, list(values)[:20]))}.")
    address, array = one_array(Features({layer: values[layer]}))
    rank = len(array.shape)
    names = axis_names(model, [layer], ())[layer].of(rank) if model is not None else ()
    axis, word = channel_axis(names, rank)
    search = _Search(address, channel, count)
    for chunk in _chunks(array):
        search.add(chunk, axis, None, {})
    if not search.seen:
        raise ValueError(f"There are no examples among the values at {address_text(address)!r}.")
    return search.result(word)


def stored_values(data: object) -> Features | None:
    """Return the extracted values that data are: a folder that `kfx.extract(to=)` wrote, or its result; None for other data."""
    if isinstance(data, Features):
        return data
    if isinstance(data, str | os.PathLike) and (Path(data) / "manifest.json").is_file():
        return load_features(Path(data))
    return None


def one_array(values: Features) -> tuple[str, Any]:
    """Return the only array among some values with its label.

    Raises:
        ValueError: There are several.
    """
    found = list(values.arrays())
    if len(found) != 1:
        some = ", ".join(repr(address_text(label)) for label, _ in found[:6])
        raise ValueError(f"`layer` means {len(found)} arrays: {some}. Give the address of a call that returns one.")
    return found[0]


def channel_axis(names: Sequence[str], rank: int) -> tuple[int, str]:
    """Return the axis of the units and the word for one; the last axis where no name tells."""
    for word in ("channel", "head", "unit"):
        if word in names:
            return list(names).index(word), word
    return max(rank - 1, 0), "unit"


def _chosen(channel: object, channels: int, address: str, count: int) -> list[int]:
    """Return the numbers of the units that are asked for."""
    if channel is None:
        return list(range(min(channels, MOST_CHANNELS, MOST_KEPT // count)))
    asked: list[Any] = (
        list(channel) if isinstance(channel, Sequence | np.ndarray | range) and not isinstance(channel, str) else [channel]
    )
    for one in asked:
        if isinstance(one, bool) or not isinstance(one, int | np.integer) or not 0 <= one < channels:
            raise ValueError(f"`channel` is {one!r}; {address!r} has {channels} of them, 0 to {channels - 1}.")
    if not asked or len(asked) > MOST_CHANNELS or len(asked) * count > MOST_KEPT:
        raise ValueError(f"`channel` names {len(asked)} units for {count} examples each; at most {MOST_CHANNELS} units and "
                         f"{MOST_KEPT:,} examples in all are kept.")  # fmt: skip
    return [int(one) for one in dict.fromkeys(asked)]


def _chunks(array: Any) -> Iterator[np.ndarray]:
    rows = int(array.shape[0])
    row = max(1, int(np.prod([n or 1 for n in array.shape[1:]], dtype="int64")) * np.dtype(array.dtype).itemsize)
    step = max(1, _CHUNK // row) if not isinstance(array, RowsOnDisk) or None not in array.shape[1:] else 1
    for start in range(0, rows, step):
        yield np.asarray(array[start : min(start + step, rows)])
