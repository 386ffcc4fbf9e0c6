"""Replace the compiled steps that ``fit`` calls, to follow them from inside."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol


class Inbox(Protocol):
    """The inbox for commands; ``waiting`` is a plain attribute, not a method, because every step reads it."""

    waiting: bool


class Followed:
    """Replaces a model's train or test function: runs the original step and reports its end or failure.

    Keras calls no callback when a step fails or is interrupted; and a callback with a hook at batch ends makes Keras convert
    every log to a number before the next step begins.

    Args:
        model: The model.
        name: ``"train_function"`` or ``"test_function"``.
        after: Called after an execution.
        failed: Called with the exception of a step, including interrupts, before it propagates.

    Attributes:
        step: The original function.
    """

    def __init__(
        self,
        model: Any,
        name: str,
        *,
        after: Callable[[], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        import tensorflow as tf

        self.step: Any = None
        self._model, self._name = model, name
        self._after, self._failed = after, failed
        self._data_end = StopIteration, tf.errors.OutOfRangeError

    @property
    def there(self) -> bool:
        """True while the model has this function; compiling the model replaces it."""
        return getattr(self._model, self._name) is self

    def install(self) -> None:
        """Replace the model's present function."""
        if not self.there:
            self.step = getattr(self._model, self._name)
            setattr(self._model, self._name, self)

    def give_back(self, step: Any) -> None:
        """Give ``step`` back to the model, unless the function was replaced already."""
        if self.there:
            setattr(self._model, self._name, step)

    def __call__(self, iterator: Any) -> Any:
        logs = self._execute(iterator)
        self._after()
        return logs

    def _execute(self, iterator: Any) -> Any:
        try:
            return self.step(iterator)
        except self._data_end:
            raise
        except BaseException as error:
            self._failed(error)
            raise


class FollowedTraining(Followed):
    """Replaces the train function: records each step and leaves all other work for later.

    A step may take less than a millisecond, and Python between two steps runs with cold caches, three times as slow as in a
    loop. Therefore most steps add only two comparisons and one append, without a call.

    Args:
        model: The model.
        inbox: The inbox for commands.
        before: Called before an execution while commands wait; logs that it returns replace the execution.
        after: Called after an execution when it is due.
        failed: As for `Followed`.

    Attributes:
        done: The time of the end and the logs of each execution since the last `take`.
        last: The newest logs.
        due: The time at which ``after`` is called.
        room: The number of executions after which ``after`` is called at any time.
        fresh: Always call ``before``.
        history: The model's History during the fit that is followed.
    """

    def __init__(
        self,
        model: Any,
        inbox: Inbox,
        *,
        before: Callable[[], Any],
        after: Callable[[], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        super().__init__(model, "train_function", after=after, failed=failed)
        self._inbox, self._before = inbox, before
        self.done: list[tuple[float, Any]] = []
        self.last: Any = None
        self.due, self.room, self.fresh = 0.0, 0, True
        self.history: Any = None

    def __call__(self, iterator: Any) -> Any:
        if self.fresh or self._inbox.waiting or getattr(self._model, "history", None) is not self.history:
            instead = self._before()  # may replace the step
            if instead is not None:
                return instead
        self.last = logs = self._execute(iterator)
        now = time.perf_counter()
        self.done.append((now, logs))
        self.room -= 1
        if now >= self.due or self.room <= 0 or self._inbox.waiting:
            self._after()
        return logs

    def wake(self) -> None:
        """Call ``after`` at the end of the current execution."""
        self.due = 0.0

    def take(self) -> list[tuple[float, Any]]:
        """Return the executions since the last call."""
        done, self.done = self.done, []
        return done
