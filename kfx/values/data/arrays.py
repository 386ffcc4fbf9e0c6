"""Turn what a user gives as data into a structure of arrays, and fit it to the inputs of a model or refuse it clearly."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from kfx.keras_access import internals
from kfx.keras_access.arguments import taken_by
from kfx.keras_access.importing import import_keras
from kfx.model.read.inputs import Spec, remembered_specs
from kfx.model.read.sizes.graph_inputs import Expected, in_order, text_of_shape
from kfx.values.data.expected import Array, require_fit
from kfx.values.data.pictures import are_pictures, as_pictures, may_be_paths
from kfx.values.data.rows import is_sparse_matrix
from kfx.values.data.rows_on_disk import RowsOnDisk
from kfx.values.data.tables import by_input, column_array, is_column, is_table

if TYPE_CHECKING:
    import keras

_FORMS = "expected arrays, a dict of arrays, a tf.data.Dataset or a generator"


def comes_in_batches(data: object) -> bool:
    """Return whether the data are a data set or generator rather than an array, a table, pictures or a structure of these."""
    if data is None:
        raise TypeError(f"The data are None; {_FORMS}.")
    if (
        isinstance(data, dict | list | tuple | str | bytes | os.PathLike)
        or hasattr(data, "__array__")
        or hasattr(data, "shape")
    ):
        return False
    if is_table(data) or is_column(data) or are_pictures(data):
        return False
    if isinstance(data, Iterable | import_keras().utils.PyDataset):
        return True
    if np.isscalar(data):
        raise ValueError(f"The data are the single number {data!r}; expected an array with the batch axis first.")
    raise TypeError(
        f"Cannot take batches from {type(data).__name__!r}; expected arrays, a dict of arrays, a tf.data.Dataset, a generator."
    )


def fitted_arrays(data: object, model: keras.Model, expected: Sequence[Expected] | None, *, own: bool) -> Any:
    """Return arrays in the structure in which the model takes them; those that cannot be its inputs are refused.

    Args:
        data: Arrays, tables, pictures and paths of pictures, alone or in a structure.
        model: The model.
        expected: Its inputs; None where its code decides.
        own: Whether the data come in batches of their own.

    Raises:
        TypeError: Something has a type that cannot be an input.
        ValueError: Something has a shape that does not fit.
    """
    tree = import_keras().tree
    if expected is None:
        arrays = _arrays(data, _count_of_inputs(model))
        return tree.map_structure(lambda x: _for_code(x, model) if isinstance(x, _Unread) else x, arrays)
    if is_table(data):
        data = by_input(data, [want.name for want in expected])
    flat = in_order(_arrays(data, len(expected)), list(expected))
    flat = [_for_input(x, want) if isinstance(x, _Unread) else x for x, want in zip(flat, expected, strict=True)]
    for want, x in zip(expected, flat, strict=True):
        require_fit(x, want, model.name, alone=len(expected) == 1, own=own)
    return tree.pack_sequence_as(internals.inputs_structure(internals.function_of(model)), flat)


def label_arrays(labels: Any) -> Any:
    """Return labels as an array, or as a dict of arrays."""
    return {key: _array(x) for key, x in labels.items()} if isinstance(labels, dict) else _array(labels)


@dataclass(frozen=True, slots=True)
class _Unread:
    """Pictures, paths of pictures or texts: which of them they are, the model's input says."""

    data: Any


def _count_of_inputs(model: keras.Model) -> int | None:
    """Return how many inputs the code of a model takes; None where it is not known."""
    needed = len(taken_by(model).required)
    return needed if needed > 1 else None


def _for_input(x: _Unread, want: Expected) -> Array:
    """Return pictures, or texts, as the array for an input."""
    if want.dtype != "string":
        found = as_pictures(x.data, want.shape, want.dtype)
        if found is not None:
            return found
        if are_pictures(x.data):
            raise TypeError(f"The data are pictures; input {want.name!r} takes {text_of_shape(want.shape)}, not an image.")
        if isinstance(x.data, str | os.PathLike):
            raise TypeError(f"The data are the text {str(x.data)!r}; {_FORMS}.")
    return _array(x.data)


def _for_code(x: _Unread, model: keras.Model) -> Array:
    """Return pictures, or texts, as the array for a model whose code decides what it takes."""
    known = remembered_specs(model)
    specs = [] if known is None else list(import_keras().tree.flatten((known.args, known.kwargs)))
    images = [one for one in specs if isinstance(one, Spec) and one.shape is not None and len(one.shape) == 4]
    found = None
    if are_pictures(x.data) or len(images) == 1:
        shape, dtype = (images[0].shape, images[0].dtype) if len(images) == 1 else ((None, None, None, 3), "float32")
        found = as_pictures(x.data, shape or (), dtype)
    if found is None and isinstance(x.data, str | os.PathLike):
        raise TypeError(f"The data are the text {str(x.data)!r}; {_FORMS}.")
    return _array(x.data) if found is None else found


def _arrays(data: object, count: int | None) -> Any:
    """Return the same structure with an array at each leaf; a list of plain numbers is one array.

    Args:
        count: The number of inputs that the model takes, where it is known.
    """
    if data is None:
        return None
    if isinstance(data, dict):
        return {key: _arrays(value, None) for key, value in data.items()}
    if not isinstance(data, list | tuple):
        return _leaf(data)
    inner: list[object] | None = None
    if _is_structure(data):
        if count == 1 and len(data) > 1:
            raise ValueError(
                f"The data are {len(data)} arrays in a {type(data).__name__}; the model takes one. "
                "If they are examples, stack them with np.stack(...)."
            )
        inner = [_arrays(x, None) for x in data]
    elif count is not None and count > 1 and len(data) == count:
        inner = [_leaf(x) for x in data]
    if inner is None:
        return _leaf(data)
    named = isinstance(data, tuple) and hasattr(data, "_fields")
    return inner if isinstance(data, list) else cast(Any, type(data))(*inner) if named else tuple(inner)


def _leaf(x: object) -> object:
    """Return one array, or pictures, paths or texts that are read when the input is known."""
    return _Unread(x) if are_pictures(x) or may_be_paths(x) else _array(x)


def _is_structure(data: Sequence[Any]) -> bool:
    """Return whether a list or tuple holds several inputs rather than numbers."""
    if any(isinstance(x, dict) or (hasattr(x, "shape") and not isinstance(x, np.generic)) for x in data):
        return True
    inner = [x for x in data if isinstance(x, list | tuple)]
    return any(_is_structure(x) or are_pictures(x) or (len(data) == 1 and may_be_paths(x)) for x in inner)


def _array(x: Any) -> Array:
    """Return a NumPy array, a tensor, a sparse matrix or rows on disk unchanged, anything else as a NumPy array."""
    if is_sparse_matrix(x):
        return x.tocsr()
    if may_be_paths(x) and not isinstance(x, str | bytes):
        x = [str(one) for one in x]
    if isinstance(x, np.ndarray | RowsOnDisk) or (hasattr(x, "shape") and type(x).__module__.startswith("tensorflow")):
        found: Any = x
    elif is_column(x):
        found = column_array(x)
    elif is_table(x):
        found = by_input(x, ())
    else:
        found = _as_numpy(x)
    if getattr(found.dtype, "kind", "") == "O" and not all(isinstance(v, str | bytes) for v in np.ravel(found)[:1000]):
        raise TypeError(
            "The data hold Python objects (dtype object); expected numbers or text. Are the rows of different lengths?"
        )
    return found


def _as_numpy(x: Any) -> np.ndarray:
    if hasattr(x, "detach"):  # a tensor of PyTorch that may need a gradient or lie on a GPU
        x = x.detach().cpu()
    try:
        return np.asarray(x)
    except ValueError as error:
        raise ValueError(
            f"The data cannot be made one array ({error}). Are the rows of different lengths? Pad them first."
        ) from None
