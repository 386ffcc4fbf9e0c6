"""Run a model's own code for what it shows, then put every trace of the run away again.

Calling a layer may build it, note that it was called, add nodes, draw from random generators and count up automatic names.
Inside `untouched` all of that may happen; afterwards the layers, the generators and the names are as before, also after an
exception.
What a user's ``call`` does to objects that are no layers (a file it writes, a list it holds elsewhere) cannot be undone.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from typing import Any

import numpy as np

from kfx.keras_access import internals
from kfx.keras_access.importing import import_keras

_MISSING = object()


@contextlib.contextmanager
def untouched(layer: Any) -> Iterator[None]:
    """Restore a layer and all layers inside it, random generators and automatic names when the block ends."""
    saved = [_Saved(x) for x in internals.all_layers(layer)]
    drawn, drawn_numpy = random.getstate(), np.random.get_state()
    with internals.keras_globals_restored():
        try:
            yield
        finally:
            for one in saved:
                one.restore()
            if random.getstate() != drawn:
                random.setstate(drawn)
            np.random.set_state(drawn_numpy)


@contextlib.contextmanager
def values_restored(layer: Any) -> Iterator[None]:
    """Undo what a real run changes below Keras: TensorFlow variables that a layer holds, and TensorFlow's random draws.

    Where the block drew from `tf.random` after `tf.random.set_seed`, the next draw is what it would have been; operations with
    a seed of their own begin again, as after `set_seed`.
    """
    import tensorflow as tf
    from tensorflow.python.eager.context import context

    held = [x for one in internals.all_layers(layer) for x in import_keras().tree.flatten(list(vars(one).values()))]
    values = [(x, x.numpy()) for x in {id(x): x for x in held if isinstance(x, tf.Variable)}.values()]
    draws = getattr(context(), "_rng", None)
    drawn = None if draws is None else draws.getstate()
    try:
        yield
    finally:
        for variable, value in values:
            if not np.array_equal(variable.numpy(), value):
                variable.assign(value)
        if drawn is not None and draws.getstate() != drawn:
            draws.setstate(drawn)
            context().clear_kernel_cache()


class _Saved:
    """The attributes of one object, and what stands in the lists, dicts and sets among them."""

    def __init__(self, owner: Any):
        self.attributes = vars(owner)
        self.before = dict(self.attributes)
        held = list(self.before.values())
        tracker = self.before.get("_tracker")
        if tracker is not None:  # Keras's register of what was assigned to the layer
            held += [vars(tracker), *vars(tracker).values()]
            held += [x for ids in vars(tracker).values() if isinstance(ids, dict) for x in ids.values()]
            held += [store for pair in getattr(tracker, "config", {}).values() for store in pair]
        self.contents = [(x, _copy(x)) for x in held if isinstance(x, list | dict | set)]

    def restore(self) -> None:
        for name in [n for n in self.attributes if n not in self.before]:
            del self.attributes[name]
        for name, value in self.before.items():
            if self.attributes.get(name, _MISSING) is not value:
                self.attributes[name] = value
        for container, content in self.contents:
            _put_back(container, content)


def _copy(container: Any) -> Any:
    if isinstance(container, list):
        return list.__getitem__(container, slice(None))
    return dict(container) if isinstance(container, dict) else set(container)


def _put_back(container: Any, content: Any) -> None:
    """Restore a container below its class's own methods, which would register the change."""
    if isinstance(container, list):
        if len(container) != len(content) or any(a is not b for a, b in zip(container, content, strict=True)):
            list.__setitem__(container, slice(None), content)
    elif isinstance(container, dict):
        if len(container) != len(content) or any(container.get(k, _MISSING) is not v for k, v in content.items()):
            dict.clear(container)
            dict.update(container, content)
    elif container != content:
        set.clear(container)
        set.update(container, content)
