"""Compute the values of one batch after another; extraction in this process and on a Ray cluster both use it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kfx.keras_access.forward import checked
from kfx.values.data.batches import Batch
from kfx.values.features import Features, to_numpy
from kfx.values.tap.attempt import Attempt
from kfx.values.tap.choose import chosen
from kfx.values.tap.program import program
from kfx.values.tap.proof import prove, said

if TYPE_CHECKING:
    pass


class Source:
    """Values of one batch after another: ``source(batch)`` -> `Features`. The addresses are chosen at the first batch.

    Attributes:
        keys: The chosen addresses; None before the first batch.
        proof: What checking found so far, in one sentence.
    """

    def __init__(
        self,
        model: Any,
        layers: Any = "*",
        *,
        training: bool = False,
        run_eagerly: bool | None = None,
        check: bool = False,
        output: bool = False,
    ) -> None:
        self.model, self.layers, self.training = checked(model), layers, bool(training)
        self.keys: tuple[str, ...] | None = None
        self.proof = ""
        self._attempt = Attempt(model, layers, training=self.training, run_eagerly=run_eagerly)
        self._check, self._output, self._worst = check, output, 0.0

    @property
    def run_eagerly(self) -> bool:
        """Whether the model runs without being compiled."""
        return self._attempt.run_eagerly

    def choose(self, batch: Batch) -> tuple[str, ...]:
        """The addresses, chosen for data such as this batch."""
        if self.keys is None:
            self.keys = self._attempt(batch, lambda: self._chosen(batch))
        return self.keys

    def _chosen(self, batch: Batch) -> tuple[str, ...]:
        return chosen(self.model, self.layers, batch.inputs, training=self.training, run_eagerly=self.run_eagerly)

    def __call__(self, batch: Batch) -> Features:
        self.choose(batch)
        return self._attempt(batch, lambda: self._values(batch))

    def _values(self, batch: Batch) -> Features:
        how = {"training": self.training, "run_eagerly": self.run_eagerly}
        values, output = program(self.model, self.keys, output=self._check or self._output, **how)(batch.inputs)
        if self._check:
            self._worst = max(self._worst, prove(self.model, batch.inputs, output, **how))
            self.proof = said(self._worst)
        return Features(
            {key: to_numpy(value) for key, value in values.items()},
            output=to_numpy(output) if self._output else None,
            proof=self.proof,
        )
