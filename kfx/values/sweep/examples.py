"""Take examples into memory as one batch of tensors, and repeat them for the runs of a pass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from kfx.keras_access.importing import import_keras
from kfx.values.data.batches import Batch, Batches
from kfx.values.data.rows import is_sparse

if TYPE_CHECKING:
    import keras


def one_batch(model: keras.Model, data: object, argument: str) -> Batch:
    """Return all examples as one batch; data that come in batches are joined.

    Raises:
        ValueError: They are no examples of one size, e.g. the nodes and edges of a graph, or are sparse.
    """
    found = [batch.as_it_came() for batch in Batches(model, data)]
    if any(batch.lengths for batch in found):
        raise ValueError(f"The arrays of `{argument}` have different lengths; expected the same number of examples in each.")
    keras = import_keras()
    leaves = [x for batch in found for x in keras.tree.flatten(batch.inputs)]
    if any(x is not None and (is_sparse(x) or type(x).__name__ == "RaggedTensor") for x in leaves):
        raise ValueError(f"`{argument}` holds sparse or ragged tensors; expected dense ones, padded to one length.")
    if len(found) == 1:
        return found[0]
    inputs = keras.tree.map_structure(
        lambda *x: x[0] if x[0] is None or not len(x[0].shape) else keras.ops.concatenate(x), *(one.inputs for one in found)
    )
    return Batch(0, 0, sum(batch.size for batch in found), inputs)


def require_alike(clean: Batch, corrupted: Batch) -> None:
    """Refuse two batches of different sizes.

    Raises:
        ValueError: The numbers of examples or the lengths differ.
    """
    tree = import_keras().tree
    first, second = ([tuple(x.shape) for x in tree.flatten(one.inputs) if x is not None] for one in (clean, corrupted))
    for a, b in zip(first, second, strict=False):
        if a != b:
            raise ValueError(
                f"`clean` has shape {a} and `corrupted` {b}; expected two runs of the same number of examples and the same "
                "length, so that each position of one has its counterpart in the other."
            )
    if len(first) != len(second):
        raise ValueError(f"`clean` gives the model {len(first)} inputs and `corrupted` {len(second)}; expected the same ones.")


def gathered(inputs: object, rows: Sequence[int] | np.ndarray) -> Any:
    """Return inputs with these rows, in this order; what has no rows goes with every batch."""
    keras = import_keras()
    at = np.asarray(rows, "int32")

    def take(x: Any) -> Any:
        return x if x is None or not len(x.shape) else keras.ops.take(x, at, axis=0)

    return keras.tree.map_structure(take, inputs)
