"""Replace the steps that ``fit`` calls, to follow them from inside, on any backend."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, Protocol

from kfx.keras_access.importing import backend_name, import_keras

RUN_OWN: Any = object()  # returned by `before`: run Keras's own step, unfollowed


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
        own: Keras's own function.
        step: The function that is called: Keras's own, or one that also looks at the layers.
    """

    def __init__(
        self,
        model: Any,
        name: str,
        *,
        after: Callable[[], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        self.own: Any = None
        self.step: Any = None
        self._model, self._name = model, name
        self._after, self._failed = after, failed
        self._data_end = _data_ends()

    @property
    def there(self) -> bool:
        """True while the model has this function; compiling the model replaces it."""
        return getattr(self._model, self._name) is self

    def install(self, step: Any = None) -> None:
        """Replace the model's present function; ``step`` is called in its place."""
        present = getattr(self._model, self._name)
        if present is not self:
            self.own = own_function(present)
        self.step = self.own if step is None else step
        setattr(self._model, self._name, self)

    def give_back(self, step: Any) -> None:
        """Give ``step`` back to the model, unless the function was replaced already."""
        if self.there:
            setattr(self._model, self._name, step)

    def __call__(self, *given: Any) -> Any:
        result = self._execute(given)
        self._after()
        return result

    def _execute(self, given: tuple[Any, ...]) -> Any:
        try:
            return self.step(*given)
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
        before: Called before an execution while commands wait, at an epoch's first step, and where another ``fit`` of the model
            may be running; logs that it returns replace the execution, and `RUN_OWN` runs it unfollowed.
        after: Called after an execution when it is due.
        failed: As for `Followed`.

    Attributes:
        done: The time of the end and the logs of each execution since the last `take`.
        last: The newest logs.
        due: The time at which ``after`` is called.
        room: The number of executions after which ``after`` is called at any time.
        fresh: Always call ``before``.
        history: The History of the fit that is followed.
        seen: The model's History when a step was last known to be of that fit: another fit inside it replaces the model's.
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
        self.seen: Any = None

    def __call__(self, *given: Any) -> Any:
        if self.fresh or self._inbox.waiting or getattr(self._model, "history", None) is not self.seen:
            instead = self._before()  # may replace the step
            if instead is RUN_OWN:
                return self.own(*given)
            if instead is not None:
                return instead
        self.last = logs = self._execute(given)
        self._count(logs)
        return logs

    def _count(self, logs: Any) -> None:
        now = time.perf_counter()
        self.done.append((now, logs))
        self.room -= 1
        if now >= self.due or self.room <= 0 or self._inbox.waiting:
            self._after()

    def settle(self) -> bool:
        """Bring the variables up to date with the newest step; return False where that cannot be done now."""
        return True

    def wake(self) -> None:
        """Call ``after`` at the end of the current execution."""
        self.due = 0.0

    def take(self) -> list[tuple[float, Any]]:
        """Return the executions since the last call."""
        done, self.done = self.done, []
        return done


def own_function(function: Any) -> Any:
    """Return Keras's own function, also where a fit around this one follows it."""
    while isinstance(function, Followed):
        function = function.own
    return function


def fits_in_progress() -> list[Any]:
    """Return Keras's list of callbacks of each ``fit`` that this thread is in, the innermost first."""
    found, kind = [], import_keras().callbacks.CallbackList
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_name == "fit" and "callbacks" in frame.f_code.co_varnames:
            callbacks = frame.f_locals.get("callbacks")
            if isinstance(callbacks, kind):
                found.append(callbacks)
        frame = frame.f_back
    return found


def _data_ends() -> tuple[type[BaseException], ...]:
    """Return the exceptions by which a step says that there are no more data."""
    if backend_name() != "tensorflow":
        return (StopIteration,)
    import tensorflow as tf

    return StopIteration, tf.errors.OutOfRangeError
