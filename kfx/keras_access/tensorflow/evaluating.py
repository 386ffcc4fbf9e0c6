"""Take the model's output out of the steps of ``model.evaluate``, in the same pass that computes its metrics."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from kfx.errors import KfxError
from kfx.keras_access.forward import call, eagerly
from kfx.keras_access.hooks import listening
from kfx.keras_access.importing import import_keras
from kfx.keras_access.layers import mask_of
from kfx.keras_access.untouched import stateless

Take = Callable[[Any, Any, Any], None]
_KEPT = "_kfx_taking"  # the attribute of Keras's test function


class _LastOutput:
    """Keeps the output of the model's last call of its own, which is outside all others."""

    def __init__(self, model: Any) -> None:
        self.model, self.depth, self.found = model, 0, None

    def on_call(self, op: Any, args: tuple[Any, ...], kwargs: dict[str, Any], proceed: Callable[[], Any]) -> object:
        if op is not self.model:
            return proceed()
        self.depth += 1
        try:
            outputs = proceed()
        finally:
            self.depth -= 1
        if not self.depth:
            self.found = outputs
        return outputs


@contextlib.contextmanager
def outputs_taken(model: Any, take: Take) -> Iterator[None]:
    """Hand each batch of ``model.evaluate`` inside the block to ``take``: the data, the model's output, and its masks.

    The step is Keras's own, or the model's own ``test_step``, compiled as Keras compiles it. The output is None where the step
    does not call the model itself. Afterwards the model has the test function that Keras's own ``evaluate`` leaves. The step
    hangs on that one, so that it is traced once, and ``compile`` drops it.

    Raises:
        KfxError: The model is spread over several devices.
    """
    if model.distribute_strategy.num_replicas_in_sync > 1:
        raise KfxError("The model is spread over several devices, where its outputs cannot be followed. Use model.evaluate.")
    before = model.test_function
    if before is None:
        model.make_test_function()
    own = model.test_function
    taking: _Taking = getattr(own, _KEPT, None) or _Taking(model)
    with contextlib.suppress(AttributeError):  # a function of another kind: the step is traced anew the next time
        setattr(own, _KEPT, taking)
    taking.take, model.test_function = take, taking
    try:
        yield
    except BaseException:
        model.test_function = before
        raise
    else:
        model.test_function = own
    finally:
        taking.take = None


def forward_with_masks(model: Any) -> Callable[[Any], tuple[Any, Any]]:
    """Return a compiled function from inputs to the model's output and its masks, as in ``predict``; the state stays."""
    import tensorflow as tf

    tree = import_keras().tree

    def run(inputs: Any) -> tuple[Any, Any]:
        with stateless(model):
            outputs = call(model, inputs, training=False)
            return outputs, tree.map_structure(mask_of, outputs)

    return run if eagerly(model) else tf.function(run, reduce_retracing=True, autograph=False)


class _Taking:
    """A test function that does what Keras's own does, and hands on what comes by.

    The data are taken out of their iterator in the graph, as Keras does: there the number of examples is open, on which it
    depends how Keras weighs the losses of several outputs.
    """

    def __init__(self, model: Any) -> None:
        self.take: Take | None = None
        self._model, self._next_step = model, _next_step(model)

    def __call__(self, iterator: Any) -> Any:
        import tensorflow as tf

        logs = None
        for _ in range(int(self._model.steps_per_execution)):
            try:
                data, (logs, outputs, masks) = self._next_step(iterator)
            except (StopIteration, tf.errors.OutOfRangeError):
                break
            if self.take is not None:
                self.take(data, outputs, masks)
        if logs is None:
            raise StopIteration
        return logs


def _next_step(model: Any) -> Callable[[Any], tuple[Any, tuple[Any, Any, Any]]]:
    """Return a function from an iterator to its next batch, with the logs, output and masks of Keras's step on it."""
    import tensorflow as tf

    tree, untraced = import_keras().tree, tf.autograph.experimental.do_not_convert

    @untraced
    def step(data: Any) -> tuple[Any, Any, Any]:
        hook = _LastOutput(model)
        with listening(hook):
            logs = model.distribute_strategy.run(model.test_step, args=(data,))
        return logs, hook.found, tree.map_structure(mask_of, hook.found)

    run = step if model.run_eagerly else tf.function(step, reduce_retracing=True, jit_compile=model.jit_compile)

    @untraced
    def next_step(iterator: Any) -> tuple[Any, tuple[Any, Any, Any]]:
        came = iterator.get_next()  # an input that a batch does not have comes as an empty Optional
        data = tree.map_structure(lambda x: None if isinstance(x, tf.experimental.Optional) else x, came)
        return data, run(data)

    return next_step if model.run_eagerly else tf.function(next_step, reduce_retracing=True)
