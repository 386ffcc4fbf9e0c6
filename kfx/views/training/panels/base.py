"""The base of all panels of a run's view, and the facts that they show beyond the journal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kfx.training.journal.journal import Journal


@dataclass(frozen=True)
class Now:
    """Facts about a run at this moment that its journal does not hold.

    Attributes:
        phase: ``"training"``, ``"validating"`` or ``"paused"``.
        tested: Steps of the validation done.
        speed: Steps a second, or None.
        rate: The learning rate, or None.
        schedule: The schedule that decides it, or ``""``.
        overridden: A number replaces the schedule.
        checkpoints: ``(number, label, best)``, oldest first; None where checkpoints are off.
        extendable: Epochs can be added.
        waiting: Epochs added so far.
        stage: What the run does, see `kfx.training.run.state.RunState.stage`; ``""`` where that is not known.
        since: Seconds that it has been doing so.
        built: Seconds until the first step was done, building it included; not counted in speeds and times.
        steady: The speed says something: 20 steps and 2 s after the first step.
        way_back: Number and label of the newest checkpoint before values stopped being finite, or None.
    """

    phase: str = "training"
    tested: int = 0
    speed: float | None = None
    rate: float | None = None
    schedule: str = ""
    overridden: bool = False
    checkpoints: Sequence[tuple[int, str, bool]] | None = None
    extendable: bool = False
    waiting: int = 0
    stage: str = ""
    since: float = 0.0
    built: float = 0.0
    steady: bool = True
    way_back: tuple[int, str] | None = None


class RunPanel:
    """One part of a run's view; it needs neither Keras nor the callback that it belongs to.

    Its faces are pure functions of the journal, so that a finished, a saved and a running run look alike.

    Attributes:
        kind: The name of its script in ``registry.js``.
        name: Its own name, unique in a view.
        every: Seconds between two updates of the live view, at least.
    """

    kind = ""
    every = 0.0

    @property
    def name(self) -> str:
        return self.kind

    def data(self, journal: Journal, now: Now) -> dict[str, Any]:
        """Return the data that the script draws, JSON-ready; values may also be bytes."""
        raise NotImplementedError

    def html(self, journal: Journal) -> str:
        """Return the static face, markup without script and style sheet; ``""`` for none."""
        return ""

    def text(self, journal: Journal) -> list[str]:
        """Return the lines of the text face."""
        return []
