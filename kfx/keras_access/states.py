"""Carry the states of stateful recurrent layers from batch to batch as ``predict`` does, without writing them to the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kfx.keras_access import internals
from kfx.keras_access.importing import import_keras

if TYPE_CHECKING:
    import keras


class CarriedStates:
    """The states of a model's stateful recurrent layers, from one batch to the next.

    Args:
        model: A built model; the first batch begins with the states that it has now.
        carries: Whether to carry them; otherwise every batch begins as the first.

    Attributes:
        now: Their values before the current batch; empty for a model without such layers.
    """

    def __init__(self, model: keras.Model, *, carries: bool = True) -> None:
        self.now = [import_keras().ops.copy(variable.value) for variable in states_of(model)] if carries else []
        self._after = self.now

    def __bool__(self) -> bool:
        return bool(self.now)

    def after_batch(self, values: list[Any]) -> None:
        """Note the values after the current batch, which may be run again."""
        self._after = values

    def advance(self) -> None:
        """Go on to the next batch."""
        self.now = self._after


def states_of(model: keras.Model) -> list[keras.Variable]:
    """Return the variables in which stateful recurrent layers keep their states between batches."""
    recurrent = import_keras().layers.RNN
    found = [layer for layer in internals.all_layers(model) if isinstance(layer, recurrent) and layer.stateful]
    held = [state for layer in found for state in import_keras().tree.flatten(layer.states) if state is not None]
    return list({id(state): state for state in held}.values())
