"""The hook behind `kfx.patch`: it changes what calls of layers return, and what the operations in their code return."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from kfx.errors import PatchError
from kfx.keras_access.arguments import as_one_value
from kfx.keras_access.hooks import active_hooks, listening
from kfx.keras_access.importing import import_keras
from kfx.keras_access.no_call import only_part, part_labels
from kfx.keras_access.tensorflow.origins import told_of_operations
from kfx.keras_access.tensorflow.patched import copied, in_a_graph, replacing_works
from kfx.values.features import address_text
from kfx.values.generating.passes import STEP, CallsByLayer, Passes, calls_by_layer, can_generate
from kfx.values.patching.changes import Silence, changed
from kfx.values.tap.calls import Position, Traced, traced_calls, usable_specs
from kfx.values.tap.choose import choose_among
from kfx.values.tap.field_names import addressed
from kfx.values.tap.inside import SCORES
from kfx.values.tap.opening import EVERYTHING, opening_for, opening_of
from kfx.values.tap.places import Place, Places, Target
from kfx.values.tap.recorder import Recorder

if TYPE_CHECKING:
    import keras


class _Change(NamedTuple):
    """What to do at one address.

    Attributes:
        key: The address.
        change: What the user gave.
        target: How to find an operation; None for a call of a layer.
        are_scores: Whether the values are attention scores.
    """

    key: str
    change: object
    target: Target | None = None
    are_scores: bool = False


class PatchHook:
    """A hook that changes the outputs of calls and operations.

    Args:
        model: The model, or the model of one part of a model without ``call``.
        changes: What to put in place, by anything that `kfx.extract` takes as ``layers``.
        inputs: What the model is called with, where Keras does not remember it.

    Attributes:
        addresses: Where; an extraction to disk notes them with its settings.
        reached: The addresses at which something was changed so far.
        ran_elsewhere: Whether another thread ran the model meanwhile, without the changes.
    """

    def __init__(self, model: keras.Model, changes: Mapping[Any, object], inputs: object = None) -> None:
        self._root = only_part(model)
        self._start: Position = () if self._root is model else ((id(self._root), 1),)
        self._prefix = "" if self._root is model else f"{part_labels(model)[id(self._root)]}/"
        self._at: dict[Position, _Change] = {}
        self._operations: dict[Position, dict[Place, _Change]] = {}  # by the position of the layer in whose code they are
        self.reached: set[str] = set()
        self.ran_elsewhere = False
        self._model = model
        self._calls: CallsByLayer | None = None
        self._opening = opening_of(model, ())
        self._passes: Passes | None = None  # while the model generates
        self._pass: _Pass | None = None
        self._stack: list[tuple[Position, Counter[int]]] = []
        self._later: Mapping[Any, object] | None = None  # what to find when the model is called: its inputs are not known
        specs = usable_specs(model, inputs)
        if specs is None:
            self._later, self.addresses = changes, tuple(map(str, changes))
        else:
            self._find(changes, specs)

    def _find(self, changes: Mapping[Any, object], specs: object) -> None:
        """Find the calls and operations that the addresses mean, in a pass on shapes."""
        model = self._model
        for one, position in _chosen(model, changes, specs):
            if one.target is None:
                self._at[position] = one
            elif one.target.place is not None:
                self._operations.setdefault(position[:-1], {})[one.target.place] = one
        inside = [one.key for some in self._operations.values() for one in some.values()]
        self.addresses = tuple(sorted([*(one.key for one in self._at.values()), *inside]))
        self._opening = opening_of(model, [key.removeprefix(self._prefix) for key in inside])
        if can_generate(model):
            self._calls = calls_by_layer(traced_calls(model, specs))

    def _find_now(self, args: tuple[object, ...], kwargs: dict[str, object]) -> None:
        """Find what the addresses mean for the inputs of the model's first call."""
        changes, self._later = self._later or {}, None
        given = {name: x for name, x in kwargs.items() if name not in ("training", "mask")}
        with listening(_Passive(), place="alone"):
            self._find(changes, import_keras().tree.map_structure(_spec, as_one_value(self._root, args, given)))
        if self._operations:
            raise PatchError(
                f"{address_text(self.addresses[0])!r} is inside a layer, and Keras does not remember what "
                f"{str(self._root.name)!r} is called with. Give it to kfx.patch: inputs=..., e.g. some data."
            )

    @property
    def replaces_operations(self) -> bool:
        """Whether some of the addresses are those of operations, which can only be replaced in a graph."""
        return bool(self._operations)

    def on_call(
        self, op: keras.Operation, args: tuple[object, ...], kwargs: dict[str, object], proceed: Callable[[], object]
    ) -> object:
        if not self._stack:
            if self._later is not None and op is self._root:
                self._find_now(args, kwargs)
            if op is not self._root:
                return proceed() if self._passes is None else self._generated(op, self._passes, proceed)
            if self._operations:
                return self._in_a_pass(op, args, kwargs, proceed)
            return self._called(self._start, proceed)
        above, counts = self._stack[-1]
        counts[id(op)] += 1
        position = (*above, (id(op), counts[id(op)]))
        if self._pass is None:
            return self._called(position, proceed)
        recorder = self._pass.recorder
        return self._called(position, lambda: recorder.on_call(op, args, kwargs, proceed))

    def _called(self, position: Position, proceed: Callable[[], object]) -> object:
        """Return the outputs of one call, or their replacement."""
        self._stack.append((position, Counter()))
        try:
            outputs = proceed()
        finally:
            self._stack.pop()
        if position not in self._at:
            return outputs
        one = self._at[position]
        self.reached.add(one.key)
        return changed(outputs, one.change, one.key)

    def made_step(self, name: str) -> None:
        """Let Keras make a compiled step."""

    @contextlib.contextmanager
    def running(self, name: str, model: keras.Model) -> Iterator[None]:
        """Surround a compiled step; while the model generates, the calls of its layers are known without a call of itself.

        Raises:
            PatchError: Generation does not reach an address.
        """
        if name != STEP or self._calls is None or model is not self._root:
            yield
            return
        if self._operations:
            key = next(one.key for some in self._operations.values() for one in some.values())
            raise PatchError(
                f"{address_text(key)!r} is inside a layer, and is not replaced while a model generates. Patch a layer."
            )
        self._passes = passes = Passes(self._calls)
        try:
            yield
        finally:
            self._passes = None
        missed = {one.key for one in self._at.values()} - (passes.met - passes.doubtful())
        if passes.met and missed:
            raise PatchError(
                f"{address_text(min(missed))!r} was not reached: while {str(self._root.name)!r} generates, its layers are "
                "called one by one, with a cache. Patch a layer inside the backbone."
            )

    def _generated(self, op: keras.Operation, passes: Passes, proceed: Callable[[], object]) -> object:
        """Return the outputs of a call of a layer while the model generates, or their replacement; its cache stays."""
        key = passes.key_of(op)
        outputs = proceed()
        one = next((one for one in self._at.values() if one.key == key), None)
        if key is None or one is None:
            return outputs
        self.reached.add(key)
        tree = import_keras().tree
        own, flat = passes.own_tensors(key, outputs), tree.flatten(outputs)
        if len(own) == len(flat):
            return changed(outputs, one.change, key)
        new = changed(own[0] if len(own) == 1 else tuple(own), one.change, key)
        return tree.pack_sequence_as(outputs, [*tree.flatten(new), *flat[len(own) :]])

    def _in_a_pass(self, op: Any, args: tuple[object, ...], kwargs: dict[str, object], proceed: Callable[[], object]) -> object:
        """Return the outputs of a call of the model in whose layers operations are replaced."""

        def run() -> object:
            self._pass = made = _Pass(Recorder(op, opening=self._opening), self._start, self._operations)

            def told() -> object:
                with told_of_operations(made.on_operation):
                    return proceed()

            try:
                outputs = self._called(self._start, lambda: made.recorder.on_call(op, args, kwargs, told))
            finally:
                self._pass = None
            self.reached |= made.checked(self._prefix)
            return outputs

        if replacing_works():
            return run()
        if any(not isinstance(hook, PatchHook) for hook in active_hooks()):
            raise PatchError(
                "Operations are replaced only in a compiled pass: TensorFlow ignores it while they run one by one. "
                "Leave out run_eagerly=True, or patch a layer."
            )
        return in_a_graph(run)


class _Passive:
    """A hook that changes nothing."""

    def on_call(
        self, op: keras.Operation, args: tuple[object, ...], kwargs: dict[str, object], proceed: Callable[[], object]
    ) -> object:
        return proceed()


class _Pass:
    """One call of the model in which operations are replaced."""

    def __init__(self, recorder: Recorder, start: Position, wanted: Mapping[Position, Mapping[Place, _Change]]) -> None:
        self.recorder, self.start, self.wanted = recorder, start, wanted
        self._places: dict[int, Places] = {}
        self._met: set[Position] = set()
        self._made: dict[str, list[Any]] = {}  # what was put in place, by address

    def on_operation(
        self, kind: str, inputs: Sequence[Any], attributes: Sequence[Any], outputs: Sequence[Any], graph: Any
    ) -> Sequence[Any] | None:
        """Return what an operation is to return, None for what it returns."""
        event = self.recorder.current_event()
        if event is None or not event.opened or not event.ops or event.ops[-1].outputs[0] is not outputs[0]:
            return None
        place = self._places.setdefault(id(event), Places()).of(event.ops[-1])
        position = (*self.start, *self.recorder.position())
        changes = self.wanted.get(position, {})
        if changes:
            self._met.add(position)
        one = changes.get(place) if place is not None else None
        if one is None or one.target is None:
            return None
        values = [outputs[n] for n in one.target.outputs]
        new = changed(values[0] if len(values) == 1 else tuple(values), one.change, one.key, are_scores=one.are_scores)
        after = list(outputs)
        for n, x in zip(one.target.outputs, import_keras().tree.flatten(new), strict=True):
            after[n] = copied(x)
        self._made[one.key] = [after[n] for n in one.target.outputs]
        return after

    def checked(self, prefix: str) -> set[str]:
        """Return the addresses at which something was changed.

        Raises:
            PatchError: What was changed is not what these addresses mean in this pass.
        """
        flatten = import_keras().tree.flatten
        found = {prefix + one.key: flatten(one.visit.outputs) for one in self.recorder.named()}
        for position in self._met:
            for one in self.wanted[position].values():
                made, now = self._made.get(one.key), found.get(one.key, [])
                if made is None or len(made) != len(now) or any(a is not b for a, b in zip(made, now, strict=True)):
                    raise PatchError(
                        f"{address_text(one.key)!r} could not be replaced: with these inputs, the code around it makes other "
                        "operations than with those that the patch began with. Give inputs= of the same kind to kfx.patch."
                    )
        return set(self._made)


def _spec(x: Any) -> Any:
    """Return the spec of a tensor or array; anything else unchanged."""
    import tensorflow as tf

    if isinstance(x, tf.Tensor | tf.SparseTensor | tf.RaggedTensor):
        return tf.type_spec_from_value(x)
    return tf.TensorSpec(x.shape, tf.as_dtype(x.dtype)) if isinstance(x, np.ndarray) else x


def _chosen(model: keras.Model, changes: Mapping[Any, object], specs: object) -> Iterator[tuple[_Change, Position]]:
    """Yield what to do, and the position of each call or operation.

    Raises:
        ValueError: An address names nothing, cannot be patched, or is meant twice.
    """
    seen: dict[object, str] = {}
    for address, change in changes.items():
        heads = isinstance(change, Silence) and bool(change.heads)
        traced, keys = _found(model, address, specs, everything=heads)
        for key in keys:
            if heads and f"{key}/{SCORES}" in traced.targets:  # of an attention layer
                key = f"{key}/{SCORES}"
            one, position = _change_at(traced, key, change)
            where = (position[:-1], one.target.place) if one.target is not None else position
            if where in seen:
                both = address_text(key) if seen[where] == key else f"{address_text(seen[where])} and {address_text(key)}"
                raise ValueError(f"Two changes are for the same values: {both}. Give one for each address.")
            seen[where] = key
            yield one, position


def _found(model: keras.Model, address: object, specs: object, *, everything: bool) -> tuple[Traced, Sequence[str]]:
    """Return the calls of a pass on shapes, noted as far as an address needs it, and the addresses that are meant."""
    address = addressed(model, [address])[0]
    for opening in (EVERYTHING,) if everything else dict.fromkeys((opening_for(model, [address]), EVERYTHING)):
        traced = traced_calls(model, specs, opening=opening)
        try:
            return traced, choose_among(traced, [address], model=model)
        except ValueError:
            if opening == EVERYTHING:
                raise
    raise AssertionError


def _change_at(traced: Traced, key: str, change: object) -> tuple[_Change, Position]:
    target = traced.targets.get(key)
    if target is None:
        if any(one.key == key and one.kind == "input" for one in traced.calls):
            raise ValueError(f"{address_text(key)!r} is an input: nothing is called there. Change the data instead.")
        return _Change(key, change), traced.positions[key]
    if target.place is None:
        raise ValueError(f"The values at {address_text(key)!r} cannot be replaced: {target.why_not}.")
    softmax = any(one.key == key and one.type == "Softmax" for one in (*traced.operations, *traced.inner))
    return _Change(key, change, target, softmax), traced.positions[key]


def replaces_operations() -> bool:
    """Return whether a patch is active in this thread that replaces operations inside layers."""
    return any(isinstance(hook, PatchHook) and hook.replaces_operations for hook in active_hooks())
