"""A compiled forward pass of the user's own model that hands out the values at chosen addresses, and only those."""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from typing import Any

from kfx.keras_access import internals
from kfx.keras_access.forward import call
from kfx.keras_access.hooks import active_hooks, listening
from kfx.keras_access.importing import import_keras
from kfx.keras_access.tensorflow.compiled import Compiled
from kfx.keras_access.tensorflow.tensors import is_tensor
from kfx.keras_access.untouched import stateless
from kfx.values.tap.recorder import Named, Recorder

KEPT = 16  # compiled programs kept for one model

Reduce = Callable[[str, Any], Any]


class Program:
    """One forward pass: ``program(inputs)`` -> values by address, and the model's own output.

    Traced once for each kind of input, after that a graph of TensorFlow's own that leaves out all that nobody asked for.
    Holds its model weakly, so that it may be kept for as long as the model lives.

    Args:
        model: A built Keras model of any kind.
        keys: Addresses, in the order in which to hand them out.
        training: Run as in training; updates (moving averages, seeds) are thrown away.
        output: Hand out the model's own output too.
        run_eagerly: Do not compile.
        reduce: ``(address, outputs) -> tensors`` in place of the whole outputs, computed inside the graph.
    """

    def __init__(
        self,
        model: Any,
        keys: Sequence[str],
        *,
        training: bool = False,
        output: bool = False,
        run_eagerly: bool = False,
        reduce: Reduce | None = None,
    ) -> None:
        self._model = weakref.ref(model)
        self._keys, self._training, self._output, self._reduce = tuple(keys), bool(training), output, reduce
        self.traces = 0

        self._run_it = self._run if run_eagerly else Compiled(self._run)

    def __call__(self, inputs: Any) -> tuple[dict[str, Any], Any]:
        return self._run_it(inputs)

    def _run(self, inputs: Any) -> tuple[dict[str, Any], Any]:
        self.traces += 1
        model = self._model()
        recorder = Recorder(model)
        with stateless(model), listening(recorder):
            output = call(model, inputs, self._training)
        values = pick(recorder.named(), self._keys)
        if self._reduce is not None:
            values = {key: self._reduce(key, value) for key, value in values.items()}
        return values, only_tensors(output) if self._output else None


def pick(named: Sequence[Named], keys: Sequence[str]) -> dict[str, Any]:
    """The outputs recorded at some addresses."""
    by_key = {one.key: one for one in named}
    values = {}
    for key in keys:
        one = by_key.get(key)
        if one is None:
            raise ValueError(f"{key!r} was not called this time; the model called {', '.join(map(repr, list(by_key)[:40]))}.")
        values[key] = only_tensors(one.visit.outputs)
    return values


def only_tensors(outputs: Any) -> Any:
    """The same structure with None for what is no tensor."""
    if is_tensor(outputs):
        return outputs
    return import_keras().tree.map_structure(lambda x: x if is_tensor(x) else None, outputs)


class Store:
    """What was made for something, by what it was made of: the newest `KEPT`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: OrderedDict[Hashable, Any] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], Any]) -> Any:
        with self._lock:
            if key in self._made:
                self._made.move_to_end(key)
                return self._made[key]
        made = make()  # not under the lock: it may take seconds, and may ask for something else here
        with self._lock:
            found = self._made.setdefault(key, made)
            while len(self._made) > KEPT:
                self._made.popitem(last=False)
            return found


class _Stores:
    """One `Store` for each model or patch, for as long as it lives."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of: weakref.WeakKeyDictionary[Any, Store] = weakref.WeakKeyDictionary()

    def of(self, owner: Any) -> Store:
        with self._lock:
            return self._of.setdefault(owner, Store())


_STORES = _Stores()


def kept(model: Any, key: Hashable, make: Callable[[], Any]) -> Any:
    """``make()``, or what it returned the last time for this model as it is now. The result must not hold the model.

    What is made while values are patched is kept with the patch, not with the model.
    """
    patches = active_hooks()
    owner = patches[0] if patches else model
    return _STORES.of(owner).get((key, form(model), tuple(map(id, patches))), make)


def form(model: Any) -> Hashable:
    """Changes when layers were added or removed, renamed, frozen or unfrozen, or given another dtype."""
    layers = internals.all_layers(model)
    return (
        id(internals.function_of(model)),
        tuple(
            (id(layer), layer.name, layer.trainable, layer.compute_dtype) for layer in layers if hasattr(layer, "compute_dtype")
        ),
    )


def program(
    model: Any, keys: Sequence[str], *, reduce: Reduce | None = None, name: Hashable = None, **settings: Any
) -> Program:
    """A `Program` for a model; the same one each time. ``name`` must tell different ``reduce`` functions apart."""
    keys = tuple(keys)
    signature = (Program, keys, name, tuple(sorted(settings.items())))
    return kept(model, signature, lambda: Program(model, keys, reduce=reduce, **settings))
