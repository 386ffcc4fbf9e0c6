"""The registry of panels, in the order in which a view shows them; their scripts are in ``registry.js``."""

from __future__ import annotations

from collections.abc import Collection

from kfx.training.journal.journal import Journal
from kfx.views.training.panels.base import RunPanel
from kfx.views.training.panels.controls import ControlsPanel
from kfx.views.training.panels.curves import CurvesPanel
from kfx.views.training.panels.finding import FindingPanel
from kfx.views.training.panels.layers import LayersPanel
from kfx.views.training.panels.own import OwnPanel
from kfx.views.training.panels.progress import ProgressPanel

PANELS: tuple[type[RunPanel], ...] = (ProgressPanel, ControlsPanel, FindingPanel, CurvesPanel, LayersPanel)
FINISHED = ("progress", "curves", "layers")  # kinds that a finished run shows


def panels_of(journal: Journal, kinds: Collection[str]) -> list[RunPanel]:
    """Return the panels of these kinds, the finding, and the panels of the user's own classes.

    Where no kind shows how far the run is, the progress is added.
    """
    shown = {*kinds, "finding"} if {*kinds} & {*FINISHED} else {*kinds, "finding", "progress"}
    return [*(make() for make in PANELS if make.kind in shown), *map(OwnPanel, range(len(journal.panels)))]


def finished_panels(journal: Journal) -> list[RunPanel]:
    """Return all panels of a finished run, independent of those shown while it lasted."""
    return panels_of(journal, FINISHED)


def run_text(journal: Journal) -> str:
    """Return a run in words, the same on every run and without a time: how it ended, findings, the user's own panels."""
    return "\n".join(line for panel in finished_panels(journal) for line in panel.text(journal))
