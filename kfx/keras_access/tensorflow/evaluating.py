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
    does not call the model itself. The model's test function is put back.

    Raises:
        KfxError: The model is spread over several devices.
    """
    if model.distribute_strategy.num_replicas_in_sync > 1:
        raise KfxError("The model is spread over several devices, where its outputs cannot be followed. Use model.evaluate.")
    before = model.test_function
    model.test_function = _test_function(model, take)
    try:
        yield
    finally:
        model.test_function = before


def forward_with_masks(model: Any) -> Callable[[Any], tuple[Any, Any]]:
    """Return a compiled function from inputs to the model's output and its masks, as in ``predict``; the state stays."""
    import tensorflow as tf

    tree = import_keras().tree

    def run(inputs: Any) -> tuple[Any, Any]:
        with stateless(model):
            outputs = call(model, inputs, training=False)
            return outputs, tree.map_structure(mask_of, outputs)

    return run if eagerly(model) else tf.function(run, reduce_retracing=True, autograph=False)


def _test_function(model: Any, take: Take) -> Callable[[Any], Any]:
    """Return a function that does what Keras's own test function does.

    The data are taken out of their iterator in the graph, as Keras does: there the number of examples is open, on which it
    depends how Keras weighs the losses of several outputs.
    """
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

    if not model.run_eagerly:
        next_step = tf.function(next_step, reduce_retracing=True)

    def function(iterator: Any) -> Any:
        logs = None
        for _ in range(int(model.steps_per_execution)):
            try:
                data, (logs, outputs, masks) = next_step(iterator)
            except (StopIteration, tf.errors.OutOfRangeError):
                break
            take(data, outputs, masks)
        if logs is None:
            raise StopIteration
        return logs

    return function
