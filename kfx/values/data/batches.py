"""Turn data of any kind (arrays, dicts, lists, datasets, generators) into batches that fit a model, or refuse them clearly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from kfx.keras_access import internals
from kfx.keras_access.arguments import taken_by
from kfx.keras_access.importing import import_keras
from kfx.keras_access.no_call import only_part
from kfx.keras_access.states import states_of
from kfx.model.read.sizes.graph_inputs import expected_inputs, fixed_batch, in_order
from kfx.values.data.expected import Array, require_fit
from kfx.values.data.rows_on_disk import RowsOnDisk

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
    """

    number: int
    start: int
    size: int
    inputs: object
    labels: object = None
    lengths: tuple[int, ...] = ()

    def __str__(self) -> str:
        if self.lengths:
            return f"batch {self.number} (arrays of {', '.join(map(str, self.lengths))} rows)"
        return f"batch {self.number} (examples {self.start} to {self.start + self.size - 1})"


class Batches:
    """The batches of some data, in order.

    Arrays are cut into batches along their first axis. Single numbers go with every batch, and arrays of different lengths (the
    nodes and edges of a graph) are one batch, as they are.

    Args:
        model: The model they must fit.
        data: An array, `RowsOnDisk`, a list or dict of these, a `tf.data.Dataset`, a `keras.utils.PyDataset`, a generator.
        batch_size: Examples in a batch, for arrays. A data set keeps its own batches.
        labels: Labels for arrays.
        usual: Examples in a batch of arrays where neither ``batch_size`` nor the model says; None takes them all at once.

    Attributes:
        data: The data; arrays are in the structure of the model's inputs.
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
        self.batch_size = batch_size or fixed_batch(self.expected) or usual
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
            self.data = self._fitted(_arrays(data, self._count_of_inputs()))
            self._lengths = _lengths(self.data)
            self._count = max(self._lengths, default=1)
            self.total = self._count if len(self._lengths) < 2 else None
            if self._lengths == (0,):
                raise ValueError("The data hold no examples: the first axis has length 0.")
            if self.total is None and batch_size is not None:
                raise ValueError(
                    f"The arrays have {_listed(self._lengths)} examples; expected the same number in each, to cut them into "
                    "batches. Without `batch_size` they are one batch."
                )
            if labels is not None:
                self._labels = {k: _array(v) for k, v in labels.items()} if isinstance(labels, dict) else _array(labels)
                count = max(_lengths(self._labels), default=0)
                if self.total is not None and count != self.total:
                    raise ValueError(f"{self.total} examples came with {count} labels; expected one for each.")

    def _count_of_inputs(self) -> int | None:
        """Return how many inputs the model takes; None where it is not known."""
        if self.expected is not None:
            return len(self.expected)
        needed = len(taken_by(self.model).required)
        return needed if needed > 1 else None

    def __iter__(self) -> Iterator[Batch]:
        return self.cut_at(())

    def cut_at(self, examples: Iterable[int]) -> Iterator[Batch]:
        """Yield all batches; arrays are cut so that a batch begins at each of these examples, streams keep their batches."""
        if self.comes_in_batches:
            yield from self._streamed()
            return
        if self.total is None:
            tensors = import_keras().tree.map_structure(_tensor, self.data)
            yield Batch(0, 0, self._count, tensors, self._labels, self._lengths)
            return
        edges = sorted({0, self._count, *(n for n in examples if 0 < n < self._count)})
        for start, stop in pairwise(edges):
            yield from self.between(start, stop)

    def between(self, start: int, stop: int) -> Iterator[Batch]:
        """Yield the batches of examples ``start`` to ``stop`` (not included); only where the data do not come in batches."""
        step = self.batch_size or self._count
        for size in {min(step, stop - start), (stop - start) % step} - {0}:
            self._require_size(size)
        for at in range(start, stop, step):
            yield self._cut(at // step, at, min(at + step, stop))

    def one(self, number: int) -> Batch:
        """Return a batch of one example; only where the data do not come in batches."""
        return self._cut(number, number, number + 1)

    def _require_size(self, size: int) -> None:
        """Refuse a batch that does not fit the states of stateful layers, which are kept for a fixed number of examples."""
        fixed = fixed_batch(self.expected)
        if fixed is not None and size != fixed and states_of(self.model):
            raise ValueError(
                f"A batch has {size} examples, and {str(self.model.name)!r} is made for {fixed}: if an RNN is stateful, the "
                "batch size of the input sequences must be the same as the batch size of the initial state."
            )

    def _cut(self, number: int, start: int, stop: int) -> Batch:
        tree = import_keras().tree
        inputs = tree.map_structure(lambda x: _tensor(x[start:stop] if _is_long(x) else x), self.data)
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
                x = self._fitted(_arrays(x, self._count_of_inputs()))
            except (TypeError, ValueError) as error:
                raise type(error)(f"Batch {number}: {error}") from error
            lengths = _lengths(x)
            size = max(lengths, default=1)
            if size:
                self._require_size(size)
                tensors = import_keras().tree.map_structure(_tensor, x)
                yield Batch(number, start, size, tensors, y, lengths if len(lengths) > 1 else ())
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


def _arrays(data: object, count: int | None) -> object:
    """Return the same structure with an array at each leaf; a list of plain numbers is one array.

    Args:
        count: The number of inputs that the model takes, where it is known.
    """
    if data is None:
        return None
    if isinstance(data, dict):
        return {key: _arrays(value, None) for key, value in data.items()}
    if isinstance(data, list | tuple):
        inner: list[object] | None = None
        if _is_structure(data):
            if count == 1 and len(data) > 1:
                raise ValueError(
                    f"The data are {len(data)} arrays in a {type(data).__name__}; the model takes one. "
                    "If they are examples, stack them with np.stack(...)."
                )
            inner = [_arrays(x, None) for x in data]
        elif count is not None and count > 1 and len(data) == count:
            inner = [_array(x) for x in data]
        if inner is not None:
            named = isinstance(data, tuple) and hasattr(data, "_fields")
            return inner if isinstance(data, list) else cast(Any, type(data))(*inner) if named else tuple(inner)
    return _array(data)


def _is_structure(data: list | tuple) -> bool:
    """Return whether a list or tuple holds several inputs rather than numbers."""
    if any(isinstance(x, dict) or (hasattr(x, "shape") and not isinstance(x, np.generic)) for x in data):
        return True
    return any(isinstance(x, list | tuple) and _is_structure(x) for x in data)


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
        x = np.ascontiguousarray(x) if x.ndim else x
        floating = np.issubdtype(x.dtype, np.floating)
        return keras.ops.convert_to_tensor(x, dtype=keras.config.floatx() if floating else None)
    return x


def _is_long(x: object) -> bool:
    """Return whether a leaf has a first axis, along which it is cut."""
    return x is not None and len(x.shape) > 0  # type: ignore[attr-defined]


def _lengths(arrays: object) -> tuple[int, ...]:
    """Return the different numbers of examples in some arrays; single numbers have none."""
    found = [x for x in import_keras().tree.flatten(arrays) if _is_long(x)]
    sizes = [int(x.shape[0]) if x.shape[0] is not None else int(x.nrows()) if hasattr(x, "nrows") else 0 for x in found]
    return tuple(dict.fromkeys(sizes))


def _listed(lengths: tuple[int, ...]) -> str:
    return ", ".join(map(str, lengths))
