"""Progress: epochs as a bar, the step, the speed, the time left, the best epoch so far."""

from __future__ import annotations

import math
from typing import Any

from kfx.draw.markup import html_text
from kfx.training.journal.journal import Journal
from kfx.views.training.curves import value_word
from kfx.views.training.panels.base import Now, RunPanel
from kfx.views.training.text import run_line

_COUNTED = ("building", "paused")  # stages whose seconds the browser counts on: Python is busy, or waits


class ProgressPanel(RunPanel):
    """The progress of a run; of a finished run one line."""

    kind = "progress"

    def data(self, journal: Journal, now: Now) -> dict[str, Any]:
        first, planned = journal.plan.first_epoch, journal.plan.epochs + now.waiting
        return {
            "first": first,
            "epochs": planned,
            "done": journal.epochs_done + first,
            "share": _share(journal),
            "status": _status(journal, now, planned),
            "clock": round(now.since, 1) if now.stage in _COUNTED and not journal.ended else None,
        }

    def html(self, journal: Journal) -> str:
        return f"<div><b>{html_text(run_line(journal))}</b></div>"

    def text(self, journal: Journal) -> list[str]:
        return [run_line(journal)]


def _status(journal: Journal, now: Now, planned: int) -> list[str]:
    """Return the line under the bar: the position, the speed, the time left, the best epoch so far."""
    if journal.ended:
        return [run_line(journal).split(": ", 1)[-1]]
    if now.stage == "building":
        return ["building the training step", "the time left is given after 20 steps"]
    steps = journal.plan.steps
    of_steps = f" of {steps:,}" if steps else ""
    where = f"epoch {journal.epoch:,} of {planned:,}" if planned else f"epoch {journal.epoch:,}"
    if now.phase == "validating":
        where += f" · validating, step {now.tested:,}"
    elif journal.step:
        where += f" · step {journal.step:,}{of_steps}"
    parts = [where]
    if now.phase == "paused":
        parts = [f"paused at {where}", *_left_words(journal, now, planned, " when it goes on")]
    elif now.stage == "first step":
        parts.append(f"building and the first step took {now.built:.1f} s")
    elif now.speed:
        parts.append(f"{now.speed:,.0f} steps/s" if now.speed >= 10 else f"{now.speed:.1f} steps/s")
        parts += _left_words(journal, now, planned, "")
    return [*parts, *filter(None, [_best(journal)])]


def _left_words(journal: Journal, now: Now, planned: int, more: str) -> list[str]:
    """Return ``["6 s left"]``; nothing where an estimate would say nothing."""
    left = _left(journal, now, planned) if now.steady and now.speed else None
    return [] if left is None else [f"{duration(left)} left{more}"]


def _left(journal: Journal, now: Now, planned: int) -> float | None:
    """Return the seconds until the end: an epoch takes as long as those that are done, validation included."""
    done, steps = journal.epochs_done, journal.plan.steps
    todo = planned - journal.plan.first_epoch
    if done:
        each = max(journal.epochs.last[journal.epochs.columns.index("seconds")] - now.built, 0.0) / done
        part = min(journal.step / steps, 1.0) if steps else 0.0
        return max(todo - done - part, 0) * each
    return max(todo * steps - journal.steps, 0) / now.speed if steps and now.speed else None


def duration(seconds: float) -> str:
    """Return a time in words: ``8 s``, ``2 min 5 s``, ``3 h 20 min``."""
    whole = math.ceil(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600:,} h {whole % 3600 // 60} min"


def _best(journal: Journal) -> str:
    best = journal.best()
    if best is None or journal.epochs_done < 2:
        return ""
    what = "validation loss" if "val_loss" in journal.epochs.columns else "loss"
    return f"best epoch {best[0]}, {what} {value_word(best[1])}"


def _share(journal: Journal) -> float:
    """Return the share of this epoch that is done."""
    if journal.ended or not journal.step:
        return 0.0
    length = journal.plan.steps or (journal.epochs.read().steps[-1] / journal.epochs_done if journal.epochs_done else 0)
    return min(journal.step / length, 1.0) if length else 0.0
