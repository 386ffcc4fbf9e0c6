"""Compute the values of one batch after another: the part that extraction here and on a Ray cluster share."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from kfx.keras_access.forward import checked
from kfx.keras_access.states import CarriedStates
from kfx.values.axes import AxisNames, axis_names
from kfx.values.data.apart import usable
from kfx.values.data.batches import Batch
from kfx.values.features import Features, map_arrays, to_numpy
from kfx.values.tap.attempt import Attempt
from kfx.values.tap.calls import addressable_calls
from kfx.values.tap.choose import choose_addresses, choose_recorded, wanted_list
from kfx.values.tap.field_names import addressed
from kfx.values.tap.opening import opening_for
from kfx.values.tap.program import Program, program
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
        self._wanted: tuple[str, ...] = ()  # addresses and patterns that are chosen in each pass
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
        values = self.attempt(batch, lambda: self._chosen_in_the_pass(batch)) if self.keys is None else None
        if values is None:
            self.choose(batch)
            values = self.attempt(batch, lambda: self._values(batch))
        self.states.advance()
        return values

    def _chosen_in_the_pass(self, batch: Batch) -> Features | None:
        """Return the values of the first batch, chosen among the calls of its own pass; None where they cannot be chosen so."""
        wanted = wanted_list(self.layers)
        if not all(isinstance(one, str) for one in wanted):
            return None
        self._wanted = tuple(addressed(self.model, wanted))
        found = self._values(batch)
        if not found:
            self._wanted = ()
            return None
        facts = self._program().facts
        self.keys = tuple(found)
        self.axes = axis_names(self.model, self.keys, [facts[key] for key in found])
        return found

    def _program(self) -> Program:
        """Return the compiled pass."""
        how: dict[str, Any] = {"output": self._check or self._output, **self.how}
        if not self._wanted:
            return program(self.model, self.keys, **how)
        opening = opening_for(self.model, self._wanted)
        choose, name = partial(choose_recorded, self._wanted), (choose_recorded, self._wanted)
        return program(self.model, None, choose=choose, opening=opening, name=name, **how)

    def _values(self, batch: Batch) -> Features:
        values, output = self._program()(batch.inputs, self.states)
        if self._wanted and not values:
            return Features({})
        if self._check:
            self._worst = max(self._worst, prove(self.model, batch.inputs, output, states=self.states, **self.how))
            self.proof = proof_sentence(self._worst)
        found = map_arrays(batch.cut, to_numpy(values))
        return Features(found, output=map_arrays(batch.cut, to_numpy(output)) if self._output else None, proof=self.proof)
