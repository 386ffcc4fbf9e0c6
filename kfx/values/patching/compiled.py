"""Give a thread its own compiled steps of a model inside a patch, which Keras compiles once and keeps."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import TYPE_CHECKING, Protocol

from kfx.keras_access.hooks import Hook, active_hooks, surely_undone

if TYPE_CHECKING:
    import keras

_COMPILED = ("predict_function", "test_function", "train_function", "generate_function")


class StepHook(Hook, Protocol):
    """A hook that has compiled steps of its own while it is active."""

    ran_elsewhere: bool

    def made_step(self, name: str) -> Callable[..., object] | None:
        """Return the step to run, or None to let Keras make it."""

    def running(self, name: str, model: keras.Model) -> AbstractContextManager[None]:
        """Surround a run of a step of a model."""


@contextlib.contextmanager
def compiled_apart(model: keras.Model, hook: StepHook, names: Sequence[str] = _COMPILED) -> Iterator[None]:
    """Give this thread its own ``predict_function`` and the like inside the block, which Keras compiles once and keeps."""
    names = [name for name in names if hasattr(model, name) and hasattr(model, f"make_{name}")]
    placed = {name: _PerThreadStep(model, name, hook) for name in names}
    with surely_undone(partial(_restore, model, placed)):
        for name, apart in placed.items():
            setattr(model, name, apart)
        yield


def _restore(model: keras.Model, placed: dict[str, _PerThreadStep]) -> None:
    for name, apart in placed.items():
        now = getattr(model, name)
        if now is apart:
            setattr(model, name, apart.original)
        elif isinstance(now, _PerThreadStep):  # a patch that began inside this one and has not ended
            now.forget(apart)
        elif now is not None and now is not apart.original:  # made inside the block, after a compile in it: it holds the patch
            setattr(model, name, None)


class _PerThreadStep:
    """A compiled step: the patching thread runs its own one, all other threads run the original."""

    def __init__(self, model: keras.Model, name: str, hook: StepHook) -> None:
        self.model, self.name, self.hook = model, name, hook
        self.original = getattr(model, name)
        self._patched: Callable[..., object] | None = None

    def __call__(self, *args: object, **kwargs: object) -> object:
        if self.hook in active_hooks():
            if self._patched is None:
                self._patched = self.hook.made_step(self.name) or self._make()
            with contextlib.ExitStack() as stack:
                for hook in active_hooks():  # those of blocks around this one hold too
                    if hasattr(hook, "running"):
                        stack.enter_context(hook.running(self.name, self.model))
                return self._patched(*args, **kwargs)
        self.hook.ran_elsewhere = True
        if self.original is None:
            self.original = self._make()
        return self.original(*args, **kwargs)

    def _make(self) -> Callable[..., object]:
        """Let Keras make a new step, on a stand-in for the model so that the model's attribute does not change."""
        stand_in = _StandIn(self.model)
        setattr(stand_in, self.name, None)
        make = getattr(type(self.model), f"make_{self.name}")
        made = make(stand_in) if self.name == "generate_function" else make(stand_in, force=True)
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
