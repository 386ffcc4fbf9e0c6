"""The inputs that a model expects, and the check that arrays fit them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from kfx.keras_access import internals
from kfx.keras_access.importing import import_keras

if TYPE_CHECKING:
    import keras


class Array(Protocol):
    """A NumPy array, a tensor, or rows on disk."""

    @property
    def shape(self) -> tuple[int | None, ...]: ...

    @property
    def dtype(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class Expected:
    """One input of a model that has a graph of its own.

    Attributes:
        name: Its key in a dict of inputs, e.g. ``"title"``, ``"pages.0"``; elsewhere the name of its Input layer.
        shape: Batch axis first.
        dtype: E.g. ``"float32"``.
        layer: The name of its Input layer.
        optional: Whether None may come in its place.
    """

    name: str
    shape: tuple[int | None, ...]
    dtype: str
    layer: str = ""
    optional: bool = False


def expected_inputs(model: keras.Model) -> list[Expected] | None:
    """Return the expected inputs of a model with a graph of its own; None for one whose ``call`` decides."""
    function = internals.function_of(model)
    if function is None:
        return None
    names = internals.structure_names(function, "inputs")
    found = []
    for name, x in zip(names, function.inputs, strict=True):
        node = internals.node_of(x)
        op = node[0].operation if node else x
        found.append(
            Expected(name or str(op.name), tuple(x.shape), str(x.dtype), str(op.name), bool(getattr(op, "optional", False)))
        )
    return found


def fixed_batch(expected: list[Expected] | None) -> int | None:
    """Return the number of examples in every batch of a model made with ``batch_shape`` or ``batch_size``, else None."""
    sizes = {want.shape[0] for want in expected or () if want.shape}
    return sizes.pop() if len(sizes) == 1 else None


def in_order(arrays: object, expected: list[Expected]) -> list[Array | None]:
    """Return the arrays in the order of the model's inputs, None for those left out."""
    names = ", ".join(repr(want.name) for want in expected)
    if isinstance(arrays, dict):
        held = {**arrays, **dict(internals.leaves(arrays))}
        by = [next((key for key in (want.name, want.layer) if key in held), None) for want in expected]
        missing = next((want for want, key in zip(expected, by, strict=True) if key is None and not want.optional), None)
        if missing is not None:
            have = ", ".join(map(repr, arrays))
            raise ValueError(f"The data have no {missing.name!r}; the model takes {names}, the data hold {have}.")
        return [None if key is None else held[key] for key in by]
    flat = import_keras().tree.flatten(arrays)
    if len(flat) != len(expected):
        raise ValueError(f"The data are {len(flat)} array{'s' * (len(flat) != 1)}; the model takes {len(expected)}: {names}.")
    return flat


def require_fit(x: Array | None, want: Expected, model: str, *, alone: bool, own: bool) -> None:
    """Refuse an array that cannot be this input of the model named ``model``; how many examples it has is Keras's to judge.

    Args:
        alone: Whether it is the model's only input.
        own: Whether the data come in batches of their own.
    """
    if x is None:
        if not want.optional:
            raise ValueError(f"Input {want.name!r} is None; the model {model!r} needs it.")
        return
    shape, wanted = tuple(x.shape), (None, *want.shape[1:]) if want.shape else ()
    if not shape and wanted:
        raise ValueError(
            f"The data hold the single number {np.asarray(x).item()!r}; expected arrays with the batch axis first."
        )
    ranks = [wanted, (*wanted, 1), *([wanted[:-1]] if wanted[-1:] == (1,) else [])]
    if not any(shapes_agree(shape, rank) for rank in ranks):  # Keras itself adds or drops a last axis of length 1
        what = "`inputs` has" if alone else f"Input {want.name!r} has"
        problem = f"{what} shape {_shape(shape)}; the model {model!r} expects {_shape(wanted)}."
        if shapes_agree(shape, wanted[1:]):
            advice = "Batch the data set: dataset.batch(32)." if own else "Add the batch axis: inputs[None, ...]."
            raise ValueError(f"{problem} One example? {advice}")
        if wanted[-1:] == (1,) and shapes_agree(shape, wanted[1:-1]):
            raise ValueError(f"{problem} One example? Add the axes with inputs[None, ..., None].")
        raise ValueError(problem)
    dtype = np.dtype(x.dtype.as_numpy_dtype) if hasattr(x.dtype, "as_numpy_dtype") else np.dtype(x.dtype)
    if (dtype.kind in "OSU") != (want.dtype == "string"):
        raise TypeError(f"Input {want.name!r} has dtype {dtype.name}; the model {model!r} expects {want.dtype}.")


def shapes_agree(shape: tuple[int | None, ...], want: tuple[int | None, ...]) -> bool:
    """Return whether two shapes are the same, except where either is None."""
    return len(shape) == len(want) and all(n is None or m is None or m == n for m, n in zip(shape, want, strict=True))


def _shape(shape: tuple[int | None, ...]) -> str:
    axes = ["batch" if i == 0 and n is None else "any" if n is None else str(n) for i, n in enumerate(shape)]
    return f"({', '.join(axes)}{',' * (len(shape) == 1)})"
