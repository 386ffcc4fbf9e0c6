"""Compute the size of every tensor of a graph for other inputs, by TensorFlow's own shape inference."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from kfx.keras_access.tensorflow.tensors import dismantle

if TYPE_CHECKING:
    import tensorflow as tf

Sizes = tuple["int | None", ...]
FirstOf = Callable[[Mapping[str, "Sizes | None"]], "Sizes"]  # the sizes found so far -> those of a placeholder
_GIVEN = ("Placeholder", "ReadVariableOp")  # operations whose outputs' sizes follow from no input


def sizes_given(graph: tf.Graph, given: Mapping[str, Sizes]) -> dict[str, Sizes | None]:
    """Return the sizes of all tensors of a graph, by their names.

    Args:
        graph: The graph.
        given: The sizes of some placeholders, by the names of their tensors.

    Returns:
        Sizes with None for an unknown one, or None in place of those of a tensor whose number of axes is unknown.

    Raises:
        ValueError: When the sizes given contradict each other.
    """
    import tensorflow as tf

    other = tf.Graph()
    with other.as_default():
        placed = {}
        for op in graph.get_operations():
            if op.type in _GIVEN:
                (made,) = op.outputs
                placed[made.name] = _placeholder(made, given.get(made.name, made.shape))
        tf.graph_util.import_graph_def(graph.as_graph_def(), input_map=placed, name="")
    found = {f"{op.name}:{n}": _sizes(made) for op in other.get_operations() for n, made in enumerate(op.outputs)}
    found |= {name: _sizes(made) for name, made in placed.items()}
    dismantle(other)
    return found


def sizes_in_turn(graph: tf.Graph, given: Mapping[str, Sizes], told: Mapping[str, FirstOf]) -> dict[str, Sizes | None]:
    """Return the sizes of all tensors of a graph whose placeholders' sizes depend on those of tensors made before them.

    Slower than `sizes_given`: the operations are made again one by one.

    Args:
        graph: The graph.
        given: The sizes of some placeholders, by the names of their tensors.
        told: Functions that return the sizes of other placeholders, given the sizes found so far.
    """
    import tensorflow as tf

    whole = graph.as_graph_def()
    other, found, made = tf.Graph(), dict[str, "Sizes | None"](), dict[str, tf.Tensor]()
    with other.as_default():
        tf.graph_util.import_graph_def(type(whole)(versions=whole.versions, library=whole.library), name="")
        for op in graph.get_operations():
            if op.type in _GIVEN:
                (x,) = op.outputs
                sizes = told[x.name](found) if x.name in told else given.get(x.name, x.shape)
                outputs = [_placeholder(x, sizes)]
            else:
                kept = {name: value for name, value in op.node_def.attr.items() if name[0] != "_"}
                inputs = [made[x.name] for x in op.inputs]
                outputs = other.create_op(op.type, inputs, [x.dtype for x in op.outputs], attrs=kept, op_def=op.op_def).outputs
            made.update((x.name, copy) for x, copy in zip(op.outputs, outputs, strict=True))
            found.update((x.name, _sizes(copy)) for x, copy in zip(op.outputs, outputs, strict=True))
    dismantle(other)
    return found


def _placeholder(x: tf.Tensor, sizes: Sizes | tf.TensorShape) -> tf.Tensor:
    """Return a placeholder for a tensor; for a variable's handle, with the variable's own size."""
    import tensorflow as tf
    from tensorflow.python.ops.handle_data_util import (
        copy_handle_data,  # no public name; tests/model/read/inside/test_traced.py
    )

    made = tf.compat.v1.placeholder(x.dtype, sizes)
    if x.dtype == tf.resource:
        copy_handle_data(x, made)
    return made


def _sizes(x: tf.Tensor) -> Sizes | None:
    return None if x.shape.rank is None else tuple(x.shape.as_list())
