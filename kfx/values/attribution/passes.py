"""Compiled passes of one model: its outputs, the score of each example, and what that depends on by gradients."""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from kfx.keras_access.forward import call
from kfx.keras_access.hooks import listening
from kfx.keras_access.importing import import_keras
from kfx.keras_access.tensorflow.compiled import Compiled
from kfx.keras_access.untouched import stateless
from kfx.values.attribution.goal import Goal
from kfx.values.attribution.recorder import GivenRecorder, Position
from kfx.values.features import labelled, map_arrays
from kfx.values.tap.logits import logits_noted
from kfx.values.tap.opening import opening_of
from kfx.values.tap.program import only_tensors, pick
from kfx.values.tap.watched import sum_by_example, watch_values, watched

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

    from kfx.values.tap.visit import Named

Values = dict[str, Any]


@dataclass
class _Forward:
    """What one pass made."""

    output: Any
    logits: Any
    named: Sequence[Named]
    tape: tf.GradientTape | None


class Passes:
    """Compiled passes of one model towards one goal.

    Args:
        model: The model, held by a weak reference.
        goal: What is attributed.
        positions: Where the values are that can be given in place of what a layer returns, by address.
        eager: Do not compile.
        addresses: Those of the goal, where that is an address.
    """

    def __init__(
        self,
        model: keras.Model,
        goal: Goal,
        positions: Mapping[str, Position],
        *,
        eager: bool,
        addresses: Sequence[str] = (),
    ) -> None:
        self._model, self.goal, self._positions = weakref.ref(model), goal, dict(positions)
        self._eager, self._addresses = eager, tuple(addresses)
        self._made: dict[Any, Callable[..., Any]] = {}
        self.weights: list[Any] = []  # in place of the model's own trainable ones; empty for those
        self._instead: list[tuple[Any, Any]] = []  # the same while a pass is traced: variables with values

    def _run(self, name: Any, function: Callable[..., Any], *inputs: Any) -> Any:
        def run(weights: list[Any], *inputs: Any) -> Any:
            model = self._model()
            assert model is not None
            self._instead = list(zip(model.trainable_variables, weights, strict=True)) if weights else []
            try:
                return function(*inputs)
            finally:
                self._instead = []

        if name not in self._made:
            self._made[name] = run if self._eager else Compiled(run)
        return self._made[name](self.weights, *inputs)

    def plain(self, inputs: object) -> tuple[Any, Any]:
        """Return the output, and the same with logits in place of what a softmax or sigmoid makes."""
        return self._run("plain", self._plain, inputs)

    def _plain(self, inputs: object) -> tuple[Any, Any]:
        made = self._forward(inputs, {}, ())
        return made.output, made.logits

    def scores(self, inputs: object, units: Any) -> Any:
        """Return the score of each example, ``(batch,)``."""
        return self.placed(inputs, {}, units)

    def placed(self, inputs: object, values: Values, units: Any) -> Any:
        """Return the score of each example with some values in place, ``(batch,)``."""
        return self._run("placed", self._placed, inputs, values, units)

    def _placed(self, inputs: object, values: Values, units: Any) -> Any:
        return self._score(self._forward(inputs, values, ()), units)

    def begin(self, inputs: object, keys: Sequence[str]) -> Values:
        """Return the values at some places."""
        keys = tuple(keys)
        return self._run(("begin", keys), partial(self._begin, keys), inputs)

    def _begin(self, keys: Sequence[str], inputs: object) -> Values:
        inside = [key for key in keys if key in self._positions]
        flat = import_keras().tree.flatten(inputs)
        own = {key: flat[int(key[1:])] for key in keys if key not in self._positions}
        return own | {key: _first(x) for key, x in pick(self._forward(inputs, {}, inside).named, inside).items()}

    def slopes(self, inputs: object, values: Values, units: Any) -> tuple[Any, Values]:
        """Return the scores with some values in place, and their gradients by them; None where there is no path."""
        return self._run("slopes", self._slopes, inputs, values, units)

    def _slopes(self, inputs: object, values: Values, units: Any) -> tuple[Any, Values]:
        with self._taping() as tape:
            made = self._forward(inputs, values, (), tape)
            score = self._score(made, units)
        return score, dict(zip(values, self._by(made, score, list(values.values())), strict=True))

    def path(self, inputs: object, start: Values, end: Values, at: Any, weights: Any, units: Any) -> tuple[Any, Values]:
        """Return scores and weighted sums of gradients at some points between two ends.

        Args:
            inputs: ``rows`` examples.
            start: Values at alpha 0.
            end: Values at alpha 1.
            at: The alphas, ``(points,)``.
            weights: Of the gradients at each, ``(points,)``.
            units: ``(rows, units)``.

        Returns:
            Scores ``(rows, points)``, and by place sums shaped like the values; None without a path.
        """
        return self._run("path", self._path, inputs, start, end, at, weights, units)

    def _path(self, inputs: object, start: Values, end: Values, at: Any, weights: Any, units: Any) -> tuple[Any, Values]:
        import tensorflow as tf

        points, rows = tf.shape(at)[0], tf.shape(units)[0]
        alphas = tf.tile(at, [rows])
        between = {
            key: repeated(start[key], points)
            + _beside(tf.cast(alphas, x.dtype), x) * (repeated(x, points) - repeated(start[key], points))
            for key, x in end.items()
        }
        return self._summed(inputs, between, weights, units, points, rows)

    def noisy(self, inputs: object, values: Values, spread: Values, seeds: Any, units: Any) -> tuple[Any, Values]:
        """Return scores and means of gradients at values with noise.

        Args:
            inputs: ``rows`` examples.
            values: The values.
            spread: The standard deviation of the noise of each example, by place, ``(rows,)``.
            seeds: ``(samples, 2)``; each draws noise of the form of one example, so that it does not depend on the batch.
            units: As for `path`.
        """
        return self._run("noisy", self._noisy, inputs, values, spread, seeds, units)

    def _noisy(self, inputs: object, values: Values, spread: Values, seeds: Any, units: Any) -> tuple[Any, Values]:
        import tensorflow as tf

        samples, rows = tf.shape(seeds)[0], tf.shape(units)[0]
        given = {}
        for number, (key, x) in enumerate(values.items()):
            shape = tf.shape(x)[1:]
            draws = tf.map_fn(
                lambda seed, n=number, shape=shape: tf.random.stateless_normal(shape, seed + tf.constant([0, n])),
                seeds,
                fn_output_signature=tf.float32,
            )
            noise = tf.tile(draws, tf.concat([[rows], tf.ones_like(shape)], 0))
            wide = _beside(tf.repeat(spread[key], samples), x)
            given[key] = repeated(x, samples) + tf.cast(wide * noise, x.dtype)
        weights = tf.fill([samples], 1 / tf.cast(samples, tf.float32))
        return self._summed(inputs, given, weights, units, samples, rows)

    def _summed(self, inputs: object, values: Values, weights: Any, units: Any, points: Any, rows: Any) -> tuple[Any, Values]:
        import tensorflow as tf

        many = import_keras().tree.map_structure(lambda x: repeated(x, points), inputs)
        score, slopes = self._slopes(many, values, tf.repeat(units, points, axis=0))
        sums: Values = {}
        for key, slope in slopes.items():
            if slope is None:
                sums[key] = None
                continue
            apart = tf.reshape(slope, tf.concat([[rows, points], tf.shape(slope)[1:]], 0))
            sums[key] = tf.einsum("rp...,p->r...", apart, tf.cast(weights, apart.dtype))
        return tf.reshape(score, [rows, points]), sums

    def cam(self, inputs: object, units: Any, keys: Mapping[str, int], method: str) -> tuple[Any, Values]:
        """Return scores and the class activation map at some addresses, each with the number of its axis of channels."""
        pairs = tuple(keys.items())
        return self._run(("cam", pairs, method), partial(self._cam, pairs, method), inputs, units)

    def _cam(self, keys: Sequence[tuple[str, int]], method: str, inputs: object, units: Any) -> tuple[Any, Values]:
        import tensorflow as tf

        with self._taping() as tape:
            made = self._forward(inputs, {}, [key for key, _ in keys], tape)
            score = self._score(made, units)
        found = pick(made.named, [key for key, _ in keys])
        values = [_first(found[key]) for key, _ in keys]
        maps: Values = {}
        for (key, axis), x, slope in zip(keys, values, self._by(made, score, values), strict=True):
            if slope is None:
                maps[key] = None
                continue
            x, slope = tf.cast(x, tf.float32), tf.cast(slope, tf.float32)
            space = [n for n in range(1, x.shape.rank) if n != axis]
            weights = tf.nn.relu(slope) if method == "layercam" else tf.reduce_mean(slope, space, keepdims=True)
            maps[key] = tf.nn.relu(tf.reduce_sum(weights * x, axis))
        return score, maps

    @contextlib.contextmanager
    def _taping(self) -> Iterator[tf.GradientTape | None]:
        """Record for gradients where the model runs eagerly; in a graph they are taken from the graph itself."""
        import tensorflow as tf

        if not self._eager:
            yield None
            return
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            yield tape

    def _forward(
        self,
        inputs: object,
        values: Values,
        keys: Sequence[str],
        tape: tf.GradientTape | None = None,
    ) -> _Forward:
        tree, model = import_keras().tree, self._model()
        flat = tree.flatten(inputs)
        for key in values:
            if key not in self._positions:
                flat[int(key[1:])] = values[key]
        inside = {self._positions[key]: x for key, x in values.items() if key in self._positions}
        if tape is not None:
            watch_values(tape, list(values.values()))
        on_output = None if tape is None or values else partial(watch_values, tape)
        named_keys = (*keys, *self._addresses)
        recorder = GivenRecorder(model, inside, on_output, opening_of(model, named_keys))
        with stateless(model, self._instead), listening(recorder), logits_noted() as logits:
            output = only_tensors(call(model, tree.pack_sequence_as(inputs, flat), False))
        assert logits is not None
        named = recorder.named() if named_keys else ()
        return _Forward(output, map_arrays(logits.or_itself, output), named, tape)

    def _score(self, made: _Forward, units: Any) -> Any:
        """Return the score of each example, ``(batch,)`` float32."""
        import tensorflow as tf

        goal = self.goal
        if goal.kind == "address":
            found = [x for key, value in pick(made.named, self._addresses).items() for _, x in labelled(key, value)]
            return tf.add_n([sum_by_example(inner) for x in found for inner in watched(x)])
        if goal.kind == "function":
            assert goal.function is not None
            made_of = import_keras().tree.flatten(goal.function(made.output))
            return tf.add_n([sum_by_example(tf.convert_to_tensor(x)) for x in made_of])
        x = list(labelled("", made.logits if goal.logits else made.output))[goal.output][1]
        rank = x.shape.rank
        if rank is not None and rank > 2 and goal.kind != "largest":  # a unit of every place
            chosen = tf.reduce_sum(x, axis=list(range(1, rank - 1)))
        else:
            chosen = tf.reshape(x, [tf.shape(x)[0], -1])
        picked = tf.cast(tf.gather(chosen, units, axis=1, batch_dims=1), tf.float32)
        return picked[:, 0] - picked[:, 1] if goal.kind == "contrast" else picked[:, 0]

    def _by(self, made: _Forward, score: Any, values: Sequence[Any]) -> list[Any]:
        """Return the gradients of the scores' sum; None for a value that there is no differentiable path from."""
        import tensorflow as tf

        found = (tf.gradients if made.tape is None else made.tape.gradient)(score, values)
        return [None if x is None else tf.convert_to_tensor(x) for x in found]


def _first(value: Any) -> Any:
    """Return the first floating-point tensor of what a call returned."""
    return next((inner for _, x in labelled("", value) for inner in watched(x)), None)


def repeated(x: Any, times: Any) -> Any:
    """Return every example of a tensor so many times; a single number or None stays."""
    import tensorflow as tf

    return x if x is None or not len(x.shape) else tf.repeat(x, times, axis=0)


def _beside(numbers: Any, x: Any) -> Any:
    """Return a number for each example in a shape that is broadcast to some values."""
    import tensorflow as tf

    return tf.reshape(numbers, [-1, *[1] * (len(x.shape) - 1)])
