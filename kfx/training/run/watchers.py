"""Who follows a run, and how often they are told."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

from kfx.training.run.controls import Answer

if TYPE_CHECKING:
    from kfx.training.run.session import Session

TICK = 0.1  # seconds between two updates, at least
_SHARE = 0.005  # of the run may go into these updates; sending them costs about as much again, in another thread


class Watcher(Protocol):
    """Who follows a run; all of it is called by the training thread."""

    def began(self, session: Session) -> None: ...

    def tick(self, session: Session) -> None: ...

    def answered(self, session: Session, answer: Answer) -> None: ...

    def ended(self, session: Session) -> None: ...


class Watchers(list[Watcher]):
    """All who follow one run. What takes long to show is shown less often."""

    def __init__(self) -> None:
        super().__init__()
        self.next = 0.0  # when the next update is due, on the clock of `time.perf_counter`

    def tell(self, session: Session, began: float) -> None:
        """Bring everybody up to date; ``began`` is now, or when the work for it began."""
        for watcher in self:
            watcher.tick(session)
        done = time.perf_counter()
        self.next = done + max(TICK, (done - began) / _SHARE)
