"""Controls: stop, pause, the learning rate, checkpoints; only of a run that is not over."""

from __future__ import annotations

from typing import Any

from kfx.training.journal.journal import Journal
from kfx.views.training.curves import rate_word
from kfx.views.training.panels.base import Now, RunPanel


class ControlsPanel(RunPanel):
    """The buttons of a run in progress and what they act on."""

    kind = "controls"

    def data(self, journal: Journal, now: Now) -> dict[str, Any]:
        return {
            "state": journal.state,
            "shown": not journal.ended,
            "rate": now.rate,
            "rateText": rate_word(now.rate) if now.rate is not None else "",
            "schedule": _schedule(now),
            "extendable": now.extendable,
            "checkpoints": _checkpoints(now),
        }


def _schedule(now: Now) -> str:
    if not now.schedule:
        return ""
    return (
        f"{now.schedule} is overridden until this fit ends"
        if now.overridden
        else f"{now.schedule} decides it; setting overrides"
    )


def _checkpoints(now: Now) -> list[dict[str, Any]] | None:
    if now.checkpoints is None:
        return None
    return [{"number": n, "label": f"{label} (best)" if best else label} for n, label, best in now.checkpoints]
