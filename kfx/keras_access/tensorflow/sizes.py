"""Compute the size of every tensor of a graph for other inputs, by TensorFlow's own shape inference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tensorflow as tf

Sizes = tuple["int | None", ...]


def sizes_given(graph: tf.Graph, given: Mapping[str, Sizes]) -> dict[str, Sizes | None]:
    """Return the sizes of all tensors of a graph, by their names.

    Args:
        graph: The graph.
        given: The sizes of some placeholders, by the names of their tensors.

    Returns:
        Sizes with None for an unknown one, or None in place of those of a tensor whose number of axes is unknown.
    """
    import tensorflow as tf

    other = tf.Graph()
    with other.as_default():
        placed = {}
        for op in graph.get_operations():
            if op.type in ("Placeholder", "ReadVariableOp"):
                (made,) = op.outputs
                placed[made.name] = tf.compat.v1.placeholder(made.dtype, given.get(made.name, made.shape))
        tf.graph_util.import_graph_def(graph.as_graph_def(), input_map=placed, name="")
    return {
        f"{op.name}:{n}": None if made.shape.rank is None else tuple(made.shape.as_list())
        for op in other.get_operations()
        for n, made in enumerate(op.outputs)
    } | {name: None if made.shape.rank is None else tuple(made.shape.as_list()) for name, made in placed.items()}
