"""Activations: the operations each takes for one number, counted here alone, and the layers that apply one."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from kfx.errors import UnknownCostError
from kfx.model.layers import rules
from kfx.model.layers.arguments import function_name
from kfx.model.layers.knowledge import Formula, LayerKnowledge, SettingsRule

if TYPE_CHECKING:
    import keras

_BY_COST = {  # elementary operations per element; tanh, exp, log, erf, sqrt and a division count as one
    0: "linear",
    1: "relu exponential tanh threshold",
    2: "relu6 leaky_relu hard_tanh tanh_shrink hard_shrink",
    3: "elu softplus softsign soft_shrink",
    4: "selu celu sigmoid hard_sigmoid log_sigmoid sparse_plus",
    5: "hard_swish hard_silu silu swish gelu mish softmax log_softmax squareplus glu sparsemax",
}
ACTIVATIONS = {name: cost for cost, names in _BY_COST.items() for name in names.split()}
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


def _known(settings: SettingsRule, cost: Formula) -> LayerKnowledge:
    return LayerKnowledge(settings=settings, shape=rules.unchanged, cost=cost, source=rules.ELEMENT)


LAYERS = {
    "Activation": _known(rules.named(activation=True), lambda layer, ins, outs: (0, activation_cost(layer, prod(outs[0])))),
    "ReLU": _known(rules.named("max=max_value"), rules.per_output(ACTIVATIONS["relu"])),
    "LeakyReLU": _known(rules.named("slope=negative_slope"), rules.per_output(ACTIVATIONS["leaky_relu"])),
    "PReLU": _known(rules.no_words, rules.per_output(ACTIVATIONS["leaky_relu"])),
    "ELU": _known(rules.named("α=alpha"), rules.per_output(ACTIVATIONS["elu"])),
    "Softmax": _known(rules.axis_word, rules.per_output(ACTIVATIONS["softmax"])),
}
