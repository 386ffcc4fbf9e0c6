"""Share data out to workers, which read their own pieces: rows on disk or in memory, `tf.data`, Ray Data."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from kfx.errors import EngineError
from kfx.keras_access.importing import import_keras
from kfx.model.read.sizes.graph_inputs import expected_inputs
from kfx.values.data.arrays import comes_in_batches
from kfx.values.data.batches import Batch, Batches
from kfx.values.data.rows_on_disk import RowsOnDisk

if TYPE_CHECKING:
    import keras
    import ray.data

ROW_COLUMN = "kfx_row"  # the column in which Ray Data numbers rows: the block's number above these bits, the row in it below
ROW_BITS = 33
Span = tuple[int, int]  # examples start to stop (not included)


class MappedFile(RowsOnDisk):
    """A memory-mapped array that every process maps from its file."""

    def __init__(self, array: np.memmap) -> None:
        self.shape: tuple[int, ...] = array.shape
        self.dtype = array.dtype
        order: Literal["C", "F"] = "F" if np.isfortran(array) else "C"
        self._where = str(array.filename), array.offset, order

    def __getitem__(self, index: Any) -> np.ndarray:
        path, offset, order = self._where
        return np.asarray(np.memmap(path, self.dtype, "r", offset, self.shape, order)[index])


@dataclass(frozen=True)
class Graph:
    """A `tf.data.Dataset` as the graph that makes it: every worker runs it and keeps its own batches.

    Attributes:
        graph: The serialized graph.
        spec: The spec of an element.
        size: Examples in each element but the last.
        elements: Number of elements.
    """

    graph: bytes
    spec: Any
    size: int
    elements: int


class Elements:
    """One worker's iteration over a data set: forward while its pieces come in order, else from the beginning."""

    def __init__(self, source: Graph, model: keras.Model) -> None:
        import tensorflow as tf

        self._source, self._model = source, model
        self._dataset = tf.data.experimental.from_variant(tf.raw_ops.DatasetFromGraph(graph_def=source.graph), source.spec)
        self._numbered: Iterator[tuple[int, Any]] = iter(())
        self._next = source.elements

    def between(self, start: int, stop: int) -> Iterator[Batch]:
        """Yield the batches that hold examples ``start`` to ``stop``."""
        size = self._source.size
        at = start // size
        if at < self._next:
            self._numbered, self._next = enumerate(self._dataset.skip(at), at), at
        while at * size < stop and at < self._source.elements:
            number, element = next(self._numbered)
            self._next = number + 1
            if number < at:
                continue
            found = list(Batches(self._model, iter([element])))  # several for a model that is made for fewer examples
            count = sum(batch.size for batch in found)
            if count != size and number != self._source.elements - 1:
                raise EngineError(
                    f"Batch {number} of the data set has {count} examples, the first has {size}: it cannot be shared out. "
                    "Batch it to one size, or use engine='local'."
                )
            yield from (replace(batch, number=number, start=number * size + batch.start, labels=None) for batch in found)
            at += 1


@dataclass(frozen=True)
class Blocks:
    """A `ray.data.Dataset`: Ray reads it, cuts it into blocks of one size in order, and hands each to a worker.

    Attributes:
        rows: Examples in each block but the last.
    """

    rows: int = 0


def number_rows(dataset: ray.data.Dataset, rows: int) -> ray.data.Dataset:
    """Return a Ray data set in blocks of exactly ``rows``, with a column that numbers its rows."""
    from ray.data.expressions import monotonically_increasing_id

    blocks = dataset.repartition(target_num_rows_per_block=rows, strict=True)
    return blocks.with_column(ROW_COLUMN, monotonically_increasing_id())


def examples_in_block(numbers: np.ndarray, rows: int) -> Span:
    """Return the examples that a block holds.

    Raises:
        EngineError: Ray did not number them as expected.
    """
    first, last = int(numbers[0]), int(numbers[-1])
    if first & (2**ROW_BITS - 1) or last - first != len(numbers) - 1:
        raise EngineError("This release of Ray numbers blocks in an unknown way; use ray 2.60, or engine='local'.")
    start = (first >> ROW_BITS) * rows
    return start, start + len(numbers)


def columns_as_inputs(model: keras.Model, columns: dict[str, np.ndarray]) -> np.ndarray | dict[str, np.ndarray]:
    """Return the columns of a Ray block as inputs of the model: by the names of its inputs, or the only column.

    Raises:
        ValueError: The columns are not the model's inputs.
    """
    columns = {name: _even(name, array) for name, array in columns.items() if name != ROW_COLUMN}
    expected = expected_inputs(model)
    if expected is not None and all(want.name in columns for want in expected):
        return {want.name: columns[want.name] for want in expected}
    if len(columns) == 1 and (expected is None or len(expected) == 1):
        return next(iter(columns.values()))
    if expected is None:
        return columns
    raise ValueError(
        f"The columns of the data set are {', '.join(map(repr, columns))}; the model takes "
        f"{', '.join(repr(want.name) for want in expected)}. Rename them, or keep one: dataset.select_columns([...])."
    )


def _even(name: str, array: np.ndarray) -> np.ndarray:
    """Return one array of numbers where Ray returns an array of arrays of one shape."""
    if array.dtype != object or not len(array) or not hasattr(array[0], "shape"):
        return array
    shapes = {one.shape for one in array}
    if len(shapes) > 1:
        raise ValueError(
            f"Column {name!r} holds arrays of different shapes, e.g. {' and '.join(map(str, sorted(shapes)[:2]))}; resize or "
            "pad them, e.g. ray.data.read_images(folder, size=(224, 224))."
        )
    return np.stack(list(array))


def sharable(data: object) -> object:
    """Return the data in a form from which other processes can read pieces: `Graph`, `Blocks`, arrays, or rows on disk.

    Raises:
        EngineError: They exist in this process only, such as a generator.
    """
    if type(data).__module__.startswith("ray.data"):
        return Blocks()
    if not comes_in_batches(data):
        return data if isinstance(data, RowsOnDisk) else import_keras().tree.map_structure(_mapped, data)
    import tensorflow as tf

    if not isinstance(data, tf.data.Dataset):
        raise EngineError(
            f"{type(data).__name__!r} lives in this process only, so it cannot be shared out to workers. Give arrays, files, "
            "a tf.data.Dataset or a ray.data.Dataset, or use engine='local'."
        )
    elements = int(data.cardinality())
    if elements < 0:
        raise EngineError(
            f"The data set has {'no end' if elements == -1 else 'an unknown number of batches'}, so it cannot be shared out. "
            "Give it with dataset.apply(tf.data.experimental.assert_cardinality(n)), or use engine='local'."
        )
    try:
        variant = tf.data.experimental.to_variant(data)
        graph = tf.raw_ops.DatasetToGraphV2(input_dataset=variant, external_state_policy=2, strip_device_assignment=True)
    except (tf.errors.OpError, ValueError) as error:
        raise EngineError(
            f"The data set cannot be sent to workers: {str(error).splitlines()[0][:200]} Python functions and generators stay "
            "in this process; build it from files, or use engine='local'."
        ) from error
    first = import_keras().tree.flatten(next(iter(data), ()))
    return Graph(graph.numpy(), data.element_spec, int(first[0].shape[0]) if first else 0, elements)


def _mapped(array: object) -> object:
    if isinstance(array, np.memmap) and isinstance(array.base, mmap.mmap) and array.filename is not None:
        return MappedFile(array)
    return array
