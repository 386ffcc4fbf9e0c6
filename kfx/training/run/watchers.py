"""Objects that follow a run, and how often they are updated."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Protocol

from kfx.training.run.commands import Answer
from kfx.training.run.state import RunState

TICK = 0.1  # seconds between two updates, at least
_SHARE = 0.005  # of the run may go into these updates; sending them costs about as much again, in another thread


class Watcher(Protocol):
    """Follows a run; all methods are called by the training thread."""

    def began(self, run: RunState) -> None: ...

    def tick(self, run: RunState) -> None: ...

    def answered(self, run: RunState, answer: Answer) -> None: ...

    def ended(self, run: RunState) -> None: ...


class StepWatcher(Protocol):
    """Is called at steps that depend on no clock.

    Attributes:
        every: Steps between two calls of ``stepped``.
    """

    every: int

    def stepped(self, run: RunState) -> None: ...

    def epoch_ended(self, run: RunState, logs: Mapping[str, float]) -> None: ...


class Watchers(list[Watcher]):
    """All watchers of one run. What takes long to show is shown less often."""

    def __init__(self) -> None:
        super().__init__()
        self.next = 0.0  # when the next update is due, on the clock of `time.perf_counter`

    def tell(self, run: RunState, began: float) -> None:
        """Update all of them; ``began`` is now, or when the work for this update began."""
        for watcher in self:
            watcher.tick(run)
        done = time.perf_counter()
        self.next = done + max(TICK, (done - began) / _SHARE)
