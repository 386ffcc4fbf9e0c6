"""Compute the values of one batch after another: the part that extraction here and on a Ray cluster share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kfx.keras_access.forward import checked
from kfx.keras_access.states import CarriedStates
from kfx.values.axes import AxisNames, axis_names
from kfx.values.data.apart import usable
from kfx.values.data.batches import Batch
from kfx.values.features import Features, map_arrays, to_numpy
from kfx.values.tap.attempt import Attempt
from kfx.values.tap.calls import addressable_calls
from kfx.values.tap.choose import choose_addresses
from kfx.values.tap.program import program
from kfx.values.tap.proof import proof_sentence, prove

if TYPE_CHECKING:
    import keras


class ValueSource:
    """Compute the values of batches: ``source(batch)`` returns `Features`. The addresses are chosen at the first batch.

    Attributes:
        keys: The chosen addresses; None before the first batch.
        axes: What names the axes of the values at each.
        proof: The result of checking so far, in one sentence.
        attempt: Runs the model and explains where it fails.
        states: Those of stateful recurrent layers, carried from batch to batch as in ``predict``; with ``carries=False`` each
            batch begins with the model's own.
    """

    def __init__(
        self,
        model: keras.Model,
        layers: object = "*",
        *,
        training: bool = False,
        run_eagerly: bool | None = None,
        check: bool = False,
        output: bool = False,
        carries: bool = True,
    ) -> None:
        self.model, self.layers, self.training = checked(model), layers, bool(training)
        self.keys: tuple[str, ...] | None = None
        self.axes: Mapping[str, AxisNames] = {}
        self.proof = ""
        self.attempt = Attempt(self.model, layers, training=self.training, run_eagerly=run_eagerly)
        self.states = CarriedStates(self.model, carries=carries)
        self._check, self._output, self._worst = check, output, 0.0

    @property
    def run_eagerly(self) -> bool:
        """True where the model runs without being compiled."""
        return self.attempt.run_eagerly

    @property
    def how(self) -> dict[str, Any]:
        """The settings of a pass."""
        return {"training": self.training, "run_eagerly": self.run_eagerly}

    def choose(self, batch: Batch) -> tuple[str, ...]:
        """Return the addresses, chosen for data such as this batch."""
        if self.keys is None:
            self.keys = self.attempt(batch, lambda: choose_addresses(self.model, self.layers, batch.inputs, **self.how))
            self.axes = axis_names(self.model, self.keys, addressable_calls(self.model, batch.inputs, **self.how))
        return self.keys

    def __call__(self, batch: Batch) -> Features:
        batch = usable(batch, self.model, training=self.training)
        self.choose(batch)
        values = self.attempt(batch, lambda: self._values(batch))
        self.states.advance()
        return values

    def _values(self, batch: Batch) -> Features:
        run = program(self.model, self.choose(batch), output=self._check or self._output, **self.how)
        values, output = run(batch.inputs, self.states)
        if self._check:
            self._worst = max(self._worst, prove(self.model, batch.inputs, output, states=self.states, **self.how))
            self.proof = proof_sentence(self._worst)
        found = map_arrays(batch.cut, to_numpy(values))
        return Features(found, output=map_arrays(batch.cut, to_numpy(output)) if self._output else None, proof=self.proof)
