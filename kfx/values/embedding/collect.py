"""Collect one feature vector of each example, and with labels what the model predicts for it, in one pass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kfx.values.axes import axis_names
from kfx.values.data.batches import Batch, Batches
from kfx.values.evaluation.naming import belonging, inputs_by_name, outputs_by_name
from kfx.values.evaluation.tasks import Task, task_of
from kfx.values.examples.find import channel_axis, one_array
from kfx.values.features import Features, address_text, to_numpy
from kfx.values.source import ValueSource

if TYPE_CHECKING:
    import keras

POOLS = ("mean", "max", "flat")
HELD_BYTES = 128_000_000  # of the inputs of a stream that are held to be shown


@dataclass(frozen=True, eq=False)
class Collected:
    """The features of all examples.

    Attributes:
        address: Where they come from.
        features: ``(examples, numbers)``.
        pooled: How they were made from the values, in words; ``""`` where they are the values.
        labels: One for each example, or None.
        predicted: The predicted class or value of each, or None where it cannot be compared with a label.
        task: What the output is, or None.
        inputs: Returns the inputs of an example by name; None where they are not known.
        held: How many examples have inputs.
    """

    address: str
    features: np.ndarray
    pooled: str
    labels: np.ndarray | None
    predicted: np.ndarray | None
    task: Task | None
    inputs: Inputs
    held: int


class Inputs:
    """Looks up the inputs of an example: in the user's arrays, or among those of a stream that are held."""

    def __init__(self, batches: Batches | None) -> None:
        self._batches = batches if batches is not None and not batches.comes_in_batches and batches.total is not None else None
        self._rows: list[Mapping[str, np.ndarray]] = []
        self._bytes = 0

    def hold(self, batch: Batch, inputs: Mapping[str, np.ndarray]) -> None:
        """Hold the inputs of a batch of a stream, while there is room."""
        if self._batches is not None:
            return
        for row in range(batch.size):
            one = {name: np.array(x[row]) for name, x in inputs.items() if x.ndim and len(x) >= batch.size}
            self._bytes += sum(x.nbytes for x in one.values())
            if self._bytes > HELD_BYTES or len(self._rows) < batch.start + row:
                return
            self._rows.append(one)

    @property
    def held(self) -> int | None:
        """How many examples have inputs; None for all."""
        return None if self._batches is not None else len(self._rows)

    def __call__(self, number: int) -> Mapping[str, np.ndarray] | None:
        if self._batches is not None:
            batch = self._batches.one(number)
            return {name: x[0] for name, x in inputs_by_name(self._batches.model, batch.inputs).items() if x.ndim}
        return self._rows[number] or None if number < len(self._rows) else None

    def let_go(self) -> None:
        """Forget the data."""
        self._batches, self._rows = None, []


def collect(
    model: keras.Model,
    data: object,
    layer: object,
    *,
    pool: str = "mean",
    labels: object = None,
    batch_size: int | None = None,
    run_eagerly: bool | None = None,
) -> Collected:
    """Return the features of all examples; see `kfx.embed`."""
    _check_pool(pool)
    batches = Batches(model, data, batch_size=batch_size, labels=labels, usual=64)
    source = ValueSource(model, layer, run_eagerly=run_eagerly, output=True)
    inputs, parts = Inputs(batches), list[np.ndarray]()
    truths, outputs = list[Any](), list[np.ndarray]()
    address, words, axis = "", "", 1
    for batch in batches:
        if batch.lengths:
            raise ValueError(f"{batch} cannot be told apart by example; give arrays with one row for each example.")
        found = source(batch)
        address, values = one_array(found)
        if not parts:
            axis, _ = channel_axis(source.axes[source.keys[0]].of(values.ndim) if source.keys else (), values.ndim)
        part, words = pooled(values, axis, pool, address)
        if len(part) != batch.size:
            raise ValueError(f"The values at {address_text(address)!r} have no row for each example, but {len(part)} in all.")
        parts.append(part)
        inputs.hold(batch, inputs_by_name(batches.model, batch.inputs))
        if batch.labels is not None:
            truths.append(batch.labels)
            outputs.append(found.output)
    features = _joined(parts, address)
    truth, predicted, task = _compared(model, truths, outputs, len(features))
    held = len(features) if inputs.held is None else inputs.held
    return Collected(address, features, words, truth, predicted, task, inputs, held)


def collect_stored(
    model: keras.Model | None, values: Features, layer: object, *, pool: str = "mean", labels: object = None
) -> Collected:
    """Return the same of values that were extracted before; inputs and predictions are not known."""
    _check_pool(pool)
    if not isinstance(layer, str):
        raise TypeError(f"`layer` is {layer!r:.60}; of extracted values give an address: {', '.join(map(repr, values))}.")
    if layer not in values:
        raise ValueError(f"No values for {layer!r}; there are values for {', '.join(map(repr, list(values)[:20]))}.")
    address, array = one_array(Features({layer: values[layer]}))
    names = axis_names(model, [layer], ())[layer].of(len(array.shape)) if model is not None else ()
    axis, _ = channel_axis(names, len(array.shape))
    parts, words = [], ""
    for chunk in _chunks(array):
        part, words = pooled(chunk, axis, pool, address)
        parts.append(part)
    features = _joined(parts, address)
    truth = None if labels is None else np.asarray(to_numpy(labels))
    if truth is not None and len(truth) != len(features):
        raise ValueError(f"{len(features)} examples came with {len(truth)} labels; expected one for each.")
    return Collected(address, features, words, _one_label(truth), None, None, Inputs(None), 0)


def pooled(values: np.ndarray, axis: int, pool: str, address: str) -> tuple[np.ndarray, str]:
    """Return one vector of each example, and in words how it was made.

    Args:
        values: Of a batch.
        axis: The axis of the channels, which stays.
        pool: One of `POOLS`.
        address: Of the values, for the error.
    """
    values = np.asarray(values)
    if values.dtype.kind not in "buif":
        raise ValueError(f"The values at {address_text(address)!r} are of type {values.dtype}; expected numbers.")
    values = values.astype("float32", copy=False)
    if values.ndim <= 2:
        return (values if values.ndim == 2 else values[:, None]), ""
    size = "×".join(str(n) for place, n in enumerate(values.shape) if place not in (0, axis))
    if pool == "flat":
        return values.reshape(len(values), -1), ""
    others = tuple(place for place in range(1, values.ndim) if place != axis)
    return getattr(values, pool)(axis=others), f"{'mean' if pool == 'mean' else 'largest'} over {size} places"


def _check_pool(pool: object) -> None:
    if pool not in POOLS:
        raise ValueError(f"`pool` is {pool!r}; expected one of {', '.join(map(repr, POOLS))}.")


def _joined(parts: list[np.ndarray], address: str) -> np.ndarray:
    if not parts or not sum(map(len, parts)):
        raise ValueError("The data hold no examples.")
    if len({part.shape[1:] for part in parts}) > 1:
        raise ValueError(f"The batches give vectors of different lengths at {address_text(address)!r}; use pool='mean'.")
    return np.concatenate(parts)


def _compared(
    model: keras.Model, truths: list[Any], outputs: list[Any], rows: int
) -> tuple[np.ndarray | None, np.ndarray | None, Task | None]:
    """Return a label of each example, and the prediction that belongs to it."""
    if not truths:
        return None, None, None
    named = [outputs_by_name(model, one) for one in outputs]
    names = list(named[0])
    for place, name in enumerate(names):
        own = [belonging(one, name, place, len(names)) for one in truths]
        if any(one is None for one in own):
            continue
        truth = np.concatenate([np.asarray(to_numpy(one)) for one in own])
        predicted = np.concatenate([one[name] for one in named])
        if len(truth) != rows:
            return None, None, None
        try:
            task = task_of(truth, predicted, belonging(getattr(model, "loss", None), name, place, len(names)))
        except ValueError:
            return _one_label(truth), None, None
        return _as_compared(truth, predicted, task)
    return _one_label(np.concatenate([np.asarray(to_numpy(one)) for one in truths])) if _plain(truths) else None, None, None


def _as_compared(
    truth: np.ndarray, predicted: np.ndarray, task: Task
) -> tuple[np.ndarray | None, np.ndarray | None, Task | None]:
    words = truth.dtype.kind not in "buif"
    if words or task.places or task.kind == "labels" or (task.kind == "values" and task.units != 1):
        return _one_label(truth), None, None
    if task.kind == "values":
        return truth.reshape(-1).astype("float64"), predicted.reshape(-1).astype("float64"), task
    labels = truth.argmax(-1) if task.onehot else truth.reshape(-1)
    if task.single:
        return labels.astype("int64"), (predicted.reshape(-1) > (0 if task.logits else 0.5)).astype("int64"), task
    return labels.astype("int64"), predicted.argmax(-1), task


def _one_label(truth: np.ndarray | None) -> np.ndarray | None:
    """Return labels that are one value for each example; None for others."""
    if truth is None:
        return None
    flat = truth.reshape(len(truth), -1)
    return flat[:, 0] if flat.shape[1] == 1 else None


def _plain(truths: list[Any]) -> bool:
    return all(not isinstance(one, Mapping | list | tuple) for one in truths)


def _chunks(array: Any, rows: int = 1024) -> Iterator[np.ndarray]:
    for start in range(0, int(array.shape[0]), rows):
        yield np.asarray(array[start : start + rows])
