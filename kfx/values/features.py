"""Hold extracted values: a read-only mapping from addresses to arrays that shows their shapes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from kfx.text.csv_markdown import data_frame, dataset, value_table
from kfx.text.table import aligned
from kfx.text.untrusted import cut, visible
from kfx.values.axes import AxisNames

if TYPE_CHECKING:
    import pandas
    import tensorflow as tf
    import xarray

SHOWN = 40  # rows of a repr
CUT = 60  # characters of an address in a repr


class Features(Mapping[str, np.ndarray]):
    """Values by address, in the order in which the model computes them; cannot be changed.

    A call that returns several tensors has them in the structure in which it returned them, e.g. ``(sequence, state)``.
    Arrays may be read-only views of the model's own memory; ``array.copy()`` gives one to write in.

    Attributes:
        output: The model's own output, where it was requested, else None.
        proof: The result of `check=True`, in one sentence, else ``""``.

    Example:
        >>> import keras, kfx, numpy as np
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="hidden"), keras.layers.Dense(2)])
        >>> kfx.extract(model, np.ones((8, 4)), "hidden")
        <Features: 1 address, 96 bytes>
          hidden  (8, 3)  float32
    """

    __slots__ = ("_axes", "_values", "output", "proof")
    _axes: Mapping[str, AxisNames]
    _values: dict[str, Any]
    output: Any
    proof: str

    def __init__(
        self,
        values: Mapping[str, object],
        *,
        output: object = None,
        proof: str = "",
        axes: Mapping[str, AxisNames] = MappingProxyType({}),
    ) -> None:
        object.__setattr__(self, "_axes", dict(axes))
        object.__setattr__(self, "_values", dict(values))
        object.__setattr__(self, "output", output)
        object.__setattr__(self, "proof", proof)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(
            f"Extracted values cannot be changed (tried to set {name!r}); make a dict of them with dict(values)."
        )

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"Extracted values cannot be changed (tried to delete {name!r}).")

    def __reduce__(self) -> tuple[Callable[..., Features], tuple[dict[str, object]]]:
        return partial(Features, output=self.output, proof=self.proof, axes=self._axes), (dict(self._values),)

    def __getitem__(self, address: str) -> np.ndarray:
        try:
            return self._values[address]
        except (KeyError, TypeError):
            raise KeyError(f"No values for {address!r}; there are values for {_listed(self._values)}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays."""
        return sum(array.nbytes for _, array in self.arrays())

    def arrays(self) -> Iterator[tuple[str, np.ndarray]]:
        """Yield every array with a label: its address, and its place where a call returned several (``lstm[1]``).

        Example:
            >>> values = Features({"lstm": (np.zeros((8, 5)), np.zeros((8, 3)))})
            >>> [(label, array.shape) for label, array in values.arrays()]
            [('lstm[0]', (8, 5)), ('lstm[1]', (8, 3))]
        """
        for address, value in self._values.items():
            yield from labelled(address, value)

    def axes(self, label: str) -> tuple[str, ...]:
        """Return a name for each axis of an array, e.g. ``("batch", "height", "width", "channel")``.

        An axis that the layer does not tell is ``axis_1``, ``axis_2`` and so on.

        Args:
            label: As `arrays` gives it: an address, or an address and a place (``lstm[1]``).
        """
        return self._axes_of(label, self._labelled(label))

    def _labelled(self, label: str) -> Any:
        found = dict(self.arrays())
        if label not in found:
            raise KeyError(f"No values for {label!r}; there are values for {_listed(found)}")
        return found[label]

    def _axes_of(self, label: str, array: Any) -> tuple[str, ...]:
        address = next((key for key in self._values if label == key or label.startswith(f"{key}[")), label)
        place = label[len(address) :].strip("[]").partition("]")[0]
        known = self._axes.get(address, AxisNames("", "custom", 0, False))
        return known.of(len(array.shape), int(place) if place.isdigit() else 0)

    def to_pandas(self, label: str | None = None) -> pandas.DataFrame:
        """Return the values at one address as a table; without one, a list of the arrays.

        Args:
            label: As `arrays` gives it. The last axis becomes the columns, the axes before it the index, by their names.
                None: one row for each array, with the columns ``address``, ``shape``, ``dtype`` and ``nbytes``.

        Raises:
            ImportError: pandas is not installed.
            KeyError: There are no values for ``label``.

        Example:
            >>> values = Features({"hidden": np.zeros((8, 3))})
            >>> list(values.to_pandas().nbytes), values.to_pandas("hidden").shape
            ([192], (8, 3))
        """
        if label is not None:
            array = np.asarray(self._labelled(label))
            return value_table(array, self._axes_of(label, array), label)
        columns = ("address", "shape", "dtype", "nbytes")
        records = [
            dict(zip(columns, (label, tuple(array.shape), str(array.dtype), array.nbytes), strict=True))
            for label, array in self.arrays()
        ]
        return data_frame(records, columns, instead="print(values)")

    def to_xarray(self) -> xarray.Dataset:
        """Return the values as an xarray Dataset: a variable for each array, by its label, its axes named as by `axes`.

        Of several arrays, only the batch axis has the same name in all; the others are named after their array, e.g.
        ``conv.height``, because they have other lengths.

        Raises:
            ImportError: xarray is not installed.
        """
        return dataset({label: (self._axes_of(label, array), np.asarray(array)) for label, array in self.arrays()})

    def __repr__(self) -> str:
        rows = [(address_text(label), str(tuple(array.shape)), str(array.dtype)) for label, array in self.arrays()]
        head = f"<Features: {len(self)} address{'es' * (len(self) != 1)}, {self.nbytes:,} bytes>"
        lines = [f"  {line}".rstrip() for line in aligned(rows[:SHOWN])]
        if len(rows) > SHOWN:
            lines.append(f"  and {len(rows) - SHOWN} more")
        if self.proof:
            lines.append(f"  {self.proof}")
        return "\n".join([head, *lines])


def labelled(label: str, value: object) -> Iterator[tuple[str, Any]]:
    """Yield the arrays of a structure, each with its place: ``lstm[1]``, ``heads[scores]``."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from labelled(f"{label}[{key}]", inner)
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield from labelled(f"{label}[{number}]", inner)
    elif value is not None:
        yield label, value


def map_arrays(function: Callable[[Any], object], value: object) -> Any:
    """Return the same structure with ``function(array)`` for each array, called in the order of `labelled`."""
    if isinstance(value, Mapping):
        return {key: map_arrays(function, inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        inner = [map_arrays(function, one) for one in value]
        return type(value)(*inner) if hasattr(value, "_fields") else type(value)(inner)
    return None if value is None else function(value)


def address_text(address: str) -> str:
    """Return an address as one printable line: hidden characters escaped, the middle of a long one left out."""
    return cut(visible(address), CUT, middle=True)


def _listed(values: Mapping[str, object]) -> str:
    first = [address_text(address) for address in list(values)[:SHOWN]]
    return ", ".join(first) + (f" and {len(values) - SHOWN} more" if len(values) > SHOWN else "") if first else "nothing"


def to_numpy(value: object) -> Any:
    """Return the same structure with arrays for tensors; dense tensors become read-only views of their own memory.

    A sparse tensor becomes dense; a ragged one an array ``(batch,)`` of arrays, one for each example.
    """
    import tensorflow as tf

    def array(x: object) -> np.ndarray:
        if isinstance(x, tf.RaggedTensor):
            return _array_of_arrays(x)
        return np.asarray(tf.sparse.to_dense(x) if isinstance(x, tf.SparseTensor) else x)

    return map_arrays(array, value)


def _array_of_arrays(x: tf.RaggedTensor) -> np.ndarray:
    rows = [row.numpy() for row in x]
    found = np.empty(len(rows), dtype=object)
    for number, row in enumerate(rows):  # one by one: NumPy would make a table of rows of one length
        found[number] = row
    return found
