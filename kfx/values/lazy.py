"""Compute the values inside a model for one example at a time, when they are needed, and cache them within a bound."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from itertools import islice
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from kfx.keras_access import internals
from kfx.keras_access.forward import checked, eagerly
from kfx.keras_access.importing import import_keras
from kfx.keras_access.untouched import drawing
from kfx.values.data.batches import Batch, Batches
from kfx.values.data.names import input_names, named_outputs
from kfx.values.features import Features, labelled, to_numpy
from kfx.values.patch import patched
from kfx.values.source import ValueSource
from kfx.values.tap.attempt import Attempt
from kfx.values.tap.calls import Calls, addressable_calls
from kfx.values.tap.program import Program

if TYPE_CHECKING:
    import keras

HELD_EXAMPLES = 64  # examples taken from data that come in batches of their own
ONE_PASS_BYTES = 256_000_000  # if all layers of one example take less, one compiled pass returns all of them
KEPT_BYTES = 512_000_000  # of values cached over all examples
KEPT_PROGRAMS = 8  # compiled models with a mask at one call


class LazyValues:
    """Values at any address for any of the examples, computed when they are first needed.

    All layers of one example come from one compiled pass, unless they would take more than `ONE_PASS_BYTES`: then each layer
    has a pass of its own. When the model's weights change, the cache is cleared.

    Args:
        model: A built Keras model of any kind.
        data: As for `kfx.extract`; of a data set or generator the first `HELD_EXAMPLES` examples are taken.
        training: Run as in training; the model's state is left as it was.

    Attributes:
        count: Number of examples.
        more: Whether there were more examples than are held.
        calls: Facts of every call that values can be taken from.
        version: Counts up whenever a change of the weights is noticed.
    """

    def __init__(self, model: keras.Model, data: object, *, training: bool = False) -> None:
        self.model, self.training = checked(model), bool(training)
        model = self.model
        self._batches = Batches(model, data)
        self._order = list(data) if isinstance(data, Mapping) else []  # the user's order; Keras sorts dicts
        self._examples: list[object] = []
        self.more = False
        self._fixed = self._batches.fixed or 1
        if self._batches.total is None:
            rows = (row for batch in self._batches for row in _rows(batch))
            self._examples = list(islice(rows, HELD_EXAMPLES))
            self.more = next(rows, None) is not None
        self.count = self._batches.total or len(self._examples)
        first = self.example(0)
        attempt = Attempt(model, "*", training=self.training)

        def calls() -> Calls:  # asked again where the attempt turns to running eagerly
            return addressable_calls(model, first.inputs, training=self.training, run_eagerly=attempt.run_eagerly)

        self.calls: Calls = attempt(first, calls)
        self._by_key = {call.key: call for call in self.calls}
        self._lock = threading.RLock()
        self._kept: OrderedDict[tuple[str, int], Features] = OrderedDict()
        self._sources: dict[str, ValueSource] = {}
        self._silenced: dict[Hashable, _Silenced] = {}
        self._state: bytes | None = None
        self._estimate: int | None = None
        self.version = 0

    def example(self, number: int) -> Batch:
        """Return one example as a batch of one; for a model with a fixed batch, as many times as that has room for.

        Arrays of different lengths that come as one batch, e.g. a graph's nodes and edges, are one example.

        Raises:
            ValueError: There is no such example.
        """
        if isinstance(number, bool) or not isinstance(number, int | np.integer) or not 0 <= number < self.count:
            raise ValueError(f"`example` is {number!r}; there are {self.count:,} examples, 0 to {self.count - 1:,}.")
        number = int(number)
        inputs = self._examples[number] if self._examples else self._batches.one(number).inputs
        if self._fixed > 1:
            inputs = Batch(number, number, 1, inputs).filled_to(self._fixed).inputs
        return Batch(number, number, self._fixed, inputs)

    def all_examples(self) -> object:
        """Return all examples in a form that `kfx.statistics` takes: the data themselves, or the held examples of a stream."""
        return iter(self._examples) if self._examples else self._batches.data

    def inputs(self, number: int) -> dict[str, np.ndarray]:
        """Return one example's inputs by the names of the model's inputs, without the batch axis."""
        given = self.example(number).inputs
        flat, names = import_keras().tree.flatten(given), input_names(self.model, given, self._batches.expected)
        found = {name: self._first(to_numpy(x)) for name, x in zip(names, flat, strict=False) if x is not None}
        return {name: found[name] for name in [*(name for name in self._order if name in found), *found]}

    def parts(self, key: str, number: int) -> list[tuple[str, np.ndarray]]:
        """Return the values at an address for one example: one array, or several with their labels (``lstm[1]``)."""
        features = self._values(key, number)
        return [(label, self._first(array)) for label, array in labelled(key, features[key])]

    def outputs(self, number: int) -> dict[str, np.ndarray]:
        """Return the model's outputs by name (``""`` for the only one), without the batch axis."""
        return self.named(self._values(None, number).output)

    def named(self, output: object) -> dict[str, np.ndarray]:
        """Return arrays of a model's output by the names of its outputs."""
        return {name: self._first(array) for name, array in named_outputs(self.model, output).items()}

    def silenced(self, key: str, part: int, axis: int, channel: int, number: int) -> dict[str, np.ndarray]:
        """Compute the model's outputs for an example while one channel of the call at ``key`` is zero.

        Args:
            part: The number of the tensor among those that it returns.
            axis: The axis of the channels; the batch axis is 0.
        """
        with self._lock:
            shown, raw = self.parts(key, number)[part][1], list(labelled(key, self._values(key, number)[key]))[part][1]
            size = shown.shape[axis - 1]
            axis -= int(raw.dtype != object and raw.ndim == shown.ndim)  # of a graph's nodes there is no axis of the examples
            which = (key, part, axis, size)
            if which not in self._silenced:
                self._silenced[which] = _Silenced(self.model, key, part, axis, size, self.training)
                while len(self._silenced) > KEPT_PROGRAMS:
                    del self._silenced[next(iter(self._silenced))]
            with self._drawing(number):
                return self.named(to_numpy(self._silenced[which](self.example(number).inputs, channel)))

    def _drawing(self, number: int) -> AbstractContextManager[None]:
        """As in training each example has a draw of its own, and all of its passes have the same one."""
        return drawing(self.model, number) if self.training else nullcontext()

    def _first(self, array: np.ndarray) -> np.ndarray:
        """Return the example of a batch of one or of the same one repeated; an array without such an axis is returned whole."""
        array = np.asarray(array)
        return np.asarray(array[0]) if array.ndim and array.shape[0] in (1, self._fixed) else array

    def _values(self, key: str | None, number: int) -> Features:
        """Return a pass that holds the values at an address, from the cache or computed; None for any pass."""
        with self._lock:
            self._refresh()
            group = self._group(key, number)
            if (group, number) in self._kept:
                self._kept.move_to_end((group, number))
                return self._kept[group, number]
            if group not in self._sources:
                keys = list(self._by_key) if group == "" else [group]
                self._sources[group] = ValueSource(self.model, keys, training=self.training, output=True, carries=False)
            with self._drawing(number):
                found = self._sources[group](self.example(number))
            self._kept[group, number] = found
            while len(self._kept) > 1 and sum(one.nbytes for one in self._kept.values()) > KEPT_BYTES:
                self._kept.popitem(last=False)
            return found

    def _group(self, key: str | None, number: int) -> str:
        """Return the pass that holds an address: ``""`` for all layers together, otherwise the address itself."""
        if key is not None and key not in self._by_key:
            return key  # inside a layer, or unknown: a pass of its own finds it or says why not
        if self._bytes() <= ONE_PASS_BYTES:
            return ""
        if key is not None:
            return key
        kept = [group for group, other in self._kept if other == number]
        return kept[-1] if kept else self.calls[-1].key

    def _bytes(self) -> int:
        """Estimate the bytes of one example's values at all addresses; unknown axes count as the longest of the inputs."""
        if self._estimate is None:
            longest = max((max(x.shape, default=1) for x in self.inputs(0).values() if hasattr(x, "shape")), default=1)
            shapes = [x.shape[1:] for call in self.calls for x in call.outputs if x.shape is not None]
            self._estimate = sum(4 * prod(longest if n is None else n for n in shape) for shape in shapes)
        return self._estimate

    def _refresh(self) -> None:
        """Clear the cache when the weights have changed, judged by two numbers of each weight."""
        state = b"".join(_two_numbers(weight) for weight in internals.weights_of(self.model))
        if state != self._state:
            self._kept.clear()
            self._state = state
            self.version += 1


class _Silenced:
    """Run the model with a mask at one call: compiled once, then called for any channel."""

    def __init__(self, model: keras.Model, key: str, part: int, axis: int, size: int, training: bool = False) -> None:
        import tensorflow as tf

        self._model, self._key, self._part, self._axis, self._size = model, key, part, axis, size
        self._mask = tf.Variable(np.zeros(size, "bool"), trainable=False)  # so that another channel needs no new graph
        self._program = Program(model, (), output=True, training=training, run_eagerly=eagerly(model))

    def __call__(self, inputs: object, channel: int) -> object:
        if not 0 <= channel < self._size:
            raise ValueError(f"There is no channel {channel}; there are {self._size}, 0 to {self._size - 1}.")
        self._mask.assign(np.arange(self._size) == channel)
        with patched(self._model, {self._key: self._change}, inputs=inputs):
            return self._program(inputs)[1]

    def _change(self, outputs: object) -> object:
        import tensorflow as tf

        tree = import_keras().tree
        flat = tree.flatten(outputs)
        given = flat[self._part]
        x = given.flat_values if isinstance(given, tf.RaggedTensor) else given
        shape = [1] * len(x.shape)
        shape[self._axis - (len(given.shape) - len(x.shape))] = self._size
        now = tf.where(tf.reshape(self._mask, shape), tf.zeros((), x.dtype), x)
        flat[self._part] = given.with_flat_values(now) if isinstance(given, tf.RaggedTensor) else now
        return tree.pack_sequence_as(outputs, flat)


def _rows(batch: Batch) -> Iterator[object]:
    """Yield the inputs of each example of a batch; arrays of different lengths are one example."""
    yield from (batch.inputs,) if batch.lengths else (batch.row(k).inputs for k in range(batch.size))


def _two_numbers(weight: keras.Variable) -> bytes:
    """Return two numbers out of a weight, which change when it is trained or set."""
    try:
        flat = np.asarray(weight.value if hasattr(weight, "value") else weight).reshape(-1)
    except (TypeError, ValueError):
        return b""
    return b"" if not flat.size else flat[0].tobytes() + flat[flat.size // 2].tobytes()
