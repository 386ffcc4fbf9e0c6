"""Predict with some heads of attention silenced: their scores are zero, so that they add nothing to their layer's output."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kfx.errors import KfxError
from kfx.keras_access.forward import call, eagerly
from kfx.keras_access.importing import import_keras
from kfx.keras_access.tensorflow.compiled import Compiled
from kfx.keras_access.untouched import stateless
from kfx.model.read.sizes.graph_inputs import expected_inputs, fixed_batch
from kfx.values.attention.finder import ScoreFinder
from kfx.values.data.batches import Batch
from kfx.values.tap.program import only_tensors

if TYPE_CHECKING:
    import keras

AT_ONCE = 16  # copies of an example, each with another head silenced, in one pass


@dataclass(frozen=True)
class Outputs:
    """What a model returns for one example.

    Attributes:
        values: Its outputs, flat, without the batch axis.
        logits: The input of the softmax or sigmoid that makes each of them; None where it is made in another way.
    """

    values: tuple[np.ndarray, ...]
    logits: tuple[np.ndarray | None, ...]


class SilencedHeads:
    """Run a model on one example with one head or another silenced, in one program that is compiled once.

    Args:
        model: A built Keras model.
        numbers: The number of each address's softmax in the run, see `ScoreFinder`.
        heads: The number of heads at each address.
    """

    def __init__(self, model: keras.Model, numbers: Mapping[str, int], heads: Mapping[str, int]) -> None:
        self._model, self._heads = model, dict(heads)
        self._names = {numbers[address]: f"softmax_{numbers[address]}" for address in heads}
        self._number = dict(numbers)
        self._fixed = fixed_batch(expected_inputs(model))
        self._eager = eagerly(model)
        self._run_it = self._run if self._eager else Compiled(self._run)
        self._lock = threading.Lock()

    def plain(self, inputs: object) -> Outputs:
        """Return the outputs for an example, given as a batch of one, with all heads."""
        return next(self._outputs(inputs, [None]))

    def without(self, inputs: object, address: str, heads: Sequence[int]) -> list[Outputs]:
        """Return the outputs for an example with each of some heads of a layer silenced, one at a time.

        Raises:
            KfxError: The model cannot be compiled: TensorFlow ignores changes of operations that run eagerly.
            ValueError: There is no such head.
        """
        if self._eager:
            raise KfxError(
                f"A head of {str(self._model.name)!r} cannot be silenced, because the model runs eagerly: it says so itself, "
                "or a layer's name holds letters that TensorFlow does not compile. Give the layers names of Latin letters."
            )
        wrong = [head for head in heads if not 0 <= head < self._heads[address]]
        if wrong:
            raise ValueError(
                f"There is no head {wrong[0]}; {address!r} has {self._heads[address]}, 0 to {self._heads[address] - 1}."
            )
        return list(self._outputs(inputs, [(address, head) for head in heads]))

    def _outputs(self, inputs: object, silenced: Sequence[tuple[str, int] | None]) -> Iterator[Outputs]:
        size = self._fixed or AT_ONCE
        for start in range(0, len(silenced), size):
            now = silenced[start : start + size]
            copies = self._fixed or len(now)
            keep = {address: np.ones((copies, heads), "float32") for address, heads in self._heads.items()}
            for row, one in enumerate(now):
                if one is not None:
                    keep[one[0]][row, one[1]] = 0
            by_name = {self._names[self._number[address]]: _tensor(value) for address, value in keep.items()}
            with self._lock:
                batch = Batch(0, 0, 1, inputs).row(0).filled_to(copies).inputs
                outputs, logits = self._run_it(batch, by_name)
            for row in range(len(now)):
                yield Outputs(tuple(_row(x, row) for x in outputs), tuple(x if x is None else _row(x, row) for x in logits))

    def _run(self, inputs: object, keep: Mapping[str, Any]) -> tuple[list[Any], list[Any]]:
        ops = import_keras().ops

        def change(number: int, scores: Any, places: int) -> Any:
            name = self._names.get(number)
            if name is None or self._eager:
                return None
            lead = [n if n is not None else ops.shape(scores)[axis] for axis, n in enumerate(scores.shape[: -2 * places])]
            return scores * ops.cast(ops.reshape(keep[name], [*lead, *[1] * (2 * places)]), scores.dtype)

        finder = ScoreFinder(self._model, change)
        with stateless(self._model), finder.finding():
            output = call(self._model, inputs, training=False)
        flat = [x for x in import_keras().tree.flatten(only_tensors(output)) if x is not None]
        return flat, [finder.logits(x) for x in flat]


def _tensor(x: np.ndarray) -> Any:
    return import_keras().ops.convert_to_tensor(x)


def _row(x: Any, row: int) -> np.ndarray:
    return np.asarray(x)[row] if len(x.shape) else np.asarray(x)
