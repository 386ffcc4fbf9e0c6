"""What is said of a layer (arguments, settings, cost, shape), worked out once for all calls that are alike.

Large models repeat a few layers hundreds of times: of the 813 calls of EfficientNetB7 some 150 differ in what is said of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kfx.graph import internals
from kfx.graph.arguments import argument_names, config_of, is_only_a_name
from kfx.graph.cost import call_cost
from kfx.graph.describe import settings
from kfx.graph.explain import explain
from kfx.graph.facts import Cost, Tensor

Constants = Sequence[tuple[str, Any]]
Said = tuple[tuple[tuple[str, str], ...], tuple[str, ...], Cost, tuple[str, ...]]  # config, settings, cost, derivation


class Described:
    """Remembers what was said during one reading, in which equal tensors are one object."""

    def __init__(self) -> None:
        self._said: dict[Any, Said] = {}

    def say(self, op: Any, inputs: tuple[Tensor, ...], outputs: tuple[Tensor, ...], constants: Constants) -> Said:
        """Config, settings, cost and derivation of one call; never raises."""
        if constants or not internals.is_builtin(type(op)) or "Layer" not in internals.keras_names(type(op)):
            return _say(op, inputs, outputs, constants)
        try:
            key = (_arguments(op), tuple(map(id, inputs)), tuple(map(id, outputs)))
            said = self._said.get(key)
        except Exception:  # an argument that cannot be hashed, such as a list
            return _say(op, inputs, outputs, constants)
        if said is None:
            said = self._said[key] = _say(op, inputs, outputs, constants)
        return said


def _say(op: Any, inputs: tuple[Tensor, ...], outputs: tuple[Tensor, ...], constants: Constants) -> Said:
    spoken = settings(op, inputs=inputs, constants=constants)
    return config_of(op, constants), spoken, call_cost(op, inputs, outputs), explain(op, inputs, outputs)


def _arguments(op: Any) -> tuple[Any, ...]:
    """Equal for layers of one class that were made with equal arguments; objects shown by their class stand for it."""
    cls = type(op)
    found: list[Any] = [cls]
    for name in argument_names(cls):
        value = getattr(op, name, None)
        kind = type(value)
        found.append(kind if is_only_a_name(kind) else value)
    return tuple(found)
