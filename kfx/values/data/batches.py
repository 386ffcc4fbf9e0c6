"""Turn data of any kind (arrays, dicts, lists, datasets, generators) into batches that fit a model, or refuse them clearly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from kfx.keras_access import internals
from kfx.keras_access.importing import import_keras
from kfx.values.data.expected import Array, Expected, expected_inputs, in_order, require_fit
from kfx.values.data.rows_on_disk import RowsOnDisk

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True, slots=True)
class Batch:
    """Some examples as inputs of the model.

    Attributes:
        number: 0 for the first batch.
        start: The number of the first example in it, from 0.
        size: Number of examples.
        inputs: Tensors in the structure in which the model takes them.
        labels: The labels of a data set of ``(inputs, labels)``, else None.
    """

    number: int
    start: int
    size: int
    inputs: object
    labels: object = None

    def __str__(self) -> str:
        return f"batch {self.number} (examples {self.start} to {self.start + self.size - 1})"


class Batches:
    """The batches of some data, in order.

    Args:
        model: The model they must fit.
        data: An array, `RowsOnDisk`, a list or dict of these, a `tf.data.Dataset`, a `keras.utils.PyDataset`, a generator.
        batch_size: Examples in a batch, for arrays. A data set keeps its own batches.
        labels: Labels for arrays.
        usual: Examples in a batch of arrays where ``batch_size`` is None; None takes them all at once.

    Attributes:
        data: The data; arrays are in the structure of the model's inputs.
        total: Number of examples; None for a stream, whose end is not known.
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
        self.model, self.batch_size = model, batch_size or usual
        self.expected = expected_inputs(model)
        self.comes_in_batches = comes_in_batches(data)
        self.total: int | None = None
        self.data: Any = data
        self._labels: Any = labels
        if self.comes_in_batches:
            if labels is not None:
                raise ValueError("`labels` go with arrays; a data set carries its own as (inputs, labels).")
            if isinstance(batch_size, int | np.integer):
                raise ValueError("`batch_size` is for arrays; these data come in batches of their own. Use dataset.batch(...).")
        else:
            self.data = _arrays(data, self.expected)
            self.total = self._count = _count(self.data)
            if self.total == 0:
                raise ValueError("The data hold no examples: the first axis has length 0.")
            self.data = self._fitted(self.data)
            if labels is not None:
                self._labels = {k: _array(v) for k, v in labels.items()} if isinstance(labels, dict) else _array(labels)
                if _count(self._labels) != self.total:
                    raise ValueError(f"{self.total} examples came with {_count(self._labels)} labels; expected one for each.")

    def __iter__(self) -> Iterator[Batch]:
        return self.cut_at(())

    def cut_at(self, examples: Iterable[int]) -> Iterator[Batch]:
        """Yield all batches; arrays are cut so that a batch begins at each of these examples, streams keep their batches."""
        if self.comes_in_batches:
            yield from self._streamed()
            return
        edges = sorted({0, self._count, *(n for n in examples if 0 < n < self._count)})
        for start, stop in pairwise(edges):
            yield from self.between(start, stop)

    def between(self, start: int, stop: int) -> Iterator[Batch]:
        """Yield the batches of examples ``start`` to ``stop`` (not included); only where the data do not come in batches."""
        step = self.batch_size or self._count
        for at in range(start, stop, step):
            yield self._cut(at // step, at, min(at + step, stop))

    def one(self, number: int) -> Batch:
        """Return a batch of one example; only where the data do not come in batches."""
        return self._cut(number, number, number + 1)

    def _cut(self, number: int, start: int, stop: int) -> Batch:
        tree = import_keras().tree
        inputs = tree.map_structure(lambda x: _tensor(x[start:stop]), self.data)
        labels = None if self._labels is None else tree.map_structure(lambda x: x[start:stop], self._labels)
        return Batch(number, start, stop - start, inputs, labels)

    def _streamed(self) -> Iterator[Batch]:
        start, data = 0, self.data
        elements = (data[i] for i in range(len(data))) if isinstance(data, import_keras().utils.PyDataset) else data
        for number, element in enumerate(elements):
            x, y = element, None
            if isinstance(element, tuple):
                x, y, _ = import_keras().utils.unpack_x_y_sample_weight(element)
            try:
                x = _arrays(x, self.expected)
                size = _count(x)
                x = self._fitted(x)
            except (TypeError, ValueError) as error:
                raise type(error)(f"Batch {number}: {error}") from error
            if size:
                yield Batch(number, start, size, import_keras().tree.map_structure(_tensor, x), y)
            start += size
        if not start:
            raise ValueError("The data hold no examples: not one batch came (has the generator been used up?).")

    def _fitted(self, arrays: object) -> object:
        """Return arrays in the structure in which the model takes them; those that cannot be its inputs are refused."""
        if self.expected is None:
            return arrays
        flat = in_order(arrays, self.expected)
        for want, x in zip(self.expected, flat, strict=True):
            require_fit(x, want, self.model.name, alone=len(self.expected) == 1, own=self.comes_in_batches)
        structure = internals.inputs_structure(internals.function_of(self.model))
        return import_keras().tree.pack_sequence_as(structure, flat)


def comes_in_batches(data: object) -> bool:
    """Return whether the data are a data set or generator rather than an array or a structure of arrays."""
    if isinstance(data, str | bytes):
        raise TypeError(f"The data are the text {data!r}; expected arrays, a dict of arrays, a tf.data.Dataset or a generator.")
    if data is None:
        raise TypeError("The data are None; expected arrays, a dict of arrays, a tf.data.Dataset or a generator.")
    if isinstance(data, dict | list | tuple) or hasattr(data, "__array__") or hasattr(data, "shape"):
        return False
    if isinstance(data, Iterable | import_keras().utils.PyDataset):
        return True
    if np.isscalar(data):
        raise ValueError(f"The data are the single number {data!r}; expected an array with the batch axis first.")
    raise TypeError(
        f"Cannot take batches from {type(data).__name__!r}; expected arrays, a dict of arrays, a tf.data.Dataset, a generator."
    )


def _arrays(data: object, expected: list[Expected] | None) -> object:
    """Return the same structure with an array at each leaf; a list of plain numbers is one array."""
    if isinstance(data, dict):
        return {key: _arrays(value, None) for key, value in data.items()}
    if isinstance(data, list | tuple):
        if data and all(hasattr(x, "shape") or isinstance(x, dict) for x in data):
            if expected is not None and len(expected) == 1 and len(data) > 1:
                raise ValueError(
                    f"The data are {len(data)} arrays in a {type(data).__name__}; the model takes one: {expected[0].name!r}. "
                    "If they are examples, stack them with np.stack(...)."
                )
            return [_arrays(x, None) for x in data]
        if expected is not None and len(expected) > 1 and len(data) == len(expected):
            return [_array(x) for x in data]
    return _array(data)


def _array(x: object) -> Array:
    """Return a NumPy array, a tensor or rows on disk unchanged, anything else as a NumPy array."""
    if isinstance(x, np.ndarray | RowsOnDisk) or (hasattr(x, "shape") and type(x).__module__.startswith("tensorflow")):
        found: Any = x
    else:
        try:
            found = np.asarray(x)
        except ValueError as error:
            raise ValueError(
                f"The data cannot be made one array ({error}). Are the rows of different lengths? Pad them first."
            ) from None
    if getattr(found.dtype, "kind", "") == "O" and not all(isinstance(v, str | bytes) for v in np.ravel(found)[:1000]):
        raise TypeError(
            "The data hold Python objects (dtype object); expected numbers or text. Are the rows of different lengths?"
        )
    return found


def _tensor(x: object) -> object:
    """Return a tensor as Keras's own data adapters make it: floating-point arrays get Keras's float type."""
    keras = import_keras()
    if isinstance(x, np.ndarray):
        x = np.ascontiguousarray(x)
        floating = np.issubdtype(x.dtype, np.floating)
        return keras.ops.convert_to_tensor(x, dtype=keras.config.floatx() if floating else None)
    return x


def _count(arrays: object) -> int:
    """Return the number of examples, the same in all arrays."""
    sizes = []
    for x in import_keras().tree.flatten(arrays):
        if len(x.shape) == 0:
            raise ValueError(
                f"The data hold the single number {np.asarray(x).item()!r}; expected arrays with the batch axis first."
            )
        sizes.append(int(x.shape[0]) if x.shape[0] is not None else int(x.nrows()) if hasattr(x, "nrows") else 0)
    if len(set(sizes)) > 1:
        raise ValueError(f"The arrays have {', '.join(map(str, sizes))} examples; expected the same number in each.")
    return sizes[0] if sizes else 0
