"""The cost of a model that a wrapper of Keras's applies (`TimeDistributed(model)`): the sum of what is inside it."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from kfx.keras_access import internals
from kfx.model.facts import Cost, Shape, Tensor
from kfx.model.layers.cost import total_cost
from kfx.model.read.builder import Level, Reading
from kfx.model.read.composite import read_composite
from kfx.model.read.exact import read_inside

_INSIDE = "inside"


def inside_cost(layer: Any, shapes: Sequence[Shape]) -> Cost:
    """The cost of one call of a layer made of layers, for one example.

    Args:
        layer: A model with a graph of its own, or a layer whose code is the user's, which is traced.
        shapes: Of its inputs, batch axis first.
    """
    reading, level = Reading(), Level(_INSIDE, (_INSIDE,), {})
    function = internals.function_of(layer)
    dtype = str(getattr(layer, "input_dtype", None) or "float32")
    if function is not None:
        read_inside(reading, function, level, tuple(Tensor((None, *shape[1:]), dtype) for shape in shapes))
    else:
        given = tuple(reading.keras.KerasTensor((None, *shape[1:]), dtype) for shape in shapes)
        read_composite(reading, layer, level, SimpleNamespace(arguments=SimpleNamespace(args=given, kwargs={})))
    return total_cost([call for call in reading.calls if call.parent == _INSIDE])
