"""Objects that follow a run; the training thread calls all their methods."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from kfx.training.run.commands import Command, Outcome
from kfx.training.run.state import RunState


class Watcher(Protocol):
    """Follows a run; ``tick`` is called about ten times a second, at most."""

    def began(self, run: RunState) -> None: ...

    def tick(self, run: RunState) -> None: ...

    def answered(self, run: RunState, command: Command, outcome: Outcome) -> None: ...

    def ended(self, run: RunState) -> None: ...


class StepWatcher(Protocol):
    """Is called at steps that depend on no clock.

    Attributes:
        every: Steps between two calls of ``stepped``.
    """

    every: int

    def stepped(self, run: RunState) -> None: ...

    def epoch_ended(self, run: RunState, logs: Mapping[str, float]) -> None: ...
