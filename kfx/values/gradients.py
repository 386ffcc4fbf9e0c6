"""`kfx.gradients`: gradients of an output or a loss by the values at any addresses, or by the inputs."""

from __future__ import annotations

import contextlib
import operator
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, SupportsIndex

from kfx.keras_access.forward import call
from kfx.keras_access.hooks import listening
from kfx.keras_access.importing import import_keras
from kfx.keras_access.states import CarriedStates, states_of
from kfx.keras_access.tensorflow.compiled import Compiled
from kfx.keras_access.untouched import stateless
from kfx.values.data.apart import usable
from kfx.values.data.batches import Batch, Batches
from kfx.values.data.floats import as_floats, with_zeros
from kfx.values.features import Features, address_text, labelled, map_arrays, to_numpy
from kfx.values.join import join_batches
from kfx.values.parts import runnable
from kfx.values.patching.hook import replaces_operations
from kfx.values.tap.attempt import Attempt
from kfx.values.tap.choose import choose_addresses
from kfx.values.tap.logits import logits_noted
from kfx.values.tap.opening import opening_of
from kfx.values.tap.program import cached, only_tensors, pick
from kfx.values.tap.recorder import Recorder
from kfx.values.tap.visit import BESIDE, Named
from kfx.values.tap.watched import shaped_like, watch_values, watched

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

INPUTS = "inputs"

Aim = tuple[str, Any] | Callable[[Any], object]
# (inputs, labels, states of recurrent layers) -> gradients by address, and the states after the batch
Run = Callable[[object, object, list[Any]], tuple[dict[str, object], list[Any]]]


def gradients(
    model: keras.Model,
    data: object,
    layers: object = "*",
    *,
    target: int | str | Callable[[Any], object] | None = None,
    loss: str | keras.Loss | Callable[..., object] | None = None,
    labels: object = None,
    logits: bool = False,
    training: bool = False,
    batch_size: int | None = None,
) -> Features:
    """Compute the gradient of a scalar of each example with respect to the values at some addresses.

    Args:
        model: A built Keras model of any kind.
        data: As for `kfx.extract`.
        layers: As for `kfx.extract`: the values to differentiate by.
        target: The scalar. None: each example's largest output (its predicted class). A number: that unit of the output's
            last axis. An address: the sum of the values there. A function of the model's output that returns one number for
            each example, or any tensor, which is summed.
        loss: In place of ``target``: a Keras loss or its name, of ``labels`` and the model's output, summed over examples.
        labels: For ``loss``, with arrays; a data set of ``(inputs, labels)`` brings its own.
        logits: With a largest output or a unit as ``target``: take the logit, the input of the softmax or sigmoid that makes
            the output, in place of a probability, whose gradient is almost 0 where it is near 1. It is found in the model's
            operations; an output that is made in another way counts as it is.
        training: Run as in training; the model's state is left as it was.
        batch_size: Examples in one pass, for arrays; None takes 32.

    Returns:
        A mapping from addresses to arrays shaped like the values there; zeros where the target does not depend on them.
        Each example's gradient is that of its own target (batch normalisation in training mixes examples). Addresses
        whose values are whole numbers have no gradient and are refused by name, and left out of a pattern.

    Raises:
        ValueError: As for `kfx.extract`, or a target that does not fit the output.
        UnbuiltModelError: As for `kfx.extract`.
        ExtractionError: As for `kfx.extract`.

    Example:
        >>> import keras, kfx, numpy as np
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="hidden"), keras.layers.Dense(2)])
        >>> kfx.gradients(model, np.ones((8, 4)), "hidden", target=1)["hidden"].shape
        (8, 3)
    """
    if logits and (loss is not None or callable(target) or isinstance(target, str)):
        raise ValueError("`logits` goes with a largest output or a unit as `target`; a loss, function or address says itself.")
    found = _run(model, data, layers, target, loss, labels, training, batch_size, logits=bool(logits))
    return Features({key: value for key, value in found.items() if value is not None})


def input_gradients(
    model: keras.Model, data: object, *, target: object, training: bool = False, batch_size: int | None = None
) -> object:
    """Return the gradients by the inputs, in the structure in which the model takes them; None for inputs without any.

    Whole numbers that the model calculates with count as floating-point numbers.
    """
    return _run(model, data, None, target, None, None, training, batch_size)[INPUTS]


def _run(
    model: keras.Model,
    data: object,
    layers: object,
    target: object,
    loss: object,
    labels: object,
    training: bool,
    batch_size: int | None,
    *,
    logits: bool = False,
) -> Mapping[str, object]:
    if loss is not None and target is not None:
        raise ValueError("Both `target` and `loss` were given; give one of them.")
    if labels is not None and loss is None:
        raise ValueError("`labels` were given without `loss`; say which, e.g. loss='sparse_categorical_crossentropy'.")
    wanted = [] if layers is None else list(layers) if isinstance(layers, list | tuple | set | frozenset) else [layers]
    model = runnable(model, [*wanted, *([target] if isinstance(target, str) else [])] or "*", data)
    batches = Batches(model, data, batch_size=batch_size, labels=labels, usual=32)
    attempt = Attempt(model, "*" if layers is None else layers, training=bool(training))
    one = _Gradient(model, layers, target, loss, attempt, logits=logits)

    def values(batch: Batch) -> Features:
        batch = usable(batch, model, training=bool(training))
        return attempt(batch, partial(one, batch))

    found = join_batches(values, batches)
    for key in layers if isinstance(layers, list | tuple | set | frozenset) else [layers]:
        if isinstance(key, str) and key in found and not list(labelled(key, found[key])):
            raise ValueError(
                f"The values of {address_text(key)!r} are whole numbers or text and have no gradient; choose a later address."
            )
    return found


class _Gradient:
    """Compute the gradients of one batch after another; with ``layers`` None, by the inputs."""

    def __init__(
        self, model: keras.Model, layers: object, target: object, loss: object, attempt: Attempt, *, logits: bool = False
    ) -> None:
        self.logits = logits
        self.model, self.layers, self.target, self.loss, self.attempt = model, layers, target, loss, attempt
        self.training, self._eager = attempt.training, attempt.run_eagerly
        self._rows: tuple[int, ...] = ()  # of a filled batch: its examples and the copies
        self.keys: tuple[str, ...] = ()
        self._run: Run | None = None
        self.states = CarriedStates(model)

    def __call__(self, batch: Batch) -> Features:
        if self.loss is not None and batch.labels is None:
            raise ValueError("`loss` needs labels: give labels=..., or a data set of (inputs, labels).")
        rows = (batch.size, batch.filled) if batch.filled else ()
        if self._run is None or (self._eager, self._rows) != (self.attempt.run_eagerly, rows):
            self._eager, self._rows = self.attempt.run_eagerly, rows
            self._run = self._made(batch)
        labels = batch.labels if self.loss is not None else None
        inputs = batch.inputs if self.layers is not None else as_floats(self.model, batch.inputs)
        found, after = self._run(inputs, labels, self.states.now)
        if self.layers is None:
            found = {INPUTS: with_zeros(found[INPUTS], batch.inputs)}
        self.states.after_batch(after)
        self.states.advance()
        return Features({key: map_arrays(batch.cut, to_numpy(found[key])) for key in self.keys or (INPUTS,)})

    def _made(self, batch: Batch) -> Run:
        model, training = self.model, self.training
        if self.layers is not None:
            self.keys = choose_addresses(model, self.layers, batch.inputs, training=training, run_eagerly=self._eager)
        aim, eager, rows = self._aim(batch), self._eager, self._rows
        cut = partial(Batch.cut, replace(batch, inputs=None, labels=None))

        def make() -> Run:
            loss = import_keras().losses.get(self.loss) if self.loss is not None else None
            return _compiled(weakref.ref(model), self.keys, aim, loss, training, eager, cut, logits=self.logits)

        if callable(aim) or not isinstance(self.loss, str | None):
            return make()  # a user's function may hold the model, so the result cannot be cached with it
        return cached(model, (gradients, self.keys, aim, self.loss, training, eager, rows, self.logits), make)

    def _aim(self, batch: Batch) -> Aim:
        """Return ``("largest", None)``, ``("unit", number)``, ``("addresses", keys)``, or the user's function of the output."""
        target = self.target
        if target is None:
            return ("largest", None)
        if callable(target):
            return target
        if isinstance(target, str):
            keys = choose_addresses(self.model, target, batch.inputs, training=self.training, run_eagerly=self._eager)
            return ("addresses", keys)
        if isinstance(target, bool) or not isinstance(target, SupportsIndex):
            raise TypeError(f"`target` is {type(target).__name__!r}; expected a unit's number, an address, a function or None.")
        return ("unit", operator.index(target))


def _compiled(
    model: Callable[[], keras.Model],
    keys: tuple[str, ...],
    aim: Aim,
    loss: keras.Loss | Callable[..., object] | None,
    training: bool,
    eager: bool,
    cut: Callable[[Any], Any],
    *,
    logits: bool,
) -> Run:
    import tensorflow as tf

    def run(inputs: object, labels: object, states: list[Any]) -> tuple[dict[str, object], list[Any]]:
        named_keys = (*keys, *(aim[1] if not callable(aim) and aim[0] == "addresses" else ()))
        opening = opening_of(model(), named_keys)
        symbolic = not eager and (bool(opening) or replaces_operations())  # a tape is wrong through a replaced operation
        held = states_of(model()) if states else []
        with contextlib.ExitStack() as stack:
            tape = None if symbolic else stack.enter_context(tf.GradientTape(watch_accessed_variables=False))
            watch = None if tape is None else partial(watch_values, tape)
            if watch is not None:
                watch(inputs)
            recorder = Recorder(model(), watch, opening)
            taken = zip(held, states, strict=True)
            with stateless(model(), taken) as scope, listening(recorder), logits_noted(logits) as before:
                made = only_tensors(call(model(), inputs, training))
            output = map_arrays(cut, made if before is None else map_arrays(before.or_itself, made))
            named = recorder.named()
            score = _loss(loss, labels, output) if loss is not None else _score(aim, output, named, model().name, cut)
        beside = [one.key for one in named if one.visit.beside and one.key in named_keys]
        if beside:
            raise ValueError(f"There is no gradient by the values at {address_text(beside[0])!r}: {BESIDE.why_not}.")
        values = pick(named, keys) if keys else {INPUTS: inputs}
        flat = [inner for key, value in values.items() for _, x in labelled(key, value) for inner in watched(x)]
        unconnected = tf.UnconnectedGradients.ZERO if keys else tf.UnconnectedGradients.NONE
        found = (tf.gradients if tape is None else tape.gradient)(score, flat, unconnected_gradients=unconnected)
        slopes = iter([None if x is None else tf.convert_to_tensor(x) for x in found])  # of a gather they are tf.IndexedSlices
        by_key = {
            key: map_arrays(lambda x: shaped_like(next(slopes), x) if watched(x) else None, value)
            for key, value in values.items()
        }
        return by_key, [scope.get_current_value(state) for state in held]

    return run if eager else Compiled(run)


def _score(aim: Aim, output: object, named: Sequence[Named], name: str, cut: Callable[[Any], Any]) -> tf.Tensor:
    """Return the sum over examples of the scalar to differentiate."""
    import tensorflow as tf

    if callable(aim):
        return tf.add_n([tf.reduce_sum(tf.cast(x, tf.float32)) for x in import_keras().tree.flatten(aim(output))])
    kind, what = aim
    if kind == "addresses":
        found = [cut(x) for key, value in pick(named, what).items() for _, x in labelled(key, value)]
        values = [inner for x in found for inner in watched(x)]
        return tf.add_n([tf.reduce_sum(tf.cast(x, tf.float32)) for x in values])
    outputs = import_keras().tree.flatten(output)
    if len(outputs) != 1:
        raise ValueError(
            f"Model {str(name)!r} has {len(outputs)} outputs; say which: target='a layer', or a function of the outputs."
        )
    x = outputs[0]
    if kind == "largest":
        flat = tf.reshape(x, [tf.shape(x)[0], -1])
        return tf.reduce_sum(tf.gather(flat, tf.argmax(flat, -1), batch_dims=1))  # one, also where two are equal
    size = x.shape[-1]
    if size is not None and not -size <= what < size:
        raise ValueError(f"`target` is {what}; the output of {str(name)!r} has {size} units, 0 to {size - 1}.")
    return tf.reduce_sum(x[..., what])


def _loss(loss: keras.Loss | Callable[..., object], labels: object, output: object) -> tf.Tensor:
    """Return the sum of the examples' losses: an example's share does not depend on the size of its batch."""
    import tensorflow as tf

    keras = import_keras()
    if isinstance(loss, keras.losses.Loss):
        labels = keras.tree.map_structure(keras.ops.convert_to_tensor, labels)
        return tf.reduce_sum(loss.call(labels, output))
    return tf.reduce_sum(loss(labels, output))
