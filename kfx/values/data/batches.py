"""Data as users have it (arrays, dicts, lists, datasets, generators) as batches that fit the model, or a clear refusal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from kfx.keras_access import internals
from kfx.keras_access.importing import import_keras
from kfx.values.data.rows_on_disk import RowsOnDisk


@dataclass(frozen=True, slots=True)
class Batch:
    """Some examples on their way into the model.

    Attributes:
        number: 0 for the first batch.
        start: The number of the first example in it, from 0.
        size: How many examples it holds.
        inputs: Tensors in the structure in which the model takes them.
        labels: What came with them in a data set as ``(inputs, labels)``, else None.
    """

    number: int
    start: int
    size: int
    inputs: object
    labels: Any = None

    def __str__(self) -> str:
        return f"batch {self.number} (examples {self.start} to {self.start + self.size - 1})"


@dataclass(frozen=True, slots=True)
class Expected:
    """One input of a model that has a graph of its own."""

    name: str
    shape: tuple[int | None, ...]
    dtype: str


class Batches:
    """The batches of some data, in order.

    Args:
        model: The model they must fit.
        data: An array, `RowsOnDisk`, a list or dict of these, a `tf.data.Dataset`, a `keras.utils.PyDataset`, a generator.
        batch_size: Examples in a batch, for arrays. A data set keeps its own batches and takes no other.
        labels: Labels for arrays.
        usual: Examples in a batch of arrays where ``batch_size`` is None; None takes them all at once.

    Attributes:
        total: How many examples there are, or None when only the end will tell.
    """

    def __init__(
        self, model: keras.Model, data: object, *, batch_size: int | None = None, labels: Any = None, usual: int | None = None
    ) -> None:
        if batch_size is not None and (not isinstance(batch_size, int | np.integer) or batch_size < 1):
            raise ValueError(f"batch_size is {batch_size!r}; expected a whole number of at least 1, or None.")
        self.model, self.batch_size = model, batch_size or usual
        self.expected = expected_inputs(model)
        self.comes_in_batches = comes_in_batches(data)
        self.total: int | None = None
        self._data = data
        self._labels = labels
        if self.comes_in_batches:
            if labels is not None:
                raise ValueError("`labels` go with arrays; a data set carries its own as (inputs, labels).")
            if isinstance(batch_size, int | np.integer):
                raise ValueError("batch_size is for arrays; these data come in batches of their own. Use dataset.batch(...).")
        else:
            self._data = _arrays(data, self.expected)
            self.total = _count(self._data)
            if self.total == 0:
                raise ValueError("the data hold no examples: the first axis has length 0.")
            self._data = self._fitted(self._data)
            if labels is not None:
                self._labels = {k: _array(v) for k, v in labels.items()} if isinstance(labels, dict) else _array(labels)
                if _count(self._labels) != self.total:
                    raise ValueError(f"{self.total} examples came with {_count(self._labels)} labels; expected one for each.")

    def __iter__(self) -> Iterator[Batch]:
        return self.cut_at(())

    def cut_at(self, examples: Iterable[int]) -> Iterator[Batch]:
        """All batches, arrays cut so that a batch begins at each of these examples; batches of a stream are as they come."""
        if self.comes_in_batches:
            yield from self._streamed()
            return
        edges = sorted({0, self.total, *(n for n in examples if 0 < n < self.total)})
        for start, stop in pairwise(edges):
            yield from self.between(start, stop)

    def between(self, start: int, stop: int) -> Iterator[Batch]:
        """The batches of examples ``start`` to ``stop`` (not included); only where the data do not come in batches."""
        step = self.batch_size or self.total
        for at in range(start, stop, step):
            yield self._cut(at // step, at, min(at + step, stop))

    @property
    def arrays(self) -> Any:
        """The arrays themselves, in the structure in which they came; only where the data do not come in batches."""
        return self._data

    def one(self, number: int) -> Batch:
        """A batch of one example; only where the data do not come in batches."""
        return self._cut(number, number, number + 1)

    def _cut(self, number: int, start: int, stop: int) -> Batch:
        tree = import_keras().tree
        inputs = tree.map_structure(lambda x: _tensor(x[start:stop]), self._data)
        labels = None if self._labels is None else tree.map_structure(lambda x: x[start:stop], self._labels)
        return Batch(number, start, stop - start, inputs, labels)

    def _streamed(self) -> Iterator[Batch]:
        start = 0
        for number, element in enumerate(_elements(self._data)):
            x, y, _ = (
                import_keras().utils.unpack_x_y_sample_weight(element) if isinstance(element, tuple) else (element, None, None)
            )
            try:
                x = _arrays(x, self.expected)
                size = _count(x)
                x = self._fitted(x)
            except (TypeError, ValueError) as error:
                raise type(error)(f"batch {number}: {error}") from error
            if size:
                yield Batch(number, start, size, import_keras().tree.map_structure(_tensor, x), y)
            start += size
        if not start:
            raise ValueError("the data hold no examples: not one batch came (has the generator been used up?).")

    def _fitted(self, arrays: Any) -> Any:
        """Arrays in the structure in which the model takes them; those that cannot be its inputs are refused, with advice."""
        if self.expected is None:
            return arrays
        flat = _in_order(arrays, self.expected)
        for want, x in zip(self.expected, flat, strict=True):
            _fits(x, want, self.model.name, alone=len(self.expected) == 1, own=self.comes_in_batches)
        structure = internals.inputs_structure(internals.function_of(self.model))
        return import_keras().tree.pack_sequence_as(structure, flat)


def expected_inputs(model: keras.Model) -> list[Expected] | None:
    """What a model with a graph of its own takes; None for one whose ``call`` decides."""
    function = internals.function_of(model)
    if function is None:
        return None
    names = internals.structure_names(function, "inputs")
    found = []
    for name, x in zip(names, function.inputs, strict=True):
        node = internals.node_of(x)
        found.append(Expected(name or (node[0].operation.name if node else x.name), tuple(x.shape), str(x.dtype)))
    return found


def comes_in_batches(data: object) -> bool:
    """A data set or generator rather than an array or a structure of arrays."""
    if isinstance(data, str | bytes):
        raise TypeError(f"the data are the text {data!r}; expected arrays, a dict of arrays, a tf.data.Dataset or a generator.")
    if data is None:
        raise TypeError("the data are None; expected arrays, a dict of arrays, a tf.data.Dataset or a generator.")
    if isinstance(data, dict | list | tuple) or hasattr(data, "__array__") or hasattr(data, "shape"):
        return False
    if isinstance(data, Iterable | import_keras().utils.PyDataset):
        return True
    if np.isscalar(data):
        raise ValueError(f"the data are the single number {data!r}; expected an array with the batch axis first.")
    raise TypeError(
        f"cannot take batches from {type(data).__name__!r}; expected arrays, a dict of arrays, a tf.data.Dataset, a generator."
    )


def _elements(data: object) -> Iterator[Any]:
    if isinstance(data, import_keras().utils.PyDataset):
        return (data[i] for i in range(len(data)))
    return iter(data)


def _arrays(data: object, expected: list[Expected] | None) -> Any:
    """The same structure with an array at each leaf; a list of plain numbers is one array."""
    if isinstance(data, dict):
        return {key: _arrays(value, None) for key, value in data.items()}
    if isinstance(data, list | tuple):
        if data and all(hasattr(x, "shape") or isinstance(x, dict) for x in data):
            if expected is not None and len(expected) == 1 and len(data) > 1:
                raise ValueError(
                    f"the data are {len(data)} arrays in a {type(data).__name__}; the model takes one: {expected[0].name!r}. "
                    "If they are examples, stack them with np.stack(...)."
                )
            return [_arrays(x, None) for x in data]
        if expected is not None and len(expected) > 1 and len(data) == len(expected):
            return [_array(x) for x in data]
        return _array(data)
    return _array(data)


def _array(x: Any) -> Any:
    """A NumPy array, a tensor or rows on disk, as they came; anything else through NumPy."""
    if isinstance(x, np.ndarray | RowsOnDisk) or (hasattr(x, "shape") and type(x).__module__.startswith("tensorflow")):
        found = x
    else:
        try:
            found = np.asarray(x)
        except ValueError as error:
            raise ValueError(
                f"the data cannot be made one array ({error}). Are the rows of different lengths? Pad them first."
            ) from None
    if getattr(found.dtype, "kind", "") == "O" and not all(isinstance(v, str | bytes) for v in np.ravel(found)[:1000]):
        raise TypeError(
            "the data hold Python objects (dtype object); expected numbers or text. Are the rows of different lengths?"
        )
    return found


def _tensor(x: Any) -> Any:
    """As Keras's own data adapters do it: floating-point arrays in Keras's float type, all else as it is."""
    keras = import_keras()
    if isinstance(x, np.ndarray):
        x = np.ascontiguousarray(x)
        floating = np.issubdtype(x.dtype, np.floating)
        return keras.ops.convert_to_tensor(x, dtype=keras.config.floatx() if floating else None)
    return x


def _count(arrays: Any) -> int:
    sizes = []
    for x in import_keras().tree.flatten(arrays):
        if len(x.shape) == 0:
            raise ValueError(
                f"the data hold the single number {np.asarray(x).item()!r}; expected arrays with the batch axis first."
            )
        sizes.append(int(x.shape[0]) if x.shape[0] is not None else int(x.nrows()) if hasattr(x, "nrows") else 0)
    if len(set(sizes)) > 1:
        raise ValueError(f"the arrays have {', '.join(map(str, sizes))} examples; expected the same number in each.")
    return sizes[0] if sizes else 0


def _in_order(arrays: Any, expected: list[Expected]) -> list[Any]:
    """The arrays as the model's inputs stand."""
    if isinstance(arrays, dict):
        missing = [want.name for want in expected if want.name not in arrays]
        if missing:
            raise ValueError(
                f"the data have no {missing[0]!r}; the model takes {', '.join(repr(e.name) for e in expected)}, "
                f"the data hold {', '.join(map(repr, arrays))}."
            )
        return [arrays[want.name] for want in expected]
    flat = import_keras().tree.flatten(arrays)
    if len(flat) != len(expected):
        names = ", ".join(repr(want.name) for want in expected)
        raise ValueError(f"the data are {len(flat)} array{'s' * (len(flat) != 1)}; the model takes {len(expected)}: {names}.")
    return flat


def _fits(x: Any, want: Expected, model: str, *, alone: bool, own: bool) -> None:
    shape = tuple(x.shape)
    ranks = [want.shape]  # Keras itself adds or drops a last axis of length 1
    if want.shape[-1:] == (1,):
        ranks.append(want.shape[:-1])
    ranks.append((*want.shape, 1))
    if not any(_agree(shape, rank) for rank in ranks):
        what = "`inputs` has" if alone else f"input {want.name!r} has"
        said = f"{what} shape {_shape(shape)}; the model {model!r} expects {_shape(want.shape)}."
        if _agree(shape, want.shape[1:]):
            advice = "Batch the data set: dataset.batch(32)." if own else "Add the batch axis: inputs[None, ...]."
            raise ValueError(f"{said} One example? {advice}")
        if want.shape[-1:] == (1,) and _agree(shape, want.shape[1:-1]):
            raise ValueError(f"{said} One example? Add the axes with inputs[None, ..., None].")
        raise ValueError(said)
    dtype = np.dtype(x.dtype.as_numpy_dtype) if hasattr(x.dtype, "as_numpy_dtype") else np.dtype(x.dtype)
    if (dtype.kind in "OSU") != (want.dtype == "string"):
        raise TypeError(f"input {want.name!r} has dtype {dtype.name}; the model {model!r} expects {want.dtype}.")


def _agree(shape: tuple[Any, ...], want: tuple[int | None, ...]) -> bool:
    return len(shape) == len(want) and all(n is None or m is None or m == n for m, n in zip(shape, want, strict=True))


def _shape(shape: tuple[Any, ...]) -> str:
    return (
        "("
        + ", ".join("batch" if i == 0 and n is None else "any" if n is None else str(n) for i, n in enumerate(shape))
        + ("," * (len(shape) == 1))
        + ")"
    )
