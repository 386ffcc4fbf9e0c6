"""Run a user's model batch after batch: explain where it fails, and compile it only where its code allows that."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from kfx.errors import KfxError
from kfx.keras_access.forward import eagerly
from kfx.values.data.batches import Batch
from kfx.values.tap.failure import explain_failure, with_causes

if TYPE_CHECKING:
    import keras

T = TypeVar("T")


class Attempt:
    """``attempt(batch, run)`` returns ``run()`` or raises an `ExtractionError` that names the layer that failed.

    Args:
        model: A built Keras model.
        layers: The requested layers: the error holds their values as far as they were computed.
        training: Whether the model runs as in training.
        run_eagerly: The user's choice; None leaves it open.

    Attributes:
        run_eagerly: Whether to run without compiling. Becomes True, and ``run`` is called a second time, where the user left
            it open and the model's code needs the values themselves, e.g. for an ``if``.
    """

    def __init__(self, model: keras.Model, layers: object, *, training: bool, run_eagerly: bool | None = None) -> None:
        self.model, self.layers, self.training = model, layers, bool(training)
        self.run_eagerly = eagerly(model, run_eagerly)
        self._open = run_eagerly is None

    def __call__(self, batch: Batch, run: Callable[[], T]) -> T:
        try:
            return run()
        except KfxError:
            raise
        except Exception as error:
            reason = explain_failure(error, self.model, self.layers, batch, training=self.training)
            if reason is not error:
                raise reason from error
            if not self._open or self.run_eagerly or not _needs_values(error):
                raise
        self.run_eagerly = True
        return self(batch, run)


def _needs_values(error: Exception) -> bool:
    """Return whether an error came from code that needs the values of a symbolic tensor, e.g. as a bool or an array."""
    import tensorflow as tf

    refused = (tf.errors.OperatorNotAllowedInGraphError, NotImplementedError)
    return any(
        isinstance(one, refused)
        or (isinstance(one, AttributeError | TypeError | ValueError) and re.search("numpy|ymbolic", str(one)))
        for one in with_causes(error)
    )
