"""Read and set the learning rate of a run; a schedule is overridden until the run ends."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from kfx.keras_access.importing import import_keras
from kfx.keras_access.optimizers import rate_source, set_rate_source

if TYPE_CHECKING:
    import keras


class LearningRate:
    """The learning rate of one optimizer.

    Args:
        optimizer: Any Keras optimizer, or None.
    """

    def __init__(self, optimizer: keras.Optimizer | None) -> None:
        self._optimizer = getattr(optimizer, "inner_optimizer", optimizer)  # that of a LossScaleOptimizer
        self._replaced: Any = None

    @property
    def schedule(self) -> str:
        """The class of the schedule that decides the rate, or ``""`` where the rate is a plain number."""
        own = self._replaced if self._replaced is not None else rate_source(self._optimizer)
        keras = import_keras()
        if own is None or isinstance(own, keras.Variable) or not callable(own):
            return ""
        is_schedule = isinstance(own, keras.optimizers.schedules.LearningRateSchedule)
        return type(own).__name__ if is_schedule else getattr(own, "__name__", type(own).__name__)

    @property
    def overridden(self) -> bool:
        """True while a number replaces the schedule."""
        return self._replaced is not None

    def read(self) -> float | None:
        """Return the rate of the next step, or None where the optimizer has none."""
        if self._optimizer is None:
            return None
        try:
            value = float(np.asarray(import_keras().ops.convert_to_numpy(self._optimizer.learning_rate)))
        except (AttributeError, TypeError, ValueError):
            return None
        return value if math.isfinite(value) else None

    def set(self, value: float | None) -> bool:
        """Set the rate.

        Returns:
            True when a schedule was replaced, so that the train function must be made again.

        Raises:
            ValueError: Not a positive, finite number, or the model has no optimizer.
        """
        if not (isinstance(value, int | float) and math.isfinite(value) and value > 0):
            raise ValueError(f"The learning rate {value!r} was not taken: it must be a number above 0.")
        if self._optimizer is None:
            raise ValueError("This model has no optimizer, so there is no learning rate to set.")
        own = rate_source(self._optimizer)
        if isinstance(own, import_keras().Variable):
            own.assign(value)
            return False
        self._replaced = own
        number = import_keras().Variable(value, trainable=False, dtype="float32", name="kfx_rate")
        set_rate_source(self._optimizer, number)
        return True

    def restore(self) -> bool:
        """Put the schedule back; return True if a number had replaced it."""
        if self._replaced is None:
            return False
        set_rate_source(self._optimizer, self._replaced)
        self._replaced = None
        return True
