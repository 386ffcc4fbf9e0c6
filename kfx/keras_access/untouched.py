"""Run a user's model and restore its state.

`untouched` is for reading a model's structure: it restores everything that calling a layer may change. `stateless` is for
computing with a model, possibly often and compiled: it drops updates of variables and restores only what each call changes.
Changes that a user's ``call`` makes to objects other than layers (a file, a list kept elsewhere) remain.
"""

from __future__ import annotations

import contextlib
import copy
import random
import sys
from collections.abc import Iterable, Iterator
from operator import is_
from typing import TYPE_CHECKING, Any

import numpy as np

from kfx.keras_access import internals
from kfx.keras_access.importing import import_keras

if TYPE_CHECKING:
    import keras

_MISSING = object()
_CONTAINERS = (list, dict, set)
_EMPTY: tuple[()] = ()
_SET_BY_CALLS = ("_called", "built", "_parent_path", "_losses", "_loss_ids")
_SNAPSHOTS = ("_last_wrapped_list_snapshot", "_self_last_wrapped_dict_snapshot")
_SEEDS = "seed_generator_state"  # as Keras calls the variable of every `SeedGenerator`
_GLOBALS = ("object_name_uids", "uninitialized_variables", "global_seed_generator")


@contextlib.contextmanager
def untouched(layer: keras.Operation) -> Iterator[None]:
    """Restore a layer and all layers inside it, random generators and automatic names when the block ends."""
    saved = [_Saved(x) for x in internals.all_layers(layer)]
    drawn, drawn_numpy = random.getstate(), np.random.get_state()
    with keras_globals_restored():
        try:
            yield
        finally:
            for one in saved:
                one.restore()
            if random.getstate() != drawn:
                random.setstate(drawn)
            np.random.set_state(drawn_numpy)


@contextlib.contextmanager
def stateless(model: keras.Operation, values: Iterable[tuple[keras.Variable, Any]] = ()) -> Iterator[keras.StatelessScope]:
    """Drop updates of Keras variables (moving averages, seeds, states) made inside the block, and losses that it adds.

    Args:
        model: The model that runs inside the block.
        values: Variables with the values that they have inside the block.
    """
    saved = [_Saved(layer, _SET_BY_CALLS) for layer in internals.all_layers(model) if hasattr(layer, "_losses")]
    try:
        with import_keras().StatelessScope(state_mapping=list(values)) as scope:
            yield scope
    finally:
        for one in saved:
            one.restore()


@contextlib.contextmanager
def values_restored(layer: keras.Operation) -> Iterator[None]:
    """Restore TensorFlow variables that a layer holds, and TensorFlow's random state.

    After `tf.random.set_seed`, the block does not change the next draw from `tf.random`; operations with a seed of their own
    begin again, as after `set_seed`.
    """
    import tensorflow as tf
    from tensorflow.python.eager.context import context

    values = [(x, x.numpy()) for x in _held(internals.all_layers(layer)) if isinstance(x, tf.Variable)]
    draws = getattr(context(), "_rng", None)
    drawn = None if draws is None else draws.getstate()
    try:
        yield
    finally:
        for variable, value in values:
            if not np.array_equal(variable.numpy(), value):
                variable.assign(value)
        if draws is not None and draws.getstate() != drawn:
            draws.setstate(drawn)
            context().clear_kernel_cache()


@contextlib.contextmanager
def helpers_restored(model: keras.Operation) -> Iterator[None]:
    """Restore the attributes of what a model holds beside layers: optimizers, metrics, losses, objects of a user's classes."""
    saved = [_Saved(x) for x in _helpers(model)]
    try:
        yield
    finally:
        for one in saved:
            one.restore()


def _helpers(model: keras.Operation) -> list[Any]:
    """Return the objects that a model and its layers hold in attributes, lists and dicts, and what these hold in turn."""
    return [x for x in _held(internals.all_layers(model)) if _is_helper(x)]


def _held(layers: Iterable[Any]) -> Iterator[Any]:
    """Yield what layers hold in attributes, lists, dicts and sets, and what helpers among them hold in turn, each once."""
    seen: dict[int, Any] = {id(x): x for x in layers}
    todo = [value for layer in seen.values() for value in vars(layer).values()]
    while todo:
        x = todo.pop()
        if id(x) in seen:
            continue
        seen[id(x)] = x
        if isinstance(x, dict):
            todo += dict(x).values()
        elif isinstance(x, list | tuple | set):
            todo += x
        else:
            yield x
            todo += vars(x).values() if _is_helper(x) else ()


def _is_helper(x: Any) -> bool:
    keras = import_keras()
    if isinstance(x, keras.Optimizer | keras.Metric | keras.Loss):
        return True
    return hasattr(x, "__dict__") and not isinstance(x, type) and _is_of_the_user(type(x))


@internals.cache_by_class
def _is_of_the_user(cls: type) -> bool:
    """Return whether a class is neither Python's nor of an installed package."""
    root = (cls.__module__ or "builtins").split(".")[0]
    file = getattr(sys.modules.get(root), "__file__", None) or ""
    return root not in (*sys.stdlib_module_names, "kfx") and "site-packages" not in file and "dist-packages" not in file


@contextlib.contextmanager
def keras_globals_restored() -> Iterator[None]:
    """Restore Keras's automatic names, its global seed generator and its list of uninitialised variables."""
    keras_globals = internals.global_state()
    if keras_globals is None:  # another Keras release: automatic names then count on
        yield
        return
    held = {name: keras_globals.get_global_attribute(name) for name in _GLOBALS}
    copied = {name: copy.copy(value) for name, value in held.items() if isinstance(value, dict | list)}
    try:
        yield
    finally:
        for name, value in held.items():
            if name in copied:
                value.clear()
                value.update(copied[name]) if isinstance(value, dict) else value.extend(copied[name])
            if keras_globals.get_global_attribute(name) is not value:
                keras_globals.set_global_attribute(name, value)


class _Saved:
    """All or some attributes of one layer, and the contents of the lists, dicts and sets among them."""

    def __init__(self, owner: keras.Operation, names: Iterable[str] | None = None) -> None:
        self.attributes = vars(owner)
        self.only_some = names is not None
        here = self.attributes
        self.before = dict(here) if names is None else {name: here[name] for name in names if name in here}
        held = list(self.before.values())
        tracker = self.before.get("_tracker")
        if tracker is not None:  # Keras's register of the layer's tracked attributes
            held += [vars(tracker), *vars(tracker).values()]
            held += [x for ids in vars(tracker).values() if isinstance(ids, dict) for x in ids.values()]
            held += [store for pair in getattr(tracker, "config", {}).values() for store in pair]
        self.contents = [(x, _copy(x) if x else _EMPTY) for x in held if isinstance(x, _CONTAINERS)]

    def restore(self) -> None:
        here, before = self.attributes, self.before
        if self.only_some or not _is_unchanged(here, before):
            if not self.only_some:
                for name in [n for n in here if n not in before]:
                    del here[name]
            for name, value in before.items():
                if here.get(name, _MISSING) is not value:
                    here[name] = value
        for container, content in self.contents:
            if container or content:
                _put_back(container, content)


def _copy(container: Any) -> list | dict | set:
    container = _unwrapped(container)
    if isinstance(container, list):
        return list.__getitem__(container, slice(None))
    return dict(container) if isinstance(container, dict) else set(container)


def _is_unchanged(here: dict, before: dict) -> bool:
    """Return whether two dicts hold the same objects in the same order."""
    same = len(here) == len(before) and all(map(is_, here.values(), before.values()))
    return same and all(map(is_, here, before))


def _put_back(container: Any, content: Any) -> None:
    """Restore a container without its class's own methods, which would register the change."""
    wrapper, container = container, _unwrapped(container)
    if isinstance(container, list):
        if len(container) != len(content) or not all(map(is_, container, content)):
            list.__setitem__(container, slice(None), content)
    elif isinstance(container, dict):
        if content is _EMPTY or not _is_unchanged(container, content):
            dict.clear(container)
            dict.update(container, content)
    elif content is _EMPTY or container != content:
        set.clear(container)
        set.update(container, content)
    for name in _SNAPSHOTS:  # by which TensorFlow tells a change behind its back, and refuses to save
        if hasattr(wrapper, name):
            setattr(wrapper, name, _copy(container))


def _unwrapped(container: Any) -> Any:
    """Return the list or dict inside the wrapper that TensorFlow puts around an attribute of an optimizer or a model."""
    inner = getattr(container, "_storage", None) if isinstance(container, list) else getattr(container, "__wrapped__", None)
    return container if inner is None else inner


@contextlib.contextmanager
def drawing(model: keras.Model, number: int) -> Iterator[None]:
    """Draw random numbers inside the block as if the model had been called so many times before; then restore the seeds."""
    held = {id(v): v for v in getattr(model, "variables", ()) if v.name == _SEEDS and tuple(v.shape) == (2,)}.values()
    before = [np.asarray(v.value) for v in held] if number else []
    try:
        for variable, seed in zip(held, before, strict=False):
            variable.assign(seed + np.array([0, number], seed.dtype))
        yield
    finally:
        for variable, seed in zip(held, before, strict=False):
            variable.assign(seed)
