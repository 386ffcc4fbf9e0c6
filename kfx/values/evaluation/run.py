"""Evaluate a model: Keras's metrics, and in the same pass counts and the examples that tell most."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from kfx.errors import KfxError
from kfx.keras_access.importing import backend_name, import_keras
from kfx.keras_access.not_a_model import require_model
from kfx.keras_access.tensorflow.evaluating import outputs_taken
from kfx.values.evaluation.classes import ClassesEvaluation
from kfx.values.evaluation.labels import LabelsEvaluation
from kfx.values.evaluation.naming import belonging, inputs_by_name, outputs_by_name
from kfx.values.evaluation.numbers import ValuesEvaluation
from kfx.values.evaluation.scored import Scored
from kfx.values.evaluation.tasks import KINDS, Task, task_of
from kfx.values.features import to_numpy

if TYPE_CHECKING:
    import keras

OutputEvaluation = ClassesEvaluation | LabelsEvaluation | ValuesEvaluation
_MAKES: dict[str, Callable[[Task], OutputEvaluation]] = {
    "classes": ClassesEvaluation,
    "labels": LabelsEvaluation,
    "values": ValuesEvaluation,
}
_NOTHING = "The data hold no examples: not one batch came (has the generator been used up?)."


class Evaluation:
    """Takes batches of data and outputs, and counts for each output.

    Args:
        model: The model.
        kind: What the outputs are: one of `KINDS`, or a dict of these by output; None finds it out.

    Attributes:
        outputs: By name, ``""`` for the only one; empty before the first batch.
        notes: What could not be counted, in sentences.
        count: Examples so far.
    """

    def __init__(self, model: keras.Model, kind: object = None) -> None:
        self.model, self.count = model, 0
        self.outputs: dict[str, OutputEvaluation] = {}
        self.notes: list[str] = []
        self._kind, self._refused = kind, set[str]()
        for one in kind.values() if isinstance(kind, Mapping) else [kind]:
            if one is not None and one not in KINDS:
                raise ValueError(f"`kind` is {one!r}; expected one of {', '.join(map(repr, KINDS))}, or None.")

    def take(self, data: Any, outputs: Any, masks: Any = None) -> None:
        """Count a batch of ``(x, y, weights)`` and the model's output for it."""
        x, y, weights = import_keras().utils.unpack_x_y_sample_weight(data)
        found = {} if outputs is None else outputs_by_name(self.model, outputs)
        rows = len(next(iter(found.values()))) if found else _rows(x)
        if not found:
            self._note("The model's own test_step does not call the model, so that there are metrics only.")
        inputs = inputs_by_name(self.model, x)
        whole = {name: array for name, array in inputs.items() if array.ndim and len(array) == rows}
        numbers = np.arange(self.count, self.count + rows)
        self.count += rows
        for place, (name, predicted) in enumerate(found.items()):
            truth = belonging(y, name, place, len(found))
            if truth is None:
                self._note(f"{_named(name)} has no labels to compare with.")
                continue
            own = weights if isinstance(weights, Mapping | list | tuple) else None
            given = weights if own is None else belonging(own, name, place, len(found))
            mask = belonging(masks, name, place, len(found))
            batch = Scored(numbers, np.asarray(to_numpy(truth)), predicted, _array(given), _array(mask), whole)
            self._count(name, place, len(found), batch)

    def _count(self, name: str, place: int, outputs: int, batch: Scored) -> None:
        if name in self._refused:
            return
        part = self.outputs.get(name)
        if part is None:
            kind = belonging(self._kind, name, place, outputs)
            loss = belonging(getattr(self.model, "loss", None), name, place, outputs)
            try:
                task = task_of(batch.truth, batch.predicted, loss, kind)
            except ValueError as error:
                self._refused.add(name)
                self._note(f"{_named(name)} cannot be compared with its labels. {error}")
                return
            part = self.outputs[name] = _MAKES[task.kind](task)
        part.add(batch)

    def _note(self, sentence: str) -> None:
        if sentence not in self.notes:
            self.notes.append(sentence)


def run_evaluate(model: keras.Model, arguments: dict[str, Any], kind: object = None) -> tuple[dict[str, float], Evaluation]:
    """Run ``model.evaluate(**arguments)``; return its metrics by name, and what was counted beside it.

    Raises:
        TypeError: ``model`` is not a Keras model.
        KfxError: Keras does not run on TensorFlow.
        ValueError: The model is not compiled, or the data do not fit or hold no examples.
    """
    keras = import_keras()
    require_model(model, "a compiled keras.Model: kfx.evaluate(model, x, y)")
    if not isinstance(model, keras.Model):
        raise TypeError(f"`model` is a {type(model).__name__}; kfx.evaluate takes a keras.Model: kfx.evaluate(model, x, y).")
    if backend_name() != "tensorflow":
        raise KfxError(f"Keras runs on {backend_name()!r}; kfx.evaluate needs TensorFlow (KERAS_BACKEND=tensorflow).")
    if not model.compiled:
        raise ValueError(
            f"The model {str(model.name)!r} is not compiled, so it has no loss and no metrics. Compile it first: "
            "model.compile(loss=..., metrics=[...])."
        )
    _check_lengths(arguments)
    found = Evaluation(model, kind)
    try:
        with outputs_taken(model, found.take):
            metrics = model.evaluate(**arguments, return_dict=True)
    except ValueError as error:
        if "empty generator" not in str(error):
            raise
        raise ValueError(_NOTHING) from error
    if not found.count:
        raise ValueError(_NOTHING)
    return {str(name): float(value) for name, value in metrics.items()}, found


def _check_lengths(arguments: Mapping[str, Any]) -> None:
    """Refuse arrays without examples, or of different lengths, which Keras refuses in many lines."""
    lengths: dict[str, set[int]] = {}
    for name in ("x", "y", "sample_weight"):
        for one in import_keras().tree.flatten(arguments.get(name)):
            shape = getattr(one, "shape", None)
            if shape is not None and len(shape) and isinstance(shape[0], int):
                lengths.setdefault(name, set()).add(shape[0])
    if any(0 in found for found in lengths.values()):
        raise ValueError("The data hold no examples: the first axis has length 0.")
    if len(set().union(*lengths.values())) > 1:
        words = " and ".join(f"`{name}` {_of_lengths(found)}" for name, found in lengths.items())
        raise ValueError(f"{words} examples; expected the same number in each.")


def _of_lengths(found: set[int]) -> str:
    return "has " + ", ".join(f"{n:,}" for n in sorted(found))


def _named(name: str) -> str:
    return f"The output {name!r}" if name else "The output"


def _array(x: Any) -> np.ndarray | None:
    return None if x is None else np.asarray(to_numpy(x))


def _rows(x: Any) -> int:
    found = [to_numpy(one) for one in import_keras().tree.flatten(x) if one is not None]
    return max((len(one) for one in found if np.ndim(one)), default=0)
