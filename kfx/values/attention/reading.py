"""Run a model in one pass that returns the scores of its attention, and its own output."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from kfx.errors import KfxError
from kfx.keras_access.forward import call, checked
from kfx.keras_access.importing import import_keras
from kfx.keras_access.states import CarriedStates, states_of
from kfx.keras_access.tensorflow.compiled import Compiled
from kfx.keras_access.untouched import stateless
from kfx.model.facts import LayerCall
from kfx.values.attention.addresses import attention_calls, choose_attention
from kfx.values.attention.finder import ScoreFinder
from kfx.values.attention.shapes import by_heads, masked_places
from kfx.values.data.apart import usable
from kfx.values.data.batches import Batch
from kfx.values.features import Features, map_arrays, to_numpy
from kfx.values.tap.attempt import Attempt
from kfx.values.tap.program import cached, only_tensors

if TYPE_CHECKING:
    import keras


MASK = "\0masked"  # behind an address: where a mask keeps queries from keys


class Found(NamedTuple):
    """The attention that a pass found.

    Attributes:
        calls: The facts of every call; its ``key`` is its address.
        numbers: The number of each address's softmax in the run.
        chosen: The addresses that were asked for.
        between: Those that look from one series at another.
    """

    calls: tuple[LayerCall, ...] = ()
    numbers: Mapping[str, int] = MappingProxyType({})
    chosen: tuple[str, ...] = ()
    between: frozenset[str] = frozenset()


class AttentionPass:
    """One forward pass: ``run(inputs, states)`` returns the scores by address, the model's output and the states after it.

    Beside the scores of each address are its masks, under the address and `MASK`.

    Args:
        model: A built Keras model of any kind; held by a weak reference.
        layers: Which attention, see `choose_attention`.
        run_eagerly: Do not compile.

    Attributes:
        found: What was found, after the first run.
        refusal: The error to raise where nothing could be chosen.
    """

    def __init__(self, model: keras.Model, layers: object, *, run_eagerly: bool = False) -> None:
        self._model, self._layers = weakref.ref(model), layers
        self.found = Found()
        self.refusal: Exception | None = None
        self._run_it = self._run if run_eagerly else Compiled(self._run)

    def __call__(self, inputs: object, states: CarriedStates | None = None) -> tuple[dict[str, Any], object]:
        values, output, after = self._run_it(inputs, states.now if states else [])
        if states:
            states.after_batch(after)
        return values, output

    def _run(self, inputs: object, states: list[Any]) -> tuple[dict[str, Any], object, list[Any]]:
        model = self._model()
        finder = ScoreFinder(model)
        held = states_of(model) if states else []
        with stateless(model, zip(held, states, strict=True)) as scope, finder.finding():
            output = call(model, inputs, training=False)
        calls = attention_calls(finder)
        values: dict[str, Any] = {}
        try:
            chosen = choose_attention(model, calls, self._layers)
        except (KfxError, TypeError, ValueError) as error:  # raised when the pass is over: nothing failed in the model
            self.refusal = error.with_traceback(None)
        else:
            scores = dict(zip([one.key for one in calls], finder.scores, strict=True))
            batch = _batch_of(inputs)
            values = {key: by_heads(scores[key], batch) for key in chosen}
            values |= {f"{key}{MASK}": masked_places(scores[key], batch) for key in chosen}
            between = frozenset(key for key, score in scores.items() if score.between)
            self.found = Found(calls, {key: score.number for key, score in scores.items()}, tuple(chosen), between)
        after = [scope.get_current_value(state) for state in held]
        return values, only_tensors(output), after


class AttentionSource:
    """Compute the scores and masks of batches: ``source(batch)`` returns `Features` with the model's output.

    Args:
        model: A built Keras model.
        layers: Which attention, see `choose_attention`.
        run_eagerly: As for `kfx.extract`.
    """

    def __init__(self, model: keras.Model, layers: object = "*", *, run_eagerly: bool | None = None) -> None:
        self.model, self.layers = checked(model), layers
        self.attempt = Attempt(self.model, "*", training=False, run_eagerly=run_eagerly)
        self.states = CarriedStates(self.model)
        self.found = Found()

    def __call__(self, batch: Batch) -> Features:
        batch = usable(batch, self.model, training=False)
        values, output = self.attempt(batch, lambda: self._values(batch))
        self.states.advance()
        return Features(map_arrays(batch.cut, to_numpy(values)), output=map_arrays(batch.cut, to_numpy(output)))

    def _values(self, batch: Batch) -> tuple[dict[str, Any], object]:
        run = self._pass()
        found = run(batch.inputs, self.states)
        if run.refusal is not None:
            raise run.refusal
        self.found = run.found
        return found

    def _pass(self) -> AttentionPass:
        """Return the pass of this model and these layers, which is kept with the model where the layers are addresses."""
        eager = self.attempt.run_eagerly

        def make() -> AttentionPass:
            return AttentionPass(self.model, self.layers, run_eagerly=eager)

        if not isinstance(self.layers, str):
            return make()
        return cached(self.model, (AttentionPass, self.layers, eager), make)


def _batch_of(inputs: object) -> Any:
    """Return the number of examples of some inputs: of the first that has a batch axis."""
    keras = import_keras()
    for x in keras.tree.flatten(inputs):
        if x is not None and len(x.shape):
            return x.shape[0] if x.shape[0] is not None else keras.ops.shape(x)[0]
    return -1
