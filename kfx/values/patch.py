"""`kfx.patch`: other values at some addresses, for calls inside a `with` block."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from kfx.keras_access.forward import checked
from kfx.keras_access.hooks import active_hooks, listening
from kfx.keras_access.importing import import_keras
from kfx.values.features import address_text
from kfx.values.tap.calls import addressable_calls, inner_calls, positions, specs_of
from kfx.values.tap.choose import select

Change = Callable[[Any], Any]
_COMPILED = ("predict_function", "test_function", "train_function")


@contextlib.contextmanager
def patch(model: keras.Model, changes: Mapping[Any, Any]) -> Iterator[None]:
    """Replace what layers of a model return, for calls that this thread makes inside the block.

    Holds for ``model(x)``, ``model.predict``, ``model.evaluate``, ``model.fit``, and every verb of kfx, compiled or not. Other
    threads see the model as it is. After the block, also after an exception, nothing is left of it.

    Args:
        model: A built Keras model of any kind.
        changes: By address (or anything that `kfx.extract` takes as ``layers``): a function from a call's outputs to what
            stands in their place, made of `keras.ops`; or an array or number, which is broadcast to their shape.

    Raises:
        ValueError: An address names nothing, or a replacement has another shape than what it replaces.

    Example:
        >>> with kfx.patch(model, {"conv2d": kfx.silence(7)}):
        ...     without_7 = model.predict(images)
    """
    listener = _Patch(model, changes)
    with _compiled_apart(model, listener), listening(listener, place="innermost"):
        yield


def silence(*channels: int, value: float = 0.0, axis: int = -1) -> Change:
    """A change for `kfx.patch` that sets channels (or units, or features) to one value, zero as a rule.

    Args:
        *channels: Which, from 0; none at all means every channel.
        value: What they become.
        axis: The axis of the channels; the batch axis is 0.
    """

    def silenced(x: Any) -> Any:
        ops = import_keras().ops
        size = x.shape[axis]
        wrong = [c for c in channels if size is not None and not -size <= c < size]
        if wrong:
            raise ValueError(f"there is no channel {wrong[0]}; axis {axis} has {size} channels, 0 to {size - 1}.")
        if not channels:
            return ops.full_like(x, value)
        mask = np.zeros(size, "bool")
        mask[list(channels)] = True
        shape = [1] * len(x.shape)
        shape[axis] = size
        return ops.where(ops.reshape(ops.convert_to_tensor(mask), shape), ops.cast(value, x.dtype), x)

    return silenced


class _Patch:
    """A listener that changes outputs where it was told to.

    Attributes:
        addresses: Where.
    """

    def __init__(self, model: keras.Model, changes: Mapping[Any, Any]) -> None:
        specs = specs_of(checked(model))
        calls = addressable_calls(model, specs)
        deep = {one.key for one in inner_calls(model, specs)}
        where = positions(model, specs)
        self._model = model
        self._at: dict[Any, tuple[str, Any]] = {}
        for address, change in changes.items():
            keys = [address] if isinstance(address, str) and address in deep else select(calls, address, model=model)
            for key in keys:
                if key not in where or any(one.key == key and one.kind == "input" for one in calls):
                    raise ValueError(f"{address_text(key)!r} is an input: nothing is called there. Change the data instead.")
                self._at[where[key]] = (key, change)
        self.addresses = tuple(sorted(key for key, _ in self._at.values()))
        self._stack: list[tuple[Any, Counter[int]]] = []

    def on_call(self, op: keras.Operation, args: tuple[Any, ...], kwargs: dict[str, Any], proceed: Callable[[], Any]) -> Any:
        if not self._stack:
            if op is not self._model:
                return proceed()
            position: Any = ()
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


def _changed(outputs: object, change: Any, key: str) -> Any:
    keras = import_keras()
    if not callable(change):
        if keras.tree.is_nested(outputs):
            raise ValueError(f"{address_text(key)!r} returns several tensors; give a function that returns as many.")
        try:
            return keras.ops.broadcast_to(keras.ops.cast(change, outputs.dtype), keras.ops.shape(outputs))
        except Exception as error:
            shape = tuple(np.shape(change))
            raise ValueError(
                f"the patch of {address_text(key)!r} has shape {shape}, the layer returns {tuple(outputs.shape)}."
            ) from error
    new = change(outputs)
    before, after = keras.tree.flatten(outputs), keras.tree.flatten(new)
    if len(before) != len(after):
        raise ValueError(f"the patch of {address_text(key)!r} returned {len(after)} tensors; the layer returns {len(before)}.")
    made = []
    for old, x in zip(before, after, strict=True):
        x = keras.ops.convert_to_tensor(x)
        rank = len(x.shape) == len(old.shape)
        if not rank or any(None not in (a, b) and a != b for a, b in zip(x.shape, old.shape, strict=True)):
            raise ValueError(
                f"the patch of {address_text(key)!r} returned {tuple(x.shape)}; the layer returns {tuple(old.shape)}."
            )
        made.append(keras.ops.cast(x, old.dtype))
    return keras.tree.pack_sequence_as(outputs, made)


@contextlib.contextmanager
def _compiled_apart(model: keras.Model, listener: _Patch) -> Iterator[None]:
    """``predict`` and its kin are compiled once and kept by the model: inside the block this thread uses its own ones."""
    names = [name for name in _COMPILED if hasattr(model, name) and hasattr(model, f"make_{name}")]
    placed = {name: _Apart(model, name, listener) for name in names}
    for name, apart in placed.items():
        setattr(model, name, apart)
    try:
        yield
    finally:
        for name, apart in placed.items():
            now = getattr(model, name)
            if now is apart:
                setattr(model, name, apart.original)
            elif isinstance(now, _Apart):  # a patch that began inside this one and has not ended
                now.forget(apart)
            elif now is not None:  # made inside the block, after a compile in it: it holds the patch
                setattr(model, name, None)


class _Apart:
    """A compiled step that is another one for the thread that patches than for all others."""

    def __init__(self, model: keras.Model, name: str, listener: _Patch) -> None:
        self.model, self.name, self.listener = model, name, listener
        self.original = getattr(model, name)
        self._patched: Any = None

    def __call__(self, *args: Any) -> Any:
        if self.listener in active_hooks():
            if self._patched is None:
                self._patched = self._make()
            return self._patched(*args)
        if self.original is None:
            self.original = self._make()
        return self.original(*args)

    def _make(self) -> Any:
        """A fresh step by Keras's own hand, made on a stand-in so that the model's attribute stays as it is."""
        stand_in = _StandIn(self.model)
        made = getattr(type(self.model), f"make_{self.name}")(stand_in, force=True)
        return getattr(stand_in, self.name) if made is None else made

    def forget(self, other: _Apart) -> None:
        if self.original is other:
            self.original = other.original
        elif isinstance(self.original, _Apart):
            self.original.forget(other)


class _StandIn:
    """The model to everyone who reads it; what is written to it is written to nobody else."""

    def __init__(self, model: keras.Model) -> None:
        self.__dict__["_model"] = model

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_model"], name)
