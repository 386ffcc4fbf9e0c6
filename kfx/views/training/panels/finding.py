"""The finding of a run: where values stopped being finite, and the error that ended it."""

from __future__ import annotations

from typing import Any

from kfx.draw.markup import html_text
from kfx.training.journal.journal import Journal
from kfx.views.training.curves import value_word
from kfx.views.training.panels.base import Now, RunPanel
from kfx.views.training.text import findings


class FindingPanel(RunPanel):
    """One sentence each; nothing where all went well."""

    kind = "finding"

    def data(self, journal: Journal, now: Now) -> dict[str, Any]:
        back = now.way_back if journal.broke is not None and not journal.ended else None
        said = [*findings(journal), *_where(journal)]
        return {"text": " ".join(said)[:500], "back": back and list(back)}

    def html(self, journal: Journal) -> str:
        style = "color:var(--jp-error-color1,#C1121F)"
        return "\n".join(f'<div style="{style}">{html_text(sentence)}</div>' for sentence in findings(journal))

    def text(self, journal: Journal) -> list[str]:
        return findings(journal)


def _where(journal: Journal) -> list[str]:
    """Return the epoch and step at which values stopped being finite, and the last finite value of the loss."""
    broke = journal.broke
    if broke is None:
        return []
    where = f"epoch {broke.epoch}" + (f", step {broke.in_epoch:,}" if broke.in_epoch else "")
    step, value = broke.last.get("loss", (0, 0.0))
    last = f"; the last finite loss was {value_word(value)}, at step {step:,} of the run" if step else ""
    return [f"Seen at {where}{last}."]
