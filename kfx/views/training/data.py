"""The head and the foot of a run's live view, and the names of its panels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kfx.text import numbers
from kfx.text.untrusted import visible
from kfx.training.journal.journal import Journal
from kfx.views.training.panels.base import RunPanel


def run_state(journal: Journal, panels: Sequence[RunPanel], stage: str = "") -> dict[str, Any]:
    """Return the words around the panels and each panel's name and kind, JSON-ready.

    Args:
        journal: The run.
        panels: The panels of its view.
        stage: What a run in progress does, see `kfx.training.run.state.RunState.stage`.
    """
    return {
        "name": visible(journal.name)[:200],
        "facts": ["fit", *journal.plan.facts],
        "state": journal.state if journal.ended else stage or journal.state,
        "more": _more(journal),
        "cost": _cost(journal),
        "panels": [[panel.name, panel.kind] for panel in panels],
    }


def _more(journal: Journal) -> str:
    """Return words behind the state of a run whose values stopped being finite: it is over, but not well."""
    if journal.broke is None or not journal.ended:
        return ""
    return ", not done" if journal.state == "stopped" else ", with values that are not finite"


def _cost(journal: Journal) -> str:
    if not journal.every and journal.statistics is None:
        return ""
    words = f"monitor every {numbers.count(journal.every, 'step')}" if journal.every > 1 else "monitor at every step"
    words = words if journal.every else "monitor now and then"
    if journal.thinned:
        words += " or more"
    if journal.cost is not None:
        words += f"; watching costs {journal.cost:.1%} of the run".replace("%", " %")
    return f"{words}, {journal.ready:.1f} s once" if journal.cost is not None and journal.ready >= 0.05 else words
