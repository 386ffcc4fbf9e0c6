"""Follow Keras's compiled steps from inside the functions that ``fit`` calls."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol


class Inbox(Protocol):
    """Where commands arrive; ``waiting`` is a plain attribute and no function, because it is read at every step."""

    waiting: bool


class Followed:
    """Stands where a model's train or test function stood, does the same and tells about it.

    Keras tells no callback when a step fails or is interrupted; and a callback with a hook at batch ends would make it turn
    every log into a number before the next step may begin.

    Args:
        model: The model.
        name: ``"train_function"`` or ``"test_function"``.
        after: Called after an execution.
        failed: Called with what a step raised, an interrupt included, before it passes on.

    Attributes:
        step: What is followed.
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
        """Whether it stands in the model now; somebody may have compiled the model anew."""
        return getattr(self._model, self._name) is self

    def install(self) -> None:
        """Follow what stands in the model now."""
        if not self.there:
            self.step = getattr(self._model, self._name)
            setattr(self._model, self._name, self)

    def give_back(self, step: Any) -> None:
        """Put ``step`` in its own place, unless somebody else did already."""
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
    """The train function: a step is only put down, and all else is left for later.

    A step may take less than a millisecond, and Python between two of them runs with cold caches, three times as slow as it
    looks in a loop. So nearly always this is two comparisons, one append and no call.

    Args:
        model: The model.
        inbox: Where commands arrive.
        before: Called before an execution when something waits; logs that it returns stand in for it.
        after: Called after an execution when it is time.
        failed: As for `Followed`.

    Attributes:
        done: The executions that nobody has asked for yet: when each ended and its logs.
        last: The newest logs.
        due: The time from which on ``after`` is called.
        room: Executions until ``after`` is called whatever the time.
        fresh: Call ``before`` in any case.
        history: The model's History, while the fit is the one that is followed.
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
            instead = self._before()  # may put another step in place
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
        """Call ``after`` when the execution in course is done."""
        self.due = 0.0

    def take(self) -> list[tuple[float, Any]]:
        """The executions that nobody has asked for yet."""
        done, self.done = self.done, []
        return done
