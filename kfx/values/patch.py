"""`kfx.patch`: other values at some addresses, for calls inside a `with` block."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, SupportsIndex

import numpy as np

from kfx.keras_access.forward import checked
from kfx.keras_access.hooks import active_hooks, listening
from kfx.keras_access.importing import import_keras
from kfx.keras_access.no_call import has_no_call, only_part
from kfx.keras_access.not_a_model import model_in
from kfx.model.read.sizes.graph_inputs import shapes_agree
from kfx.values.features import address_text
from kfx.values.parts import part_addresses, runner_of
from kfx.values.tap.calls import Position, addressable_calls, specs_of, traced_calls
from kfx.values.tap.choose import select

if TYPE_CHECKING:
    import keras

OutputChange = Callable[[Any], object]
_COMPILED = ("predict_function", "test_function", "train_function")


@contextlib.contextmanager
def patch(model: keras.Model, changes: Mapping[Any, object], *, inputs: object = None) -> Iterator[None]:
    """Replace what layers of a model return, for calls that this thread makes inside the block.

    Holds for ``model(x)``, ``model.predict``, ``model.evaluate``, ``model.fit``, and every verb of kfx, compiled or not. Other
    threads see the unchanged model. After the block, also after an exception, nothing is left of it.

    Args:
        model: A built Keras model of any kind. Of one without ``call`` (a GAN, a VAE), the patch holds wherever the part
            that an address is in is called, also in ``train_step``.
        changes: By address (or anything that `kfx.extract` takes as ``layers``): a function from a call's outputs to their
            replacement, made of `keras.ops`; or an array or number, which is broadcast to their shape.
        inputs: What the model is called with, where Keras does not remember it, as for `kfx.read_graph`: data, shapes or specs.

    Raises:
        TypeError: ``changes`` is not a dict.
        ValueError: An address names nothing, or a replacement has another shape than what it replaces.
        UnbuiltModelError: The model has no weights yet.

    Example:
        >>> import keras, kfx, numpy as np
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="hidden")])
        >>> with kfx.patch(model, {"hidden": kfx.silence(1)}):
        ...     float(model(np.ones((1, 4)))[0, 1])
        0.0
    """
    if not isinstance(changes, Mapping):
        raise TypeError(f"`changes` is {changes!r:.60}; expected a dict of replacements by address: {{'hidden': 0}}.")
    model = model_in(model)
    with contextlib.ExitStack() as stack:
        for run, some in _by_part(model, changes):
            hook = _Patch(run, some, inputs)
            for one in {id(x): x for x in (model, only_part(run))}.values():
                stack.enter_context(_compiled_apart(one, hook))
            stack.enter_context(listening(hook, place="innermost"))
        yield


def _by_part(model: keras.Model, changes: Mapping[Any, object]) -> list[tuple[keras.Model, Mapping[Any, object]]]:
    """Return the model with all changes; for a model without ``call``, each part with the changes in it."""
    if not has_no_call(model):
        return [(checked(model), changes)]
    found: dict[str, dict[Any, object]] = {}
    for address, change in changes.items():
        for part in part_addresses(model, address):
            found.setdefault(part, {})[address] = change
    return [(runner_of(model, part), some) for part, some in found.items()]


def silence(*channels: int, value: float = 0.0, axis: int = -1) -> OutputChange:
    """Return a change for `kfx.patch` that sets channels (or units, or features) to one value, zero by default.

    Args:
        *channels: Their numbers, from 0; none at all means every channel.
        value: The value.
        axis: The axis of the channels; the batch axis is 0.

    Raises:
        TypeError: A channel is not a whole number.
        ValueError: When the model is called: there are fewer channels.

    Example:
        >>> import numpy as np
        >>> silence(0, 2)(np.ones((1, 4))).numpy().tolist()
        [[0.0, 1.0, 0.0, 1.0]]
    """
    odd = [channel for channel in channels if not isinstance(channel, SupportsIndex)]
    if odd:
        raise TypeError(f"A channel is {odd[0]!r:.60}; expected whole numbers, from 0.")

    def silenced(x: keras.KerasTensor) -> keras.KerasTensor:
        ops = import_keras().ops
        size = x.shape[axis]
        wrong = [c for c in channels if size is not None and not -size <= c < size]
        if wrong:
            raise ValueError(f"There is no channel {wrong[0]}; axis {axis} has {size} channels, 0 to {size - 1}.")
        if not channels:
            return ops.full_like(x, value)
        mask = np.zeros(size, "bool")
        mask[list(channels)] = True
        shape = [1] * len(x.shape)
        shape[axis] = size
        return ops.where(ops.reshape(ops.convert_to_tensor(mask), shape), ops.cast(value, x.dtype), x)

    return silenced


class _Patch:
    """A hook that changes the outputs of calls.

    Attributes:
        addresses: Where; an extraction to disk notes them with its settings.
    """

    def __init__(self, model: keras.Model, changes: Mapping[Any, object], inputs: object = None) -> None:
        specs = specs_of(model, inputs)
        calls, traced = addressable_calls(model, specs), traced_calls(model, specs)
        deep, where = {one.key for one in traced.inner}, traced.positions
        self._root = only_part(model)
        self._start: Position = () if self._root is model else ((id(self._root), 1),)
        self._at: dict[Position, tuple[str, object]] = {}
        for address, change in changes.items():
            keys = [address] if isinstance(address, str) and address in deep else select(calls, address, model=model)
            for key in keys:
                if key not in where or any(one.key == key and one.kind == "input" for one in calls):
                    raise ValueError(f"{address_text(key)!r} is an input: nothing is called there. Change the data instead.")
                self._at[where[key]] = (key, change)
        self.addresses = tuple(sorted(key for key, _ in self._at.values()))
        self._stack: list[tuple[Position, Counter[int]]] = []

    def on_call(
        self, op: keras.Operation, args: tuple[object, ...], kwargs: dict[str, object], proceed: Callable[[], object]
    ) -> object:
        if not self._stack:
            if op is not self._root:
                return proceed()
            position = self._start
        else:
            above, counts = self._stack[-1]
            counts[id(op)] += 1
            position = (*above, (id(op), counts[id(op)]))
        self._stack.append((position, Counter()))
        try:
            outputs = proceed()
        finally:
            self._stack.pop()
        if position not in self._at:
            return outputs
        key, change = self._at[position]
        return _changed(outputs, change, key)


def _changed(outputs: keras.KerasTensor, change: object, key: str) -> object:
    keras = import_keras()
    if not callable(change):
        if keras.tree.is_nested(outputs):
            raise ValueError(f"{address_text(key)!r} returns several tensors; give a function that returns as many.")
        try:
            return keras.ops.broadcast_to(keras.ops.cast(change, outputs.dtype), keras.ops.shape(outputs))
        except Exception as error:
            shape = np.asarray(change).shape
            raise ValueError(
                f"The patch of {address_text(key)!r} has shape {shape}, the layer returns {tuple(outputs.shape)}."
            ) from error
    new = change(outputs)
    before, after = keras.tree.flatten(outputs), keras.tree.flatten(new)
    if len(before) != len(after):
        raise ValueError(f"The patch of {address_text(key)!r} returned {len(after)} tensors; the layer returns {len(before)}.")
    made = []
    for old, x in zip(before, after, strict=True):
        x = keras.ops.convert_to_tensor(x)
        if not shapes_agree(x.shape, old.shape):
            raise ValueError(
                f"The patch of {address_text(key)!r} returned {tuple(x.shape)}; the layer returns {tuple(old.shape)}."
            )
        made.append(keras.ops.cast(x, old.dtype))
    return keras.tree.pack_sequence_as(outputs, made)


@contextlib.contextmanager
def _compiled_apart(model: keras.Model, hook: _Patch) -> Iterator[None]:
    """Give this thread its own ``predict_function`` and the like inside the block, which Keras compiles once and keeps."""
    names = [name for name in _COMPILED if hasattr(model, name) and hasattr(model, f"make_{name}")]
    placed = {name: _PerThreadStep(model, name, hook) for name in names}
    for name, apart in placed.items():
        setattr(model, name, apart)
    try:
        yield
    finally:
        for name, apart in placed.items():
            now = getattr(model, name)
            if now is apart:
                setattr(model, name, apart.original)
            elif isinstance(now, _PerThreadStep):  # a patch that began inside this one and has not ended
                now.forget(apart)
            elif now is not None:  # made inside the block, after a compile in it: it holds the patch
                setattr(model, name, None)


class _PerThreadStep:
    """A compiled step: the patching thread runs its own one, all other threads run the original."""

    def __init__(self, model: keras.Model, name: str, hook: _Patch) -> None:
        self.model, self.name, self.hook = model, name, hook
        self.original = getattr(model, name)
        self._patched: Callable[..., object] | None = None

    def __call__(self, *args: object) -> object:
        if self.hook in active_hooks():
            if self._patched is None:
                self._patched = self._make()
            return self._patched(*args)
        if self.original is None:
            self.original = self._make()
        return self.original(*args)

    def _make(self) -> Callable[..., object]:
        """Let Keras make a new step, on a stand-in for the model so that the model's attribute does not change."""
        stand_in = _StandIn(self.model)
        made = getattr(type(self.model), f"make_{self.name}")(stand_in, force=True)
        return getattr(stand_in, self.name) if made is None else made

    def forget(self, other: _PerThreadStep) -> None:
        if self.original is other:
            self.original = other.original
        elif isinstance(self.original, _PerThreadStep):
            self.original.forget(other)


class _StandIn:
    """A proxy of a model: attributes are read from the model and written to the proxy alone."""

    def __init__(self, model: keras.Model) -> None:
        self.__dict__["_model"] = model

    def __getattr__(self, name: str) -> object:
        return getattr(self.__dict__["_model"], name)
