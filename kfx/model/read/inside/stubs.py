"""Stand in for layers of Keras's own in a symbolic run: placeholders of the shapes that Keras computes for their outputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from kfx.keras_access import internals
from kfx.keras_access.contents import PLAIN
from kfx.keras_access.importing import import_keras
from kfx.keras_access.layers import mask_of
from kfx.model.read.inputs import Spec

_MOST_NUMBERS = 1000  # of an array that is compared by value


class Stubs:
    """Makes placeholders in a scratch graph in place of running layers whose outputs Keras can tell from their inputs."""

    def __init__(self, graph: Any) -> None:
        import tensorflow as tf

        self.tf, self.graph, self.keras = tf, graph, import_keras()

    def outputs(self, layer: Any, args: Any, kwargs: Any) -> Any:
        """Return placeholders for what a layer returns; None if the layer has to be run."""
        if not (_is_maskless_graph(layer) if internals.function_of(layer) else _tells_shapes(type(layer))) or not layer.built:
            return None
        tensors = [x for x in self.keras.tree.flatten((args, kwargs)) if self.tf.is_tensor(x)]
        if any(not isinstance(x, self.tf.Tensor) or x.shape.rank is None for x in tensors):  # sparse, ragged, of any rank
            return None
        try:
            args, kwargs = self.keras.tree.map_structure(self._symbolic, (args, kwargs))
            made = layer.compute_output_spec(*args, **kwargs)
            if any(
                None in x.shape[1:] and not any(None in t.shape[1:] for t in tensors) for x in self.keras.tree.flatten(made)
            ):
                return None  # the layer's code may know more than its shape rule
            return self.keras.tree.map_structure(self._placeholder, made)
        except Exception:  # a shape rule that does not take this call
            return None

    def like(self, outputs: Any) -> Any:
        """Return placeholders of the shapes and dtypes of other outputs."""
        return self.keras.tree.map_structure(
            lambda x: self._placeholder(x) if isinstance(x, self.tf.Tensor | Spec) else x, outputs
        )

    def _symbolic(self, x: Any) -> Any:
        return self.keras.KerasTensor(x.shape, x.dtype.name) if isinstance(x, self.tf.Tensor) else x

    def _placeholder(self, x: Any) -> Any:
        return x if x is None else self.tf.compat.v1.placeholder(x.dtype, x.shape)


@internals.cache_by_class
def _tells_shapes(cls: type) -> bool:
    """Return whether layers of a class run Keras's own code and have a shape rule of their own."""
    base = import_keras().layers.Layer
    own = any(getattr(cls, rule) is not getattr(base, rule) for rule in ("compute_output_shape", "compute_output_spec"))
    return own and internals.runs_keras_code(cls) and not issubclass(cls, import_keras().Model)


def _is_maskless_graph(model: Any) -> bool:
    """Return whether no layer of a model with a graph makes a mask."""
    masking = import_keras().layers.Masking
    return not any(getattr(layer, "mask_zero", False) or isinstance(layer, masking) for layer in internals.all_layers(model))


@dataclass(frozen=True, eq=False)
class _Itself:
    """An object that is equal only to itself; kept, so that no other gets its identity."""

    value: object

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Itself) and self.value is other.value

    def __hash__(self) -> int:
        return id(self.value)


def arguments_key(args: Any, kwargs: Any) -> tuple[str, tuple[object, ...]]:
    """Return what a call was given: structure, shapes, dtypes and constants; a tensor given twice counts as one."""
    import tensorflow as tf

    keras = import_keras()
    seen: dict[int, int] = {}

    def say(x: Any) -> object:
        if not (tf.is_tensor(x) or isinstance(x, keras.KerasTensor)):
            return _constant(x)
        shape = x.shape if isinstance(x.shape, tuple) else None if x.shape.rank is None else tuple(x.shape.as_list())
        value = None
        if isinstance(x, tf.Tensor) and x.dtype.is_integer and shape is not None and len(shape) < 2:
            value = tf.get_static_value(x)
        mask = mask_of(x)
        place = seen.setdefault(id(x), len(seen))
        known = None if value is None else value.tobytes()
        return place, type(x).__name__, shape, str(x.dtype), known, None if mask is None else say(mask)

    return str(keras.tree.map_structure(lambda x: 0, (args, kwargs))), tuple(map(say, keras.tree.flatten((args, kwargs))))


def _constant(x: Any) -> object:
    if type(x) in PLAIN or isinstance(x, Spec):
        return type(x), x
    if isinstance(x, np.ndarray | np.generic) and x.size <= _MOST_NUMBERS and not x.dtype.hasobject:
        return type(x), x.shape, x.dtype.str, x.tobytes()
    return _Itself(x)


def holds_objects(key: Any) -> bool:
    """Return whether the arguments of a key, from `arguments_key`, hold an object that is equal only to itself."""
    return any(isinstance(part, _Itself) for part in key[1])
