"""What the formulas for cost stand on: their form, and how many operations an activation takes for one number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kfx.errors import UnknownCostError
from kfx.model.layers.arguments import function_name

Shapes = list[tuple[int, ...]]
Formula = Callable[[Any, Shapes, Shapes], tuple[float, float]]


# Elementary operations per element; tanh, exp, log, erf, sqrt and a division count as one.
ACTIVATIONS = {
    "linear": 0,
    "relu": 1,
    "relu6": 2,
    "leaky_relu": 2,
    "elu": 3,
    "selu": 4,
    "celu": 4,
    "exponential": 1,
    "tanh": 1,
    "sigmoid": 4,
    "hard_sigmoid": 4,
    "hard_swish": 5,
    "hard_silu": 5,
    "hard_tanh": 2,
    "silu": 5,
    "swish": 5,
    "gelu": 5,
    "softplus": 3,
    "softsign": 3,
    "mish": 5,
    "softmax": 5,
    "log_softmax": 5,
    "log_sigmoid": 4,
    "threshold": 1,
    "squareplus": 5,
    "tanh_shrink": 2,
    "soft_shrink": 3,
    "hard_shrink": 2,
    "sparse_plus": 4,
    "glu": 5,
    "sparsemax": 5,
}
_LAYERS = {name.replace("_", ""): ACTIVATIONS[name] for name in ("relu", "leaky_relu", "elu", "softmax")}  # as an argument


def activation_cost(layer: Any, elements: float, attribute: str = "activation") -> float:
    """Operations that a layer's activation takes for so many elements.

    Raises:
        UnknownCostError: There is no figure for it.
    """
    function = getattr(layer, attribute, None)
    if function is None:
        return 0
    name = function_name(function).lower()
    cost = ACTIVATIONS.get(name, _LAYERS.get(name))
    if cost is None:
        raise UnknownCostError(f"no formula for the activation {name[:40]!r}")
    return cost * elements
