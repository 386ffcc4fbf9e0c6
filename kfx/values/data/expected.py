"""The check that arrays fit the inputs of a model."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from kfx.model.read.sizes.graph_inputs import Expected, shapes_agree, text_of_shape


class Array(Protocol):
    """A NumPy array, a tensor, or rows on disk."""

    @property
    def shape(self) -> tuple[int | None, ...]: ...

    @property
    def dtype(self) -> Any: ...


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
        problem = f"{what} shape {text_of_shape(shape)}; the model {model!r} expects {text_of_shape(wanted)}."
        if shapes_agree(shape, wanted[1:]):
            advice = "Batch the data set: dataset.batch(32)." if own else "Add the batch axis: inputs[None, ...]."
            raise ValueError(f"{problem} One example? {advice}")
        if wanted[-1:] == (1,) and shapes_agree(shape, wanted[1:-1]):
            raise ValueError(f"{problem} One example? Add the axes with inputs[None, ..., None].")
        raise ValueError(problem)
    dtype = np.dtype(x.dtype.as_numpy_dtype) if hasattr(x.dtype, "as_numpy_dtype") else np.dtype(x.dtype)
    if (dtype.kind in "OSU") != (want.dtype == "string"):
        raise TypeError(f"Input {want.name!r} has dtype {dtype.name}; the model {model!r} expects {want.dtype}.")
