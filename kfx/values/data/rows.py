"""Count, cut, repeat and convert the rows of an array of any kind: of NumPy, TensorFlow, SciPy, or on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kfx.keras_access.importing import import_keras
from kfx.values.data.rows_on_disk import RowsOnDisk

if TYPE_CHECKING:
    import tensorflow as tf


def is_sparse_matrix(x: object) -> bool:
    """Return whether ``x`` is a sparse matrix or array of SciPy."""
    return type(x).__module__.startswith("scipy.sparse") and hasattr(x, "tocsr")


def is_sparse(x: object) -> bool:
    """Return whether ``x`` is a `tf.SparseTensor`."""
    return type(x).__name__ == "SparseTensor" and type(x).__module__.startswith("tensorflow")


def count_rows(x: Any) -> int | None:
    """Return the length of the first axis; None for what has none: None itself, and single numbers."""
    if x is None or not len(x.shape):
        return None
    if x.shape[0] is not None:
        return int(x.shape[0])
    return int(x.nrows()) if hasattr(x, "nrows") else 0


def cut_rows(x: Any, start: int, stop: int) -> Any:
    """Return rows ``start`` to ``stop`` (not included) of an array; what has no rows goes with every batch."""
    if count_rows(x) is None:
        return x
    if not is_sparse(x):
        return x[start:stop]
    import tensorflow as tf

    rest = [int(n) for n in x.dense_shape[1:]]
    return tf.sparse.slice(x, [start, *[0] * len(rest)], [stop - start, *rest])


def repeat_last_row(x: Any, times: int) -> Any:
    """Return a tensor with its last row so many times more at its end; what has no rows stays as it is."""
    import tensorflow as tf

    rows = count_rows(x)
    if rows is None or not times:
        return x
    last = cut_rows(x, rows - 1, rows)
    if is_sparse(x):
        return tf.sparse.concat(0, [x, *[last] * times])
    if isinstance(x, tf.RaggedTensor):
        return tf.concat([x, *[last] * times], 0)
    return tf.concat([x, tf.repeat(last, times, axis=0)], 0)


def add_empty_rows(x: Any, times: int) -> Any:
    """Return a tensor with so many rows of zeros (of a ragged one: empty rows; of text: empty texts) more at its end."""
    import tensorflow as tf

    rows = count_rows(x)
    if rows is None or not times:
        return x
    if is_sparse(x):
        return tf.SparseTensor(x.indices, x.values, [rows + times, *map(int, x.dense_shape[1:])])
    if isinstance(x, tf.RaggedTensor):
        return tf.concat([x, *[x[:1, :0]] * times], 0)
    return tf.concat([x, tf.zeros([times, *x.shape[1:]], x.dtype)], 0)


def as_tensor(x: Any) -> Any:
    """Return a tensor as Keras's own data adapters make it: floating-point arrays get Keras's float type."""
    keras = import_keras()
    if is_sparse_matrix(x):
        return _sparse_tensor(x)
    if isinstance(x, RowsOnDisk):
        x = x[0 : len(x)]
    if isinstance(x, np.ndarray):
        x = np.ascontiguousarray(x) if x.ndim else x
        return keras.ops.convert_to_tensor(x, dtype=_float_type(x.dtype))
    return x


def _float_type(dtype: np.dtype) -> str | None:
    return import_keras().config.floatx() if np.issubdtype(dtype, np.floating) else None


def _sparse_tensor(matrix: Any) -> tf.SparseTensor:
    import tensorflow as tf

    found = matrix.tocoo()
    values = found.data.astype(_float_type(found.data.dtype) or found.data.dtype)
    indices = np.stack([found.row, found.col], axis=1).astype("int64").reshape(-1, 2)
    return tf.sparse.reorder(tf.SparseTensor(indices, values, found.shape))
