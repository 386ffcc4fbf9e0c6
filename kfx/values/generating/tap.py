"""Take values at some addresses out of a model that generates: out of every pass, also inside the compiled loop."""

from __future__ import annotations

import contextlib
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from kfx.keras_access.tensorflow.tensors import current_graph
from kfx.values.generating.passes import CallsByLayer, Passes

if TYPE_CHECKING:
    import keras


@dataclass
class Taken:
    """The values at one address while one batch was generated: for each pass, the tensors of the call.

    Attributes:
        before: Passes before the loop over the new tokens: the one over the prompt.
        steps: Passes in the loop, in order: TensorFlow begins an iteration when all of the one before it is done.
    """

    before: list[list[np.ndarray]] = field(default_factory=list)
    steps: list[list[np.ndarray]] = field(default_factory=list)


class GenerationTap:
    """A hook that takes values while a model generates; what it compiled is kept for the next time.

    The values leave TensorFlow's loop through `tf.py_function`, which XLA does not allow: it is off, whatever the model says.

    Args:
        model: The model, which is held by a weak reference.
        keys: The addresses.
        calls: The calls of the model's own pass.
        run_eagerly: Do not compile.

    Attributes:
        lock: Held while the model generates, because the compiled function hands its values to this object.
        met: The addresses that the compiled function calls.
        ran_elsewhere: Whether another thread generated meanwhile.
        taken: The values of each batch.
    """

    def __init__(self, model: keras.Model, keys: Sequence[str], calls: CallsByLayer, *, run_eagerly: bool) -> None:
        self._model = weakref.ref(model)
        self._wanted, self._calls = frozenset(keys), calls
        self._function: Callable[..., object] = self._step if run_eagerly else _compiled(self._step)
        self._passes: Passes | None = None
        self._now: dict[str, Taken] = {}
        self._outside: object = None  # the graph around the loop
        self.lock = threading.Lock()
        self.ran_elsewhere = False
        self.met: set[str] = set()
        self.taken: list[dict[str, Taken]] = []

    def _step(self, inputs: object, stop: object) -> object:
        self._outside = current_graph()
        return self._model().generate_step(inputs, stop_token_ids=stop)  # type: ignore[union-attr]  # alive while it runs

    def made_step(self, name: str) -> Callable[..., object]:
        """Return the function that runs in place of the model's own compiled one."""
        return lambda inputs, stop_token_ids=None: self._function(
            inputs, tuple(stop_token_ids) if isinstance(stop_token_ids, list) else stop_token_ids
        )

    @contextlib.contextmanager
    def running(self, name: str, model: keras.Model) -> Iterator[None]:
        """Take the values of one batch."""
        self._now = {}
        self._passes = passes = Passes(self._calls)
        try:
            yield
        finally:
            self._passes = None
        self.met |= passes.met - passes.doubtful()
        self.taken.append(self._now)

    def on_call(
        self, op: keras.Operation, args: tuple[object, ...], kwargs: dict[str, object], proceed: Callable[[], object]
    ) -> object:
        if self._passes is None:
            return proceed()
        key = self._passes.key_of(op)
        outputs = proceed()
        if key in self._wanted:
            self._keep(key, self._passes.own_tensors(key, outputs))
        return outputs

    def _keep(self, key: str, tensors: list[Any]) -> None:
        import tensorflow as tf

        graph = current_graph()
        looped = graph is not self._outside if graph is not None else key in self._now

        def keep(*values: Any) -> None:
            taken = self._now.setdefault(key, Taken())
            (taken.steps if looped else taken.before).append([x.numpy() for x in values])

        if graph is None:
            keep(*tensors)
        else:
            tf.py_function(keep, tensors, [])


def _compiled(step: Callable[..., object]) -> Callable[..., object]:
    import tensorflow as tf

    return tf.function(step, autograph=False)
