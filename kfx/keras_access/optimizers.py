"""Read and set attributes of Keras's optimizers that have no public name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

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
