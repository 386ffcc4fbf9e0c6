"""Cut data of any kind (arrays, tables, pictures, data sets, generators) into batches that fit a model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from kfx.keras_access.importing import import_keras
from kfx.keras_access.no_call import only_part
from kfx.keras_access.states import states_of
from kfx.model.read.sizes.graph_inputs import expected_inputs, fixed_batch
from kfx.values.data.arrays import comes_in_batches, fitted_arrays, label_arrays
from kfx.values.data.rows import as_tensor, count_rows, cut_rows, repeat_last_row

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True, slots=True)
class Batch:
    """Some examples as inputs of the model.

    Attributes:
        number: 0 for the first batch.
        start: The number of the first example in it, from 0.
        size: Number of examples; of arrays of different lengths, the longest.
        inputs: Tensors in the structure in which the model takes them.
        labels: The labels of a data set of ``(inputs, labels)``, else None.
        lengths: The lengths of the arrays where they differ, e.g. of the nodes and edges of a graph; else empty.
        filled: How many copies of the last example the inputs hold after the examples, for a model that is made for batches of
            one size. Values of them are cut off.
    """

    number: int
    start: int
    size: int
    inputs: object
    labels: object = None
    lengths: tuple[int, ...] = ()
    filled: int = 0

    def __str__(self) -> str:
        if self.lengths:
            return f"batch {self.number} (arrays of {', '.join(map(str, self.lengths))} rows)"
        return f"batch {self.number} (examples {self.start} to {self.start + self.size - 1})"

    def filled_to(self, size: int | None) -> Batch:
        """Return the batch with copies of its last example, so that it has ``size``; None, and arrays of one batch, stay."""
        missing = 0 if size is None or self.lengths else size - self.size - self.filled
        if missing <= 0:
            return self
        inputs = import_keras().tree.map_structure(lambda x: repeat_last_row(x, missing), self.inputs)
        return replace(self, inputs=inputs, filled=self.filled + missing)

    def row(self, number: int) -> Batch:
        """Return one example as a batch of its own."""
        inputs = import_keras().tree.map_structure(lambda x: cut_rows(x, number, number + 1), self.inputs)
        return Batch(self.number, self.start + number, 1, inputs)

    def as_it_came(self) -> Batch:
        """Return the batch without the copies of its last example."""
        if not self.filled:
            return self
        return replace(
            self, filled=0, inputs=import_keras().tree.map_structure(lambda x: cut_rows(x, 0, self.size), self.inputs)
        )

    def cut(self, value: Any) -> Any:
        """Return an array or tensor of values without the rows of the copies."""
        if not self.filled or not len(value.shape) or value.shape[0] not in (None, self.size + self.filled):
            return value
        return cut_rows(value, 0, self.size)


class Batches:
    """The batches of some data, in order.

    Arrays are cut into batches along their first axis. Single numbers go with every batch, and arrays of different lengths (the
    nodes and edges of a graph) are one batch, as they are.

    Args:
        model: The model they must fit.
        data: An array, `RowsOnDisk`, a sparse or ragged tensor, a table, pictures, a list or dict of these, a
            `tf.data.Dataset`, a `keras.utils.PyDataset`, a generator.
        batch_size: Examples in a batch, for arrays. A data set keeps its own batches. A model made for batches of one size
            takes that: what is longer is cut, and the last batch filled.
        labels: Labels for arrays.
        usual: Examples in a batch of arrays where neither ``batch_size`` nor the model says; None takes them all at once.

    Attributes:
        data: The data; arrays are in the structure of the model's inputs.
        fixed: The number of examples that the model is made for; None where any number will do.
        total: Number of examples; None for a stream, whose end is not known, and for arrays of different lengths.
    """

    def __init__(
        self,
        model: keras.Model,
        data: object,
        *,
        batch_size: int | None = None,
        labels: object = None,
        usual: int | None = None,
    ) -> None:
        if batch_size is not None and (not isinstance(batch_size, int | np.integer) or batch_size < 1):
            raise ValueError(f"`batch_size` is {batch_size!r}; expected a whole number of at least 1, or None.")
        self.model = only_part(model)
        self.expected = expected_inputs(self.model)
        self.fixed = fixed_batch(self.expected)
        self.batch_size = self.fixed or batch_size or usual
        self.comes_in_batches = comes_in_batches(data)
        self.total: int | None = None
        self.data: Any = data
        self._labels: Any = labels
        if not self.comes_in_batches:
            self._take_arrays(given=batch_size is not None)
        elif labels is not None:
            raise ValueError("`labels` go with arrays; a data set carries its own as (inputs, labels).")
        elif batch_size is not None:
            raise ValueError("`batch_size` is for arrays; these data come in batches of their own. Use dataset.batch(...).")

    def _take_arrays(self, *, given: bool) -> None:
        """Fit arrays to the model's inputs and count their examples; ``given`` says whether the user gave a batch size."""
        self.data = self._fitted(self.data)
        self._lengths = _lengths(self.data)
        self._count = max(self._lengths, default=1)
        self.total = self._count if len(self._lengths) < 2 else None
        if self._lengths == (0,):
            raise ValueError("The data hold no examples: the first axis has length 0.")
        if self.total is None and given:
            raise ValueError(
                f"The arrays have {_listed(self._lengths)} examples; expected the same number in each, to cut them into "
                "batches. Without `batch_size` they are one batch."
            )
        if self._labels is not None:
            self._labels = label_arrays(self._labels)
            count = max(_lengths(self._labels), default=0)
            if self.total is not None and count != self.total:
                raise ValueError(f"{self.total} examples came with {count} labels; expected one for each.")

    def __iter__(self) -> Iterator[Batch]:
        return self.cut_at(())

    def cut_at(self, examples: Iterable[int]) -> Iterator[Batch]:
        """Yield all batches; arrays are cut so that a batch begins at each of these examples, streams keep their batches."""
        if self.comes_in_batches:
            yield from self._streamed()
            return
        if self.total is None:
            tensors = import_keras().tree.map_structure(as_tensor, self.data)
            yield Batch(0, 0, self._count, tensors, self._labels, self._lengths)
            return
        edges = sorted({0, self._count, *(n for n in examples if 0 < n < self._count)})
        for start, stop in pairwise(edges):
            yield from self.between(start, stop)

    def between(self, start: int, stop: int) -> Iterator[Batch]:
        """Yield the batches of examples ``start`` to ``stop`` (not included); only where the data do not come in batches."""
        step = self.batch_size or self._count
        if (stop - start) % step and stop < self._count:
            self._require_full((stop - start) % step)
        for at in range(start, stop, step):
            yield self._cut(at // step, at, min(at + step, stop)).filled_to(self.fixed)

    def one(self, number: int) -> Batch:
        """Return a batch of one example; only where the data do not come in batches."""
        return self._cut(number, number, number + 1)

    def _require_full(self, size: int) -> None:
        """Refuse a batch with fewer examples than the states of stateful layers are kept for, unless it is the last."""
        if self.fixed is not None and size != self.fixed and states_of(self.model):
            raise ValueError(
                f"A batch has {size} examples, and {str(self.model.name)!r} is made for {self.fixed}: if an RNN is stateful, "
                "the batch size of the input sequences must be the same as the batch size of the initial state."
            )

    def _cut(self, number: int, start: int, stop: int) -> Batch:
        tree = import_keras().tree
        inputs = tree.map_structure(lambda x: as_tensor(cut_rows(x, start, stop)), self.data)
        labels = None if self._labels is None else tree.map_structure(lambda x: x[start:stop], self._labels)
        return Batch(number, start, stop - start, inputs, labels)

    def _streamed(self) -> Iterator[Batch]:
        start, last, number = 0, self.fixed, 0
        for came in self._elements():
            for batch in self._in_size(came):
                self._require_full(last or batch.size)
                last = batch.size
                yield replace(batch, number=number, start=start).filled_to(self.fixed)
                start, number = start + batch.size, number + 1
        if not start:
            raise ValueError("The data hold no examples: not one batch came (has the generator been used up?).")

    def _elements(self) -> Iterator[Batch]:
        """Yield the batches in which the data come."""
        keras, data = import_keras(), self.data
        elements = (data[i] for i in range(len(data))) if isinstance(data, keras.utils.PyDataset) else data
        lists = type(data).__name__ == "DataLoader"  # of PyTorch, which gives [inputs, labels]
        for number, element in enumerate(elements):
            x, y = element, None
            if isinstance(element, tuple) or (lists and isinstance(element, list)):
                x, y, _ = keras.utils.unpack_x_y_sample_weight(element)
            try:
                x = self._fitted(x)
            except (TypeError, ValueError) as error:
                raise type(error)(f"Batch {number}: {error}") from error
            lengths = _lengths(x)
            tensors = keras.tree.map_structure(as_tensor, x)
            if size := max(lengths, default=1):
                yield Batch(number, 0, size, tensors, y, lengths if len(lengths) > 1 else ())

    def _in_size(self, batch: Batch) -> Iterator[Batch]:
        """Yield a batch of a data set in pieces of the size that the model is made for."""
        if self.fixed is None or batch.lengths or batch.size <= self.fixed:
            yield batch
            return
        tree = import_keras().tree
        for start in range(0, batch.size, self.fixed):
            stop = min(start + self.fixed, batch.size)
            cut = partial(cut_rows, start=start, stop=stop)
            labels = None if batch.labels is None else tree.map_structure(cut, batch.labels)
            yield replace(batch, size=stop - start, inputs=tree.map_structure(cut, batch.inputs), labels=labels)

    def _fitted(self, data: object) -> object:
        return fitted_arrays(data, self.model, self.expected, own=self.comes_in_batches)


def _lengths(arrays: object) -> tuple[int, ...]:
    """Return the different numbers of examples in some arrays; single numbers have none."""
    found = [count_rows(x) for x in import_keras().tree.flatten(arrays)]
    return tuple(dict.fromkeys(n for n in found if n is not None))


def _listed(lengths: tuple[int, ...]) -> str:
    return ", ".join(map(str, lengths))
