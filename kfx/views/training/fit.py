"""``kfx.fit``: ``model.fit`` with a view to watch and control it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras


def fit(
    model: keras.Model,
    x: object = None,
    y: object = None,
    batch_size: int | None = None,
    epochs: int = 1,
    verbose: str | int = "auto",
    callbacks: keras.callbacks.Callback | Sequence[keras.callbacks.Callback] | None = None,
    **arguments: object,
) -> keras.callbacks.History:
    """Train a model as ``model.fit`` does, and watch and control it while it trains.

    Takes ``model.fit``'s arguments and returns what it returns. In a notebook a live view is shown under the cell: progress,
    curves, layers, controls; when the run is over one picture and one line of text stay. Elsewhere one line is printed.

    Args:
        model: A compiled Keras model.
        x: As for ``model.fit``.
        y: As for ``model.fit``.
        batch_size: As for ``model.fit``.
        epochs: As for ``model.fit``.
        verbose: ``"auto"`` leaves Keras's own progress bar out; any other value is handed on.
        callbacks: More callbacks. One of `kfx.callbacks` among them takes the place of the one that would be made here.
        arguments: All the others, e.g. ``validation_data``, ``class_weight``, ``steps_per_epoch``.

    Returns:
        The ``History`` of ``model.fit``; epochs that were added by hand are in it. ``kfx.runs[-1]`` is the run itself.

    Raises:
        TypeError: ``model`` is not a Keras model.
        KeyboardInterrupt: At a second interrupt; the first one stops at the end of a batch and returns the History.

    Example:
        >>> import keras, kfx, numpy as np
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, kernel_initializer="zeros")], name="line")
        >>> model.compile("sgd", "mse")
        >>> history = kfx.fit(model, np.ones((8, 2)), np.ones(8))
        fit 'line': done, 1 epoch, loss 1.0
        >>> history.history["loss"]
        [1.0]
    """
    from kfx.keras_access.importing import import_keras
    from kfx.keras_access.not_a_model import require_model

    keras = import_keras()
    if not isinstance(model, keras.Model):
        require_model(model, "a keras.Model to train: kfx.fit(model, x, y, epochs=3)")
        raise TypeError(f"`model` is a {type(model).__name__}; kfx.fit trains a keras.Model: kfx.fit(model, x, y, epochs=3).")
    from kfx.training.run.fit import train
    from kfx.views.mistake.fit_view import explain_failed_fit

    if isinstance(callbacks, keras.callbacks.CallbackList):
        raise TypeError("`callbacks` is a CallbackList; kfx.fit needs to add its own. Give a list of callbacks.")
    given = list(keras.tree.flatten(callbacks)) if callbacks is not None else []
    arguments |= {"x": x, "y": y, "batch_size": batch_size, "epochs": epochs, "verbose": 0 if verbose == "auto" else verbose}
    try:
        return train(model, arguments, [*_missing(given), *given])
    except Exception as error:
        explain_failed_fit(error, sys._getframe(1))
        raise


def _missing(given: Sequence[keras.callbacks.Callback]) -> list[keras.callbacks.Callback]:
    """Return the kfx callbacks that the user did not give."""
    from kfx import callbacks

    ours = (callbacks.Progress, callbacks.Curves, callbacks.LayerMonitor, callbacks.Checkpoints, callbacks.Controls)
    return [make() for make in ours if not any(isinstance(one, make) for one in given)]
