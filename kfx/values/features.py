"""What extraction hands back: a read-only mapping from addresses to arrays that shows its shapes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from kfx.text.untrusted import cut, visible

SHOWN = 40  # rows of a repr
CUT = 60  # characters of an address in a repr


class Features(Mapping):
    """Values by address, in the order in which the model computes them; cannot be changed.

    A call that returns several tensors has them in the structure in which it returned them, e.g. ``(sequence, state)``.
    Arrays may be read-only views of the model's own memory; ``array.copy()`` gives one to write in.

    Attributes:
        output: What the model itself returned, where it was asked for, else None.
        proof: What `check=True` found, in one sentence, else ``""``.
    """

    __slots__ = ("_values", "output", "proof")

    def __init__(self, values: Mapping[str, Any], *, output: Any = None, proof: str = "") -> None:
        object.__setattr__(self, "_values", dict(values))
        object.__setattr__(self, "output", output)
        object.__setattr__(self, "proof", proof)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(
            f"extracted values cannot be changed (tried to set {name!r}); make a dict of them with dict(values)."
        )

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"extracted values cannot be changed (tried to delete {name!r}).")

    def __reduce__(self) -> Any:
        return _features, (dict(self._values), self.output, self.proof)

    def __getitem__(self, address: str) -> Any:
        try:
            return self._values[address]
        except (KeyError, TypeError):
            raise KeyError(f"no values for {address!r}; there are values for {_listed(self._values)}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays."""
        return sum(array.nbytes for _, array in self.arrays())

    def arrays(self) -> Iterator[tuple[str, Any]]:
        """Every single array with a label: the address, and the place in it where a call returned several (``lstm[1]``)."""
        for address, value in self._values.items():
            yield from labelled(address, value)

    def __repr__(self) -> str:
        rows = [(shown(label), _shape(array), str(array.dtype)) for label, array in self.arrays()]
        head = f"<Features: {len(self)} address{'es' * (len(self) != 1)}, {self.nbytes:,} bytes>"
        wide = [max((len(row[i]) for row in rows[:SHOWN]), default=0) for i in range(2)]
        lines = [f"  {name.ljust(wide[0])}  {shape.ljust(wide[1])}  {dtype}" for name, shape, dtype in rows[:SHOWN]]
        if len(rows) > SHOWN:
            lines.append(f"  and {len(rows) - SHOWN} more")
        if self.proof:
            lines.append(f"  {self.proof}")
        return "\n".join([head, *lines])


def _features(values: dict[str, Any], output: Any, proof: str) -> Features:
    return Features(values, output=output, proof=proof)


def labelled(label: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The arrays in a value with where each stands: ``lstm[1]``, ``heads[scores]``."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from labelled(f"{label}[{key}]", inner)
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield from labelled(f"{label}[{number}]", inner)
    elif value is not None:
        yield label, value


def refilled(value: Any, arrays: Iterator[Any]) -> Any:
    """The same structure with other arrays, given in the order of `labelled`."""
    if isinstance(value, Mapping):
        return {key: refilled(inner, arrays) for key, inner in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(refilled(inner, arrays) for inner in value))
    if isinstance(value, list | tuple):
        return type(value)(refilled(inner, arrays) for inner in value)
    return None if value is None else next(arrays)


def shown(address: str) -> str:
    """An address as one printable line: control characters and lone surrogates escaped, the middle of a long one left out."""
    return cut(visible(address), CUT, middle=True)


def _shape(array: Any) -> str:
    return str(tuple(array.shape))


def _listed(values: Mapping[str, Any]) -> str:
    first = [shown(address) for address in list(values)[:SHOWN]]
    return ", ".join(first) + (f" and {len(values) - SHOWN} more" if len(values) > SHOWN else "") if first else "nothing"


def to_numpy(value: Any) -> Any:
    """The same structure with arrays for tensors; dense tensors as read-only views of their own memory."""
    import tensorflow as tf

    if isinstance(value, Mapping):
        return {key: to_numpy(inner) for key, inner in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*map(to_numpy, value))
    if isinstance(value, list | tuple):
        return type(value)(map(to_numpy, value))
    if isinstance(value, tf.SparseTensor):
        return np.asarray(tf.sparse.to_dense(value))
    if isinstance(value, tf.RaggedTensor):
        return value.numpy()
    return None if value is None else np.asarray(value)
