"""Activations: the operations each takes for one number, counted here alone, and the layers that apply one."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from kfx.errors import UnknownCostError
from kfx.model.layers.arguments import function_name
from kfx.model.layers.knowledge import (
    ELEMENT,
    Formula,
    LayerKnowledge,
    SettingsRule,
    Shapes,
    axis_word,
    named,
    no_words,
    per_output,
    unchanged,
)

if TYPE_CHECKING:
    import keras

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
BY_CLASS = {"".join(word.capitalize() for word in name.split("_")): cost for name, cost in ACTIVATIONS.items()}  # "LeakyRelu"
_LOWER = {name.lower(): cost for name, cost in BY_CLASS.items()}  # a layer as an argument: LeakyReLU()


def activation_cost(layer: keras.Layer, elements: float, attribute: str = "activation") -> float:
    """Count the operations that a layer's activation takes for so many elements.

    Raises:
        UnknownCostError: There is no figure for it.
    """
    function = getattr(layer, attribute, None)
    if function is None:
        return 0
    name = function_name(function).lower()
    cost = ACTIVATIONS.get(name, _LOWER.get(name))
    if cost is None:
        raise UnknownCostError(f"no formula for the activation {name[:40]!r}")
    return cost * elements


def bias_and_activation(layer: keras.Layer, elements: float) -> float:
    """Count the operations of the bias and the activation at the end of a layer."""
    return (elements if getattr(layer, "use_bias", False) else 0) + activation_cost(layer, elements)


def _activation(layer: keras.Layer, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    return 0, activation_cost(layer, prod(outs[0]))


def _known(settings: SettingsRule, cost: Formula) -> LayerKnowledge:
    return LayerKnowledge(settings=settings, shape=unchanged, cost=cost, source=ELEMENT)


LAYERS = {
    "Activation": _known(named(activation=True), _activation),
    "ReLU": _known(named("max=max_value"), per_output(ACTIVATIONS["relu"])),
    "LeakyReLU": _known(named("slope=negative_slope"), per_output(ACTIVATIONS["leaky_relu"])),
    "PReLU": _known(no_words, per_output(ACTIVATIONS["leaky_relu"])),
    "ELU": _known(named("α=alpha"), per_output(ACTIVATIONS["elu"])),
    "Softmax": _known(axis_word, per_output(ACTIVATIONS["softmax"])),
}
