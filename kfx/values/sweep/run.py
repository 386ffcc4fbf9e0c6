"""Sweep a model: patch the values of one run into another, one layer and position at a time, and measure the output."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kfx.errors import KfxError
from kfx.keras_access.importing import import_keras
from kfx.model.read.sizes.graph_inputs import expected_inputs, fixed_batch
from kfx.values.data.batches import Batch
from kfx.values.features import labelled, map_arrays, to_numpy
from kfx.values.source import ValueSource
from kfx.values.sweep.examples import gathered, one_batch, require_alike
from kfx.values.sweep.metric import Metric, choose_metric, require_finite
from kfx.values.sweep.passes import Runs, SweepPass
from kfx.values.sweep.places import Place, choose_keys, choose_places, require_compiled
from kfx.values.tap.attempt import Attempt
from kfx.values.tap.proof import difference

if TYPE_CHECKING:
    import keras

AT_ONCE = 64  # runs in one pass
TOLERANCE = 1e-3  # of the metric, between a run alone and among others
_NONE = -1  # the place of a run without a patch


@dataclass(frozen=True)
class Swept:
    """What a sweep found.

    Attributes:
        values: By address, the metric with the values of the clean run there: ``(example, position)``, or ``(example,
            position, head)``.
        clean: The metric of each example of the clean run.
        corrupted: The metric of each example of the corrupted run.
        words: What is measured.
        left_out: Why layers of a pattern are left out, by address.
    """

    values: Mapping[str, np.ndarray]
    clean: np.ndarray
    corrupted: np.ndarray
    words: str
    left_out: Mapping[str, str]


def swept(
    model: keras.Model,
    clean: object,
    corrupted: object,
    layers: object,
    *,
    metric: object = None,
    heads: bool = False,
    batch_size: int | None = None,
    run_eagerly: bool | None = None,
) -> Swept:
    """Return the metric for each place; see `kfx.sweep`."""
    if batch_size is not None and (isinstance(batch_size, bool) or not isinstance(batch_size, int) or batch_size < 1):
        raise ValueError(f"`batch_size` is {batch_size!r}; expected a whole number of at least 1, or None.")
    first, second = one_batch(model, clean, "clean"), one_batch(model, corrupted, "corrupted")
    require_alike(first, second)
    attempt = Attempt(model, layers, training=False, run_eagerly=run_eagerly)
    keys = attempt(first, lambda: choose_keys(model, layers, first.inputs, heads=heads, run_eagerly=attempt.run_eagerly))
    taken, output = _whole(model, keys, first, attempt.run_eagerly)
    places, left_out = choose_places(model, layers, first.inputs, taken, heads=heads)
    if attempt.run_eagerly:
        require_compiled(model, first.inputs, places)
    measured = choose_metric(metric, output, str(model.name))
    sweep = _Sweep(model, places, taken, second, measured, batch_size, attempt)
    before, after = sweep.unpatched(second), sweep.unpatched(first)
    require_finite(after, "clean")
    require_finite(before, "corrupted")
    found = {place.key: values for place, values in zip(places, sweep.all(), strict=True)}
    return Swept(found, after, before, sweep.words, left_out)


def _whole(model: keras.Model, keys: tuple[str, ...], batch: Batch, run_eagerly: bool) -> tuple[dict[str, Any], Any]:
    """Return the values at some addresses and the model's output for all examples."""
    source = ValueSource(model, list(keys), run_eagerly=run_eagerly, output=True, carries=False)
    fixed = fixed_batch(expected_inputs(model))
    size = fixed or batch.size
    found = []
    for start in range(0, batch.size, size):
        rows = list(range(start, min(start + size, batch.size)))
        found.append(source(Batch(0, 0, len(rows), gathered(batch.inputs, rows)).filled_to(fixed)))
    return {key: _joined([one[key] for one in found]) for key in keys}, _joined([one.output for one in found])


class _Sweep:
    """The runs of a sweep, cut into passes of one size."""

    def __init__(
        self,
        model: keras.Model,
        places: list[Place],
        clean: Mapping[str, np.ndarray],
        corrupted: Batch,
        metric: Metric,
        batch_size: int | None,
        attempt: Attempt,
    ) -> None:
        self._model, self._places, self._batch, self._metric = model, places, corrupted, metric
        self._attempt, self._clean = attempt, {place.key: clean[place.key] for place in places}
        self._fixed = fixed_batch(expected_inputs(model))
        total = corrupted.size * sum(place.positions * place.heads for place in places)
        self._rows = self._fixed or min(batch_size or AT_ONCE, max(total, 1))
        self._pass: SweepPass | None = None
        self._eager = attempt.run_eagerly

    @property
    def words(self) -> str:
        """What is measured."""
        if self._metric.function is not None:
            return self._metric.words
        assert self._pass is not None
        return f"{'logit' if self._pass.logit else 'output'} of {self._metric.words}"

    def unpatched(self, batch: Batch) -> np.ndarray:
        """Return the metric of each example, alone in runs without a patch."""
        runs = np.array([[_NONE, 0, 0, n] for n in range(batch.size)], "int32")
        return next(self._measured(batch, runs))

    def all(self) -> Iterator[np.ndarray]:
        """Yield the metric of each place, ``(example, position)`` or ``(example, position, head)``."""
        count = self._batch.size
        self._require_apart()
        found = self._measured(self._batch, self._patched())
        for place in self._places:
            cells = np.stack([next(found) for _ in range(place.positions * place.heads)], axis=1)
            yield cells.reshape(count, place.positions, place.heads) if place.head else cells

    def _patched(self) -> np.ndarray:
        """Return the runs of all cells, ``(run, 4)``: place, position, head and example, the examples of a cell together."""
        rows = [
            [number, position, head, example]
            for number, place in enumerate(self._places)
            for position in range(place.positions)
            for head in range(place.heads)
            for example in range(self._batch.size)
        ]
        return np.array(rows, "int32")

    def _require_apart(self) -> None:
        """Refuse a model in which the runs of a pass change each other.

        Raises:
            KfxError: The output of a run without a patch is another one among patched runs.
        """
        alone = np.repeat(np.array([[_NONE, 0, 0, 0]], "int32"), self._rows, axis=0)
        among = np.concatenate([alone[:1], self._patched()[: self._rows - 1]])
        among = np.concatenate([among, np.repeat(among[-1:], self._rows - len(among), axis=0)])
        pairs = zip(*(labelled("", self._outputs(self._batch, rows)) for rows in (alone, among)), strict=True)
        if any(not difference(a[:1], b[:1]) <= TOLERANCE for (_, a), (_, b) in pairs):
            raise KfxError(
                f"In {str(self._model.name)!r} the examples of a batch change each other's output, so that several runs cannot "
                "share a pass. Give batch_size=1."
            )

    def _measured(self, batch: Batch, rows: np.ndarray) -> Iterator[np.ndarray]:
        """Yield the metric of the examples of one cell after another; rows are place, position, head and example."""
        count, waiting = batch.size, []
        for start in range(0, len(rows), self._rows):
            piece = rows[start : start + self._rows]
            filled = np.concatenate([piece, np.repeat(piece[-1:], self._rows - len(piece), axis=0)])
            waiting.append(_cut(self._outputs(batch, filled), 0, len(piece)))
            ready = sum(_length(one) for one in waiting)
            if ready < count:
                continue
            whole, used = _joined(waiting), ready - ready % count
            for at in range(0, used, count):
                one = _cut(whole, at, at + count)
                yield self._metric.of(one, count) if self._metric.function is not None else np.asarray(one, "float64")
            waiting = [_cut(whole, used, ready)] if used < ready else []

    def _outputs(self, batch: Batch, rows: np.ndarray) -> Any:
        place, position, head, example = (np.ascontiguousarray(column) for column in rows.T)
        units = np.asarray(self._metric.units or [0] * batch.size, "int32")[example]
        convert = import_keras().ops.convert_to_tensor
        runs = Runs(*(convert(x) for x in (place, position, head, example, units)))
        inputs = gathered(batch.inputs, example)
        return self._attempt(Batch(0, 0, len(rows), inputs), lambda: to_numpy(self._made()(inputs, runs)))

    def _made(self) -> SweepPass:
        if self._pass is None or self._eager != self._attempt.run_eagerly:
            self._eager = self._attempt.run_eagerly
            unit = self._metric.function is None
            self._pass = SweepPass(
                self._model, self._places, self._clean, self._batch.inputs, unit=unit, run_eagerly=self._eager
            )
        return self._pass


def _cut(output: Any, start: int, stop: int) -> Any:
    return map_arrays(lambda x: x[start:stop], output)


def _length(output: Any) -> int:
    return len(next(x for x in import_keras().tree.flatten(output) if x is not None))


def _joined(parts: list[Any]) -> Any:
    if len(parts) == 1:
        return parts[0]
    return import_keras().tree.map_structure(lambda *x: None if x[0] is None else np.concatenate(x), *parts)
