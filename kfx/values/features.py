"""Hold extracted values: a read-only mapping from addresses to arrays that shows their shapes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from kfx.text.csv_markdown import data_frame
from kfx.text.table import aligned
from kfx.text.untrusted import cut, visible

if TYPE_CHECKING:
    import pandas

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

    __slots__ = ("_values", "output", "proof")
    _values: dict[str, Any]
    output: Any
    proof: str

    def __init__(self, values: Mapping[str, object], *, output: object = None, proof: str = "") -> None:
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
        return partial(Features, output=self.output, proof=self.proof), (dict(self._values),)

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

    def to_pandas(self) -> pandas.DataFrame:
        """Return one row for each array, with the columns ``address``, ``shape``, ``dtype`` and ``nbytes``.

        Raises:
            ImportError: pandas is not installed.

        Example:
            >>> list(Features({"hidden": np.zeros((8, 3))}).to_pandas().nbytes)
            [192]
        """
        columns = ("address", "shape", "dtype", "nbytes")
        records = [
            dict(zip(columns, (label, tuple(array.shape), str(array.dtype), array.nbytes), strict=True))
            for label, array in self.arrays()
        ]
        return data_frame(records, columns, instead="print(values)")

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
    """Return the same structure with arrays for tensors; dense tensors become read-only views of their own memory."""
    import tensorflow as tf

    def array(x: object) -> np.ndarray:
        if isinstance(x, tf.RaggedTensor):
            return x.numpy()
        return np.asarray(tf.sparse.to_dense(x) if isinstance(x, tf.SparseTensor) else x)

    return map_arrays(array, value)
