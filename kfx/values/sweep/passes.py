"""The compiled pass of a sweep: each row of a batch is a run of its own, with values of another run at one place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from kfx.errors import PatchError
from kfx.keras_access.forward import call
from kfx.keras_access.hooks import listening
from kfx.keras_access.importing import import_keras
from kfx.keras_access.tensorflow.compiled import Compiled
from kfx.keras_access.untouched import stateless
from kfx.values.attention.finder import ScoreFinder
from kfx.values.features import address_text
from kfx.values.patching.hook import PatchHook
from kfx.values.sweep.places import Place
from kfx.values.tap.program import only_tensors

if TYPE_CHECKING:
    import keras


class Runs(NamedTuple):
    """The runs of one pass, each array ``(rows,)``.

    Attributes:
        place: The number of the place that is patched; -1 for none.
        position: The position that is patched.
        head: The head that is patched, 0 where heads are patched together.
        example: The number of the clean example that the values are those of.
        unit: The unit of the output that is measured.
    """

    place: Any
    position: Any
    head: Any
    example: Any
    unit: Any


class SweepPass:
    """Run a model on a batch whose rows are patched at places of their own: ``sweep_pass(inputs, runs)``.

    Args:
        model: A built Keras model.
        places: Where values are replaced.
        clean: The values of the other run, ``(example, ...)``, by address.
        inputs: What the model is called with, for the addresses in its code.
        unit: Return the unit that is measured, its logit where a softmax or sigmoid makes it; else the output itself.
        run_eagerly: Do not compile.

    Attributes:
        logit: Whether the unit is a logit, after the first run.
    """

    def __init__(
        self,
        model: keras.Model,
        places: Sequence[Place],
        clean: Mapping[str, np.ndarray],
        inputs: object,
        *,
        unit: bool,
        run_eagerly: bool,
    ) -> None:
        self._model, self._places, self._unit = model, tuple(places), unit
        self._now: tuple[Runs, Sequence[Any]] | None = None
        self._clean = [import_keras().ops.convert_to_tensor(clean[place.key]) for place in places]
        changes = {place.key: self._change(number, place) for number, place in enumerate(places)}
        self._hook = PatchHook(model, changes, inputs)
        self.logit = False
        self._eager = run_eagerly
        self._run_it = self._run if run_eagerly else Compiled(self._run)

    def __call__(self, inputs: object, runs: Runs) -> Any:
        """Return the measured unit of each row, or the output.

        Raises:
            PatchError: The model does not call one of the places for these inputs.
        """
        found = self._run_it(inputs, runs, self._clean)
        missed = [place.key for place in self._places if place.key not in self._hook.reached]
        if missed:
            raise PatchError(
                f"{address_text(missed[0])!r} was not reached: {str(self._model.name)!r} does not call it for these inputs."
            )
        return found

    def _change(self, number: int, place: Place) -> Callable[[Any], Any]:
        """Return the change of one place: the other run's values in the rows and at the position that the runs say."""

        def change(x: Any) -> Any:
            ops = import_keras().ops
            assert self._now is not None
            runs, clean = self._now
            rank = len(x.shape)

            def along(axis: int, mask: Any) -> Any:
                return ops.reshape(mask, [-1, *(-1 if n == axis else 1 for n in range(1, rank))])

            def at(axis: int, chosen: Any) -> Any:
                there = ops.equal(ops.arange(ops.shape(x)[axis], dtype="int32")[None], chosen[:, None])
                shape = [ops.shape(x)[0], *(ops.shape(x)[axis] if n == axis else 1 for n in range(1, rank))]
                return ops.reshape(there, shape)

            mask = ops.logical_and(along(0, ops.equal(runs.place, number)), at(place.position, runs.position))
            if place.head:
                mask = ops.logical_and(mask, at(place.head, runs.head))
            other = ops.cast(ops.take(clean[number], runs.example, axis=0), x.dtype)
            return ops.where(mask, other, x)

        return change

    def _run(self, inputs: object, runs: Runs, clean: Sequence[Any]) -> Any:
        self._now = (runs, clean)
        finder = ScoreFinder(self._model)  # which knows what a softmax or sigmoid was taken of
        with stateless(self._model), finder.finding(), listening(self._hook, place="innermost"):
            output = call(self._model, inputs, training=False)
        self._now = None
        output = only_tensors(output)
        if not self._unit:
            return output
        ops = import_keras().ops
        flat = next(x for x in import_keras().tree.flatten(output) if x is not None)
        logits = finder.logits(flat)
        self.logit = logits is not None
        scores = flat if logits is None else logits
        scores = scores if len(scores.shape) == 2 else scores[:, -1]
        return ops.take_along_axis(scores, runs.unit[:, None], axis=-1)[:, 0]
