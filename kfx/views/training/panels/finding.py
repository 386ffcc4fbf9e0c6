"""The finding of a run: where values stopped being finite, and the error that ended it."""

from __future__ import annotations

from typing import Any

from kfx.draw.markup import html_text
from kfx.training.journal.journal import Journal
from kfx.views.training.panels.base import Now, RunPanel
from kfx.views.training.text import findings


class FindingPanel(RunPanel):
    """One sentence each; nothing where all went well."""

    kind = "finding"

    def data(self, journal: Journal, now: Now) -> dict[str, Any]:
        return {"text": " ".join(findings(journal))[:500]}

    def html(self, journal: Journal) -> str:
        style = "color:var(--jp-error-color1,#C1121F)"
        return "\n".join(f'<div style="{style}">{html_text(sentence)}</div>' for sentence in findings(journal))

    def text(self, journal: Journal) -> list[str]:
        return findings(journal)
