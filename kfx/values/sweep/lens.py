"""Read the residual stream by the model's own head: what the model would answer if it ended after each block."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kfx.errors import KfxError, PatchError
from kfx.keras_access.forward import call
from kfx.keras_access.hooks import listening
from kfx.keras_access.importing import import_keras
from kfx.keras_access.tensorflow.compiled import Compiled
from kfx.keras_access.untouched import stateless
from kfx.model.read.sizes.graph_inputs import expected_inputs, fixed_batch
from kfx.values.attention.finder import ScoreFinder
from kfx.values.data.batches import Batch
from kfx.values.features import Features, address_text, to_numpy
from kfx.values.patching.hook import PatchHook
from kfx.values.source import ValueSource
from kfx.values.sweep.examples import gathered, one_batch
from kfx.values.sweep.stream import residual_stream
from kfx.values.tap.attempt import Attempt
from kfx.values.tap.calls import traced_calls
from kfx.values.tap.program import only_tensors

if TYPE_CHECKING:
    import keras

AT_ONCE = 64  # rows in one pass
TOLERANCE = 1e-4  # of the probabilities, between the last row and the model's own output
Head = Callable[[Any], Any]


@dataclass(frozen=True, eq=False)
class Read:
    """What the head reads, with the most probable first.

    Attributes:
        addresses: The values that are read, in the order in which the model computes them.
        tokens: ``(address, example, place, top)`` numbers of the most probable units.
        probabilities: ``(address, example, place, top)`` of each.
        answer: ``(example, place)`` the unit that the model answers.
        answer_probability: ``(address, example, place)`` the probability of that unit.
        answer_rank: ``(address, example, place)`` how many units are more probable than it.
        units: How many units the output has.
        scored: Whether the output holds scores, whose softmax the probabilities are.
        sequence: Whether the model answers at each place.
    """

    addresses: tuple[str, ...]
    tokens: np.ndarray
    probabilities: np.ndarray
    answer: np.ndarray
    answer_probability: np.ndarray
    answer_rank: np.ndarray
    units: int
    scored: bool
    sequence: bool


def read_stream(
    model: keras.Model,
    data: object,
    layers: object = None,
    *,
    top: int = 5,
    answers: object = None,
    head: Head | None = None,
    run_eagerly: bool | None = None,
) -> Read:
    """Return what the head reads at each address; see `kfx.lens`."""
    if isinstance(top, bool) or not isinstance(top, int) or top < 1:
        raise ValueError(f"`top` is {top!r}; expected a whole number of at least 1.")
    batch = one_batch(model, data, "data")
    attempt = Attempt(model, "*", training=False, run_eagerly=run_eagerly)
    wanted = list(attempt(batch, lambda: residual_stream(model, batch.inputs))) if layers is None else layers
    source = ValueSource(model, wanted, run_eagerly=attempt.run_eagerly, output=True, carries=False)
    fixed = fixed_batch(expected_inputs(model))
    reader: _Reader | None = None
    found: list[dict[str, np.ndarray]] = []
    step = fixed or 1
    start = 0
    while start < batch.size:
        rows = list(range(start, min(start + step, batch.size)))
        piece = Batch(0, 0, len(rows), gathered(batch.inputs, rows)).filled_to(fixed)
        values = source(piece)
        if reader is None:
            _require_one_stream(values)
            reader = _Reader(model, tuple(values), batch, top, head, attempt, fixed)
            step = fixed or max(1, AT_ONCE // len(values))
        own = None if answers is None else _answers(answers, batch.size)[rows]
        found.append(reader(piece.as_it_came().inputs, len(rows), values, own))
        start += len(rows)
    assert reader is not None
    joined = {key: np.concatenate([one[key] for one in found], axis=int(key != "answer")) for key in found[0]}
    return Read(reader.keys, **joined, units=reader.units, scored=reader.scored, sequence=reader.sequence)


def _answers(answers: object, count: int) -> np.ndarray:
    """Return the units whose probability is asked for, ``(example, ...)``."""
    found = np.asarray(answers)
    if found.dtype.kind not in "iu" or found.shape[:1] != (count,):
        raise ValueError(
            f"`answers` has shape {found.shape} and holds {found.dtype}; expected the number of a unit for each of the {count} "
            "examples and each place."
        )
    return found.astype("int32")


def _require_one_stream(values: Features) -> None:
    """Refuse values that cannot take each other's place.

    Raises:
        ValueError: One address returns several tensors, or two have different shapes.
    """
    last = list(values)[-1]
    for key, value in values.items():
        if not isinstance(value, np.ndarray) or value.dtype == object:
            raise ValueError(f"{address_text(key)!r} does not return one array; expected what a block adds to its input.")
        if value.shape != values[last].shape:
            a, b = (("batch", *one.shape[1:]) for one in (value, values[last]))
            raise ValueError(
                f"{address_text(key)!r} has values of shape ({', '.join(map(str, a))}) and {address_text(last)!r} of "
                f"({', '.join(map(str, b))}); the head reads only values of the shape that it is made for."
            )


class _Reader:
    """Read values of several addresses as if each were those of the last: one pass, of which only the head is computed."""

    def __init__(
        self,
        model: keras.Model,
        keys: tuple[str, ...],
        batch: Batch,
        top: int,
        head: Head | None,
        attempt: Attempt,
        fixed: int | None,
    ) -> None:
        self.keys, self._model, self._top, self._head, self._fixed = keys, model, top, head, fixed
        self._attempt = attempt
        self._now: Any = None
        self.units, self.scored, self.sequence = 0, True, True
        self._kind = _made_by(model, batch.inputs, keys[-1]) if head is None else ""
        self._hook = PatchHook(model, {keys[-1]: lambda x: self._now}, batch.inputs)
        self._run_it = self._run if attempt.run_eagerly else Compiled(self._run)

    def __call__(self, inputs: object, count: int, values: Features, answers: np.ndarray | None) -> dict[str, np.ndarray]:
        """Return arrays by the names of `Read`'s attributes for some examples."""
        layers = len(self.keys)
        rows = np.tile(np.arange(count, dtype="int32"), layers)
        stacked = np.concatenate([values[key] for key in self.keys])
        size = self._fixed or len(rows)
        pieces = [
            self._piece(gathered(inputs, rows[start : start + size]), stacked[start : start + size])
            for start in range(0, len(rows), size)
        ]
        if self.keys[-1] not in self._hook.reached:
            raise PatchError(f"{address_text(self.keys[-1])!r} was not reached: the model does not call it for these inputs.")
        output = np.concatenate(pieces) if len(pieces) > 1 else pieces[0]
        output = output.reshape(layers, count, -1, output.shape[-1])
        self._compare(output[-1], values.output)
        return self._figures(output, answers)

    def _piece(self, inputs: object, stream: np.ndarray) -> np.ndarray:
        """Return what the head reads in some rows."""
        count = len(stream)
        batch = Batch(0, 0, count, inputs).filled_to(self._fixed)
        filled = np.concatenate([stream, np.repeat(stream[-1:], batch.filled, axis=0)])
        return to_numpy(self._attempt(batch, lambda: self._run_it(batch.inputs, filled)))[:count]

    def _run(self, inputs: object, stream: Any) -> Any:
        keras = import_keras()
        self._now = keras.ops.convert_to_tensor(stream)
        finder = ScoreFinder(self._model)
        with stateless(self._model), finder.finding(), listening(self._hook, place="innermost"):
            output = only_tensors(call(self._model, inputs, training=False))
            if self._head is not None:
                output = self._head(output)
        self._now = None
        x = self._one(output)
        self.scored = finder.logits(x) is None
        return keras.ops.softmax(keras.ops.cast(x, "float32"), axis=-1) if self.scored else x

    def _one(self, output: object) -> Any:
        """Return the output as one tensor of scores.

        Raises:
            ValueError: It is no list of scores, or one for each place.
        """
        flat = [x for x in import_keras().tree.flatten(output) if x is not None]
        name = str(self._model.name)
        if len(flat) != 1 or len(flat[0].shape) not in (2, 3) or (flat[0].shape[-1] or 2) < 2:
            shapes = ", ".join(str(("batch", *x.shape[1:])).replace("'", "") for x in flat)
            raise ValueError(
                f"{name!r} returns {shapes}; expected a score for each token or class: (batch, place, unit) or (batch, unit). "
                "Give head=, a function of the output that returns them."
            )
        if self._kind:
            raise ValueError(
                f"{name!r} ends with {self._kind}, so that it returns features and no scores of tokens. Give the model with "
                "its head, e.g. a CausalLM of KerasHub, or head=, a function of the output that returns scores."
            )
        self.units, self.sequence = int(flat[0].shape[-1]), len(flat[0].shape) == 3
        return flat[0]

    def _compare(self, last: np.ndarray, output: Any) -> None:
        """Refuse a reading whose last row is not what the model itself returns.

        Raises:
            KfxError: They differ, because a head that does not only read the last values.
        """
        if self._head is not None:
            output = to_numpy(self._head(import_keras().tree.map_structure(import_keras().ops.convert_to_tensor, output)))
        own = np.asarray(import_keras().tree.flatten(output)[0], "float64")
        if self.scored:
            own = np.exp(own - own.max(axis=-1, keepdims=True))
            own /= own.sum(axis=-1, keepdims=True)
        far = np.abs(own.reshape(last.shape) - last).max(initial=0)
        if not far <= TOLERANCE:
            why = "there are NaN in the model's output" if not np.isfinite(far) else f"they differ by {far:.2g}"
            raise KfxError(
                f"The last row of the lens is not the output of {str(self._model.name)!r}: {why}. "
                "Is the output computed anew in each run?"
            )

    def _figures(self, found: np.ndarray, answers: np.ndarray | None) -> dict[str, np.ndarray]:
        """Return the arrays of `Read` from probabilities ``(address, example, place, unit)``."""
        _, count, places, units = found.shape
        if answers is not None and answers.size != count * places:
            raise ValueError(f"`answers` has {answers.shape[1:]} places; the model answers at {places}.")
        answer = found[-1].argmax(axis=-1).astype("int32") if answers is None else answers.reshape(count, places)
        wrong = answer[(answer < 0) | (answer >= units)]
        if wrong.size:
            raise ValueError(f"`answers` holds {wrong[0]}; the output has {units:,} units, 0 to {units - 1:,}.")
        top = min(self._top, units)
        order = np.argsort(-found, axis=-1, kind="stable")[..., :top].astype("int32")
        its = np.take_along_axis(found, np.broadcast_to(answer, found.shape[:3])[..., None], axis=-1)
        return {
            "tokens": order,
            "probabilities": np.take_along_axis(found, order, axis=-1),
            "answer": answer,
            "answer_probability": its[..., 0],
            "answer_rank": (found > its).sum(axis=-1).astype("int32"),
        }


def _made_by(model: keras.Model, inputs: object, last: str) -> str:
    """Return what makes the output where that is the stream itself or its normalisation; ``""`` for a head."""
    made = traced_calls(model, inputs).calls
    calls = [call for call in made if call.parent is None and call.kind not in ("input", "op")]
    if not calls:
        return ""
    end = calls[-1]
    if end.key == last or last.startswith(f"{end.key}/"):
        inside = [call for call in made if call.parent == end.key and call.kind not in ("input", "op")]
        end = inside[-1] if last.startswith(f"{end.key}/") and inside else end
    return f"{address_text(end.key)!r}" if "norm" in end.type.lower() or end.key == last else ""
