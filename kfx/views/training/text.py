"""Put a run into one line of text: the same every time it is trained, so rounded and without a time."""

from __future__ import annotations

from kfx.text.numbers import count, visible
from kfx.training.journal.journal import Journal
from kfx.views.training.curves import value_word

_LOGS = 12
_DIGITS = 2  # significant ones: what holds on another machine


def run_line(journal: Journal) -> str:
    """Return e.g. ``fit 'digits': done, 12 epochs, loss 0.37, val_loss 0.47 (best 0.47 at epoch 7)``."""
    parts = [journal.state, count(journal.epochs_done, "epoch")]
    if not journal.epochs_done and journal.steps:
        parts[-1] = count(journal.steps, "step")
    names = [name for log in journal.logs for name in (log, f"val_{log}") if journal.last(name) is not None]
    parts += [f"{visible(name)} {value_word(journal.last(name), _DIGITS)}" for name in names[:_LOGS]]
    line, best = f"fit '{visible(journal.name)}': {', '.join(parts)}", journal.best()
    if best is None or journal.epochs_done < 2:
        return line
    return f"{line} (best {value_word(best[1], _DIGITS)} at epoch {best[0]})"


def findings(journal: Journal) -> list[str]:
    """Return the layer where values stopped being finite and the error that ended the run, a sentence each."""
    errors = [event.text for event in journal.events if event.kind == "error"]
    return [visible(text) for text in (journal.finding, *errors[-1:]) if text]


def runs_text(journals: list[Journal]) -> str:
    """Return several runs, a line each, the oldest first."""
    return "\n".join(f"{i}  {run_line(journal)}" for i, journal in enumerate(journals)) or "No runs yet."
