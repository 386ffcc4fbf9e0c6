"""Follow Keras's compiled steps from inside the functions that ``fit`` calls."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any


def followed(
    step: Callable[[Any], Any],
    *,
    after: Callable[[float, Any], None],
    failed: Callable[[BaseException], None],
    before: Callable[[], Any] | None = None,
) -> Callable[[Any], Any]:
    """A train or test function that does the same and tells about it.

    Args:
        step: ``model.train_function`` or ``model.test_function``.
        after: Called after each execution with the time it began and its logs.
        failed: Called with what a step raised, an interrupt included, before it passes on.
        before: Called first; logs that it returns stand in for an execution that is not made.
    """
    import tensorflow as tf

    data_end = StopIteration, tf.errors.OutOfRangeError

    def function(iterator: Any) -> Any:
        instead = before() if before is not None else None
        if instead is not None:
            return instead
        began = time.perf_counter()
        try:
            logs = step(iterator)
        except data_end:
            raise
        except BaseException as error:
            failed(error)
            raise
        after(began, logs)
        return logs

    return function
