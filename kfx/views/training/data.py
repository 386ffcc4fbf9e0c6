"""The head and the foot of a run's live view, and the names of its panels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kfx.text import numbers
from kfx.text.untrusted import visible
from kfx.training.journal.journal import Journal
from kfx.views.training.panels.base import RunPanel


def run_state(journal: Journal, panels: Sequence[RunPanel]) -> dict[str, Any]:
    """Return the words around the panels and each panel's name and kind, JSON-ready."""
    return {
        "name": visible(journal.name)[:200],
        "facts": ["fit", *journal.plan.facts],
        "state": journal.state,
        "cost": _cost(journal),
        "panels": [[panel.name, panel.kind] for panel in panels],
    }


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
