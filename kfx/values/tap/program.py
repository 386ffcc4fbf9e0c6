"""Run a user's model in one compiled pass that returns only the values at some addresses."""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from kfx.keras_access import internals
from kfx.keras_access.forward import call
from kfx.keras_access.hooks import active_hooks, listening
from kfx.keras_access.importing import import_keras
from kfx.keras_access.states import CarriedStates, states_of
from kfx.keras_access.tensorflow.compiled import Compiled
from kfx.keras_access.tensorflow.tensors import is_tensor
from kfx.keras_access.untouched import stateless
from kfx.model.facts import LayerCall
from kfx.values.tap.opening import Opening, opening_of
from kfx.values.tap.recorder import Recorder
from kfx.values.tap.visit import Named

if TYPE_CHECKING:
    import keras

KEPT_PROGRAMS = 16  # compiled programs kept for one model

Reduce = Callable[[str, object], object]
Choose = Callable[["keras.Model", "Sequence[Named]"], "tuple[LayerCall, ...] | None"]
T = TypeVar("T")


class Program:
    """One forward pass: ``program(inputs)`` returns the values by address, and the model's own output.

    Traced once for each kind of input; TensorFlow prunes everything from the graph that the values do not need. The model is
    held by a weak reference, so that a program can be cached for as long as its model lives. With ``states``, stateful
    recurrent layers begin with those and give theirs back; otherwise they begin with the model's own.

    Args:
        model: A built Keras model of any kind.
        keys: Addresses, in the order of the returned values; None for those that ``choose`` returns.
        training: Run as in training; updates (moving averages, seeds) are dropped.
        output: Return the model's own output too.
        run_eagerly: Do not compile.
        reduce: ``(address, outputs) -> tensors`` in place of the whole outputs, computed inside the graph.
        choose: Chooses among the calls of the pass itself, which saves a pass on shapes; None where an address means nothing.
        opening: Whose code to note for that.

    Attributes:
        facts: What ``choose`` chose so far, by address; a pass in which it finds nothing returns no values.
    """

    def __init__(
        self,
        model: keras.Model,
        keys: Sequence[str] | None,
        *,
        choose: Choose | None = None,
        opening: Opening | None = None,
        training: bool = False,
        output: bool = False,
        run_eagerly: bool = False,
        reduce: Reduce | None = None,
    ) -> None:
        self._model = weakref.ref(model)
        self._keys, self._choose = None if keys is None else tuple(keys), choose
        self._training, self._output, self._reduce = bool(training), output, reduce
        self.facts: dict[str, LayerCall] = {}
        self.traces = 0
        self.opening = opening if opening is not None else opening_of(model, self._keys or ())
        self._run_it = self._run if run_eagerly else Compiled(self._run)

    def __call__(self, inputs: object, states: CarriedStates | None = None) -> tuple[dict[str, Any], object]:
        values, output, after = self._run_it(inputs, states.now if states else [])
        if states:
            states.after_batch(after)
        return values, output

    def _run(self, inputs: object, states: list[Any]) -> tuple[dict[str, Any], object, list[Any]]:
        self.traces += 1
        model = self._model()
        recorder = Recorder(model, opening=self.opening)
        held = states_of(model) if states else []
        with stateless(model, zip(held, states, strict=True)) as scope, listening(recorder):
            output = call(model, inputs, self._training)
        named, keys = recorder.named(), self._keys
        if self._choose is not None:
            chosen = {call.key: call for call in self._choose(model, named) or ()}
            self.facts |= chosen
            keys = tuple(chosen)
        values = pick(named, keys or ())
        if self._reduce is not None:
            values = {key: self._reduce(key, value) for key, value in values.items()}
        after = [scope.get_current_value(state) for state in held]
        return values, only_tensors(output) if self._output else None, after


def pick(named: Sequence[Named], keys: Sequence[str]) -> dict[str, Any]:
    """Return the outputs recorded at some addresses.

    Raises:
        ValueError: The model did not call one of them this time.
    """
    by_key = {one.key: one for one in named}
    values = {}
    for key in keys:
        one = by_key.get(key)
        if one is None:
            raise ValueError(f"{key!r} was not called this time; the model called {', '.join(map(repr, list(by_key)[:40]))}.")
        values[key] = only_tensors(one.visit.outputs)
    return values


def only_tensors(outputs: object) -> object:
    """Return the same structure with None in place of everything that is not a tensor."""
    if is_tensor(outputs):
        return outputs
    return import_keras().tree.map_structure(lambda x: x if is_tensor(x) else None, outputs)


class _Cache:
    """The newest `KEPT_PROGRAMS` results for one model or patch."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: OrderedDict[Hashable, Any] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        with self._lock:
            if key in self._made:
                self._made.move_to_end(key)
                return self._made[key]
        made = make()  # not under the lock: it may take seconds, and may use this cache itself
        with self._lock:
            found = self._made.setdefault(key, made)
            while len(self._made) > KEPT_PROGRAMS:
                self._made.popitem(last=False)
            return found


_caches: weakref.WeakKeyDictionary[object, _Cache] = weakref.WeakKeyDictionary()
_caches_lock = threading.Lock()


def cached(model: keras.Model, key: Hashable, make: Callable[[], T]) -> T:
    """Return ``make()``, or its earlier result for this model while the model is unchanged.

    The result must not hold the model. Results made while a patch is active are kept with the patch, not with the model.
    """
    hooks = active_hooks()
    with _caches_lock:
        cache = _caches.setdefault(hooks[0] if hooks else model, _Cache())
    return cache.get((key, model_state(model), tuple(map(id, hooks))), make)


def model_state(model: keras.Model) -> Hashable:
    """Return a value that changes when layers are added, removed, renamed, frozen, unfrozen, or given another dtype.

    Ids are safe here: the model holds its layers. MobileNet's 91 layers take 66 µs, reading its configuration 9,114 µs.
    """
    layers = internals.all_layers(model)
    return (
        id(internals.function_of(model)),
        tuple(
            (id(layer), layer.name, layer.trainable, layer.compute_dtype) for layer in layers if hasattr(layer, "compute_dtype")
        ),
    )


def program(
    model: keras.Model,
    keys: Sequence[str] | None,
    *,
    reduce: Reduce | None = None,
    choose: Choose | None = None,
    opening: Opening | None = None,
    name: Hashable = None,
    **settings: Any,
) -> Program:
    """Return the cached `Program` of a model for these addresses and settings; ``name`` identifies the functions given."""
    found = None if keys is None else tuple(keys)
    signature = (Program, found, name, tuple(sorted(settings.items())))
    return cached(model, signature, lambda: Program(model, found, reduce=reduce, choose=choose, opening=opening, **settings))
