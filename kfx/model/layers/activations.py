"""Activations: the operations each takes for one number, counted here alone, and the layers that apply one."""

from __future__ import annotations

from functools import partial
from math import prod
from typing import TYPE_CHECKING

from kfx.errors import UnknownCostError
from kfx.keras_access import internals
from kfx.model.layers import rules
from kfx.model.layers.arguments import function_name, home_of
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
_LOWER = {name.lower(): cost for name, cost in BY_CLASS.items()} | {"prelu": 2}  # a layer as an argument: LeakyReLU()
_AS_ARGUMENTS = {
    "identity": 0,
    "gelu_approximate": 5,
    **dict.fromkeys(("abs", "cos", "erf", "exp", "sign", "sin", "sqrt", "square"), 1),
}
_COSTS = {**_LOWER, **_AS_ARGUMENTS, **ACTIVATIONS}
_HOMES = ("keras", "tensorflow", "numpy", "keras_hub")  # a function of another package may do anything under a known name


def activation_cost(layer: keras.Layer, elements: float, attribute: str = "activation") -> float:
    """Count the operations that a layer's activation takes for so many elements.

    Raises:
        UnknownCostError: There is no figure for it.
    """
    function = _innermost(getattr(layer, attribute, None))
    if function is None:
        return 0
    name = function_name(function)
    kind = internals.keras_names(type(function))[0] if internals.is_layer(function) else name
    cost = _COSTS.get(kind.lower()) if _is_known(function) else None
    if cost is None:
        raise UnknownCostError(f"no formula for the activation {name!r}{_whose(function, name)}")
    return cost * elements


def _innermost(function: object) -> object:
    """Return the function that a partial, a `tf.function` or an Activation layer applies."""
    for _ in range(8):
        if isinstance(function, partial):
            function = function.func
        elif "Activation" in internals.keras_names(type(function)):
            function = getattr(function, "activation", None)
        elif home_of(function) == "tensorflow" and hasattr(function, "python_function"):
            function = function.python_function
        else:
            break
    return function


def _is_known(function: object) -> bool:
    """Return whether a function is what its name says."""
    if isinstance(function, str):  # read from a file
        return True
    return internals.runs_keras_code(type(function)) if internals.is_layer(function) else home_of(function) in _HOMES


def _whose(function: object, name: str) -> str:
    return f", a function of {home_of(function)}" if name.lower() in _COSTS and not _is_known(function) else ""


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
