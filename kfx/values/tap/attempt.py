"""Run a user's model batch after batch: say where it fails, and compile it only where its code allows that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kfx.errors import KfxError
from kfx.keras_access.forward import eagerly
from kfx.values.data.batches import Batch
from kfx.values.tap.failure import explain


class Attempt:
    """``attempt(batch, run)`` returns ``run()`` or raises an `ExtractionError` that names the layer that failed.

    Args:
        model: A built Keras model.
        layers: What the user asked for: the error holds such values as far as they were computed.
        training: Whether the model runs as in training.
        run_eagerly: As the user said; None leaves it open.

    Attributes:
        run_eagerly: How to run now. May turn True once: where it was left open and the model's code needs the values
            themselves, e.g. for an ``if``, ``run`` is called a second time.
    """

    def __init__(self, model: Any, layers: Any, *, training: bool, run_eagerly: bool | None = None) -> None:
        self.model, self.layers, self.training = model, layers, bool(training)
        self.run_eagerly = eagerly(model, run_eagerly)
        self._open = run_eagerly is None

    def __call__(self, batch: Batch, run: Callable[[], Any]) -> Any:
        try:
            return run()
        except KfxError:
            raise
        except Exception as error:
            reason = explain(error, self.model, self.layers, batch, training=self.training)
            if reason is not error:
                raise reason from error
            if not self._open or self.run_eagerly or not _needs_values(error):
                raise
        self.run_eagerly = True
        return self(batch, run)


def _needs_values(error: BaseException | None) -> bool:
    """Whether code asked a tensor of a graph for its values: for a truth, a number, an array or its elements."""
    import tensorflow as tf

    while error is not None:
        if isinstance(error, tf.errors.OperatorNotAllowedInGraphError | NotImplementedError):
            return True
        words = str(error)
        if isinstance(error, AttributeError | TypeError | ValueError) and ("numpy" in words or "ymbolic" in words):
            return True
        error = error.__cause__ or error.__context__
    return False
