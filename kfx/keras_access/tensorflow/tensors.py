"""Recognise TensorFlow's tensors and the graph under construction."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from kfx.keras_access.importing import import_keras
from kfx.keras_access.layers import copy_mask

if TYPE_CHECKING:
    import numpy as np
    import tensorflow as tf


def is_tensor(x: object) -> bool:
    """Return whether ``x`` is a dense, sparse or ragged TensorFlow tensor, eager or symbolic; a variable is not."""
    import tensorflow as tf

    return isinstance(x, tf.Tensor | tf.SparseTensor | tf.RaggedTensor)


def inner_tensors(x: Any) -> list[tf.Tensor]:
    """Return the tensors that a sparse or ragged tensor holds its values in; none for a dense one."""
    import tensorflow as tf

    if isinstance(x, tf.Tensor):
        return []
    return [inner for part in ("values", "flat_values") if tf.is_tensor(inner := getattr(x, part, None))]


def distinct(outputs: Any, given: Any) -> Any:
    """Return a call's outputs with copies in place of tensors that it was given, so that their edges start at the call."""
    import tensorflow as tf

    tree = import_keras().tree
    same = {id(x) for x in tree.flatten(given) if isinstance(x, tf.Tensor)}

    def renew(x: Any) -> Any:
        if id(x) not in same:
            return x
        copy = tf.identity(x)
        copy_mask(x, copy)
        return copy

    return tree.map_structure(renew, outputs)


def current_graph() -> tf.Graph | None:
    """Return the TensorFlow graph that is being built in this thread, or None while running eagerly."""
    import tensorflow as tf

    return None if tf.executing_eagerly() else tf.compat.v1.get_default_graph()


def static_value(x: tf.Tensor) -> np.ndarray | None:
    """Return the value of a tensor that does not depend on the data; None for any other."""
    import tensorflow as tf

    return tf.get_static_value(x)


def scratch_graph(name: str) -> tf.Graph:
    """Return a new graph in which layers may have names of any letters; TensorFlow's own graphs refuse all but ASCII."""
    return _scratch_class()(name)


@lru_cache(maxsize=1)
def _scratch_class() -> Callable[[str], tf.Graph]:
    import tensorflow as tf

    class ScratchGraph(tf.__internal__.FuncGraph):
        """A graph whose scopes may have any name."""

        def name_scope(self, name: str | None) -> AbstractContextManager[str]:
            return super().name_scope(_ascii(name) if isinstance(name, str) else name)

    return ScratchGraph


def _ascii(name: str) -> str:
    """Return a scope's name with what TensorFlow refuses replaced; one that it takes stays as it is."""
    found = re.sub(r"[^A-Za-z0-9_.\\/>-]", "_", name)
    return found if found == name else f"n{found}"


def dismantle(graph: tf.Graph) -> None:
    """Break the reference cycles of a graph that is no longer needed, so that it is freed without garbage collection."""
    getattr(graph, "_functions", {}).clear()
    getattr(getattr(graph, "_function_captures", None), "clear", int)()
    getattr(graph, "Dismantle", int)()
