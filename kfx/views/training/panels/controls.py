"""Controls: stop, pause, the learning rate, checkpoints; only of a run that is not over."""

from __future__ import annotations

from typing import Any

from kfx.training.journal.journal import Journal
from kfx.views.training.curves import rate_word
from kfx.views.training.panels.base import Now, RunPanel


class ControlsPanel(RunPanel):
    """The buttons of a run in progress."""

    kind = "controls"

    def data(self, journal: Journal, now: Now) -> dict[str, Any]:
        kept = None if now.checkpoints is None else list(now.checkpoints)
        schedule = now.schedule and f"{now.schedule} decides it; setting overrides"
        if now.schedule and now.overridden:
            schedule = f"{now.schedule} is overridden until this fit ends"
        return {
            "state": journal.state,
            "shown": not journal.ended,
            "rate": now.rate,
            "rateText": rate_word(now.rate) if now.rate is not None else "",
            "schedule": schedule,
            "extendable": now.extendable,
            "checkpoints": kept and [{"number": n, "label": f"{label} (best)" if best else label} for n, label, best in kept],
        }
