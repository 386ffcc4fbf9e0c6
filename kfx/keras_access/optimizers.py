"""Read and set what ``compile`` gave a model and Keras has no public name for: optimizers, losses, metrics."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import TypeAlias

    import keras

    Rate: TypeAlias = keras.Variable | keras.optimizers.schedules.LearningRateSchedule | Callable[[], float]


def steps_done(optimizer: keras.Optimizer) -> keras.Variable | None:
    """Return the variable that counts every step; the public `iterations` counts updates only, which accumulation delays."""
    return getattr(optimizer, "_iterations", None)


def updated_variables(optimizer: keras.Optimizer) -> list[keras.Variable]:
    """Return the variables that an optimizer updates, in the order of its gradients."""
    return list(optimizer._trainable_variables)


def rate_source(optimizer: keras.Optimizer | None) -> Rate | None:
    """Return the source of the learning rate: a variable, a schedule or a function; None without an optimizer."""
    return getattr(optimizer, "_learning_rate", None)


def set_rate_source(optimizer: keras.Optimizer, source: Rate) -> None:
    """Set the source of the learning rate without ``__setattr__``, which would track a variable and save it."""
    vars(optimizer)["_learning_rate"] = source


def loss_value(loss: Any, weights: Any, names: Sequence[str], y: Any, prediction: Any) -> Any:
    """Return the loss of a prediction as a model compiled with ``loss`` computes it, with Keras's own errors.

    Args:
        loss: As for ``compile``.
        weights: ``loss_weights`` as for ``compile``, or None.
        names: The names of the model's outputs.
        y: Labels.
        prediction: What the model gave.
    """
    made = import_module("keras.src.trainers.compile_utils").CompileLoss(loss, weights, output_names=list(names) or None)
    return made(y, prediction)


def update_metrics(metrics: Any, names: Sequence[str], y: Any, prediction: Any) -> None:
    """Compute new metrics of a prediction as a model compiled with ``metrics`` does, with Keras's own errors."""
    made = import_module("keras.src.trainers.compile_utils").CompileMetrics(metrics, None, output_names=list(names) or None)
    made.update_state(y, prediction)


def metrics_given(model: keras.Model) -> Any:
    """Return ``metrics`` as they were given to ``compile``; None for none."""
    return getattr(getattr(model, "_compile_metrics", None), "_user_metrics", None)


def loss_weights_given(model: keras.Model) -> Any:
    """Return ``loss_weights`` as they were given to ``compile``; None for none."""
    return getattr(getattr(model, "_compile_loss", None), "_user_loss_weights", None)
