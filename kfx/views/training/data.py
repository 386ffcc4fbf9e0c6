"""What the live view of a run needs: words ready to show, numbers as bytes; the script formats only what is pointed at."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from kfx.text import numbers
from kfx.text.untrusted import visible
from kfx.training.journal.facts import STATISTICS
from kfx.training.journal.journal import Journal
from kfx.training.monitor.diagnose import BAND, verdict
from kfx.views.training.curves import by_steps, panels, rate_changes, rate_word, reach, value_word
from kfx.views.training.text import run_text

STRIP = 64  # cells of a layer's strip
_RAMP = 7  # steps of the colour ramp
_LAYERS = 400  # rows that reach the browser


@dataclass(frozen=True)
class Now:
    """What is true at this moment beyond the journal.

    Attributes:
        phase: ``"training"``, ``"validating"`` or ``"paused"``.
        tested: Steps of the validation done.
        speed: Steps a second, or None.
        rate: The learning rate, or None.
        schedule: The schedule that decides it, or ``""``.
        overridden: A number stands in for the schedule.
        checkpoints: ``(number, label, best)``, oldest first; None where checkpoints are off.
        steering: Whether controls are there.
        extendable: Whether epochs can be added.
        waiting: Epochs added so far.
        parts: Which of ``"curves"``, ``"progress"``, ``"monitor"`` are shown.
    """

    phase: str = "training"
    tested: int = 0
    speed: float | None = None
    rate: float | None = None
    schedule: str = ""
    overridden: bool = False
    checkpoints: Sequence[tuple[int, str, bool]] | None = None
    steering: bool = False
    extendable: bool = False
    waiting: int = 0
    parts: tuple[str, ...] = ("curves", "progress", "monitor")


def run_state(journal: Journal, now: Now) -> dict[str, Any]:
    """Everything in words and small numbers, JSON-ready."""
    plan, running = journal.plan, not journal.ended
    first, planned = plan.first_epoch, plan.epochs + now.waiting
    return {
        "name": visible(journal.name)[:200],
        "facts": ["fit", *plan.facts],
        "state": journal.state,
        "running": running,
        "parts": list(now.parts),
        "progress": {"first": first, "epochs": planned, "done": journal.epochs_done + first, "share": _share(journal, now)},
        "status": _status(journal, now, planned),
        "line": run_text(journal).splitlines()[0],
        "finding": " ".join(run_text(journal).splitlines()[1:])[:500],
        "best": _best(journal),
        "rate": now.rate,
        "rateText": rate_word(now.rate) if now.rate is not None else "",
        "schedule": _schedule(now),
        "steering": bool(now.steering and running),
        "extendable": bool(now.extendable),
        "checkpoints": _checkpoints(now),
        "cost": _cost(journal),
    }


def curves_data(journal: Journal) -> tuple[dict[str, Any], bytes]:
    """All lines: how they are cut, and their numbers as one run of float32.

    Returns:
        ``unit``, ``reach`` and ``marks`` of the axis and for each panel its words and the lengths of its lines; the bytes hold
        x, y, low, high of the batches, then x, y of each epoch's training, then x, y of the validation, panel by panel.
    """
    parts: list[np.ndarray] = []
    described = []
    for panel in panels(journal):
        train_end = (
            value_word(float(panel.train.y[-1] if len(panel.train) else panel.batches.y[-1])) if len(panel.batches) else ""
        )
        described.append(
            {
                "name": panel.name,
                "title": visible(panel.title)[:80],
                "sizes": [len(panel.batches), len(panel.train), len(panel.val)],
                "best": -1 if panel.best is None else panel.best,
                "train": train_end,
                "val": value_word(float(panel.val.y[-1])) if len(panel.val) else "",
            }
        )
        parts += [panel.batches.x, panel.batches.y, panel.batches.low, panel.batches.high]
        parts += [panel.train.x, panel.train.y, panel.val.x, panel.val.y]
    unit = "step" if by_steps(journal) else "epoch"
    marks = [[x, word] for x, word in rate_changes(journal)[-20:]]
    layout = {"unit": unit, "reach": list(reach(journal)), "marks": marks, "panels": described}
    return layout, b"".join(part.astype("<f4").tobytes() for part in parts)


def layers_data(journal: Journal) -> dict[str, Any]:
    """A row for each layer with weights: its strip as one digit a cell (``.`` for none), the newest values, a remark."""
    if journal.statistics is None or not journal.statistics.rows:
        return {}
    shown = "gradient" if np.isfinite(journal.statistic("gradient")[1]).any() else "update"
    _, history = journal.statistic(shown)
    cells = _cells(history)
    values = np.stack([journal.now(name) for name in STATISTICS], axis=1).tolist()
    rows = []
    for i, (layer, row) in enumerate(zip(journal.layers, values, strict=True)):
        if not layer.weights or len(rows) == _LAYERS:
            continue
        one = dict(zip(STATISTICS, row, strict=True))
        rows.append(
            {
                "key": visible(layer.key)[:200],
                "type": layer.type,
                "family": layer.family,
                "strip": "".join("." if c < 0 else str(c) for c in cells[:, i].tolist()),
                "gradient": value_word(one["gradient"], 2) if not math.isnan(one["gradient"]) else "",
                "update": value_word(one["update"], 1) if not math.isnan(one["update"]) else "",
                "place": _place(one["update"]),
                "remark": verdict(row, weights=True),
                "more": _more(one),
            }
        )
    low, high = _limits(history)
    title = "Gradient norm" if shown == "gradient" else "Update ÷ weight"
    legend = [value_word(low, 1), value_word(high, 1)] if low < high else []
    return {"title": title, "band": list(BAND), "legend": legend, "rows": rows, "left": max(_weighted(journal) - _LAYERS, 0)}


# ---------------------------------------------------------------------------------------------------- words


def _status(journal: Journal, now: Now, planned: int) -> list[str]:
    """The line under the bar: where it is, how fast, how long still, the best so far."""
    if journal.ended:
        return [run_text(journal).splitlines()[0].split(": ", 1)[-1]]
    steps = journal.plan.steps
    of_steps = f" of {steps:,}" if steps else ""
    where = f"epoch {journal.epoch:,} of {planned:,}" if planned else f"epoch {journal.epoch:,}"
    if now.phase == "validating":
        where += f" · validating, step {now.tested:,}"
    elif journal.step:
        where += f" · step {journal.step:,}{of_steps}"
    parts = [where]
    if now.phase == "paused":
        parts.append("paused")
    elif now.speed:
        parts.append(f"{now.speed:,.0f} steps/s" if now.speed >= 10 else f"{now.speed:.1f} steps/s")
        left = _left(journal, now, planned)
        if left is not None:
            parts.append(f"{duration(left)} left")
    return [*parts, *filter(None, [_best(journal)])]


def _left(journal: Journal, now: Now, planned: int) -> float | None:
    """Seconds until the end: epochs that are done say how long one takes, validation included."""
    done, steps = journal.epochs_done, journal.plan.steps
    todo = planned - journal.plan.first_epoch
    if done:
        each = journal.epochs.last[journal.epochs.columns.index("seconds")] / done
        part = min(journal.step / steps, 1.0) if steps else 0.0
        return max(todo - done - part, 0) * each
    return max(todo * steps - journal.steps, 0) / now.speed if steps and now.speed else None


def duration(seconds: float) -> str:
    """``8 s``, ``2 min 5 s``, ``3 h 20 min``."""
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


def _share(journal: Journal, now: Now) -> float:
    """How much of the epoch in course is done."""
    if journal.ended or not journal.step:
        return 0.0
    length = journal.plan.steps or (journal.epochs.read().steps[-1] / journal.epochs_done if journal.epochs_done else 0)
    return min(journal.step / length, 1.0) if length else 0.0


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


def _cost(journal: Journal) -> str:
    if not journal.every:
        return ""
    said = f"monitor every {numbers.count(journal.every, 'step')}" if journal.every > 1 else "monitor at every step"
    if journal.thinned:
        said += " or more"
    if journal.cost is not None:
        said += f"; watching costs {journal.cost:.1%} of the run".replace("%", " %")
    return f"{said}, {journal.ready:.1f} s once" if journal.cost is not None and journal.ready >= 0.05 else said


def _more(one: dict[str, float]) -> str:
    parts = [f"weight norm {value_word(one['weight'])}"]
    if not math.isnan(one["mean"]):
        parts.append(f"output mean {value_word(one['mean'])}, standard deviation {value_word(one['std'])}")
        parts.append(f"{one['zeros']:.0%} zeros".replace("%", " %"))
    if not math.isnan(one["dead"]):
        parts.append(f"{one['dead']:.0%} of its units dead".replace("%", " %"))
    return "; ".join(parts)


# ---------------------------------------------------------------------------------------------------- strips


def _limits(history: np.ndarray) -> tuple[float, float]:
    known = history[np.isfinite(history) & (history > 0)]
    return (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)


def _cells(history: np.ndarray) -> np.ndarray:
    """Steps of the ramp, shape ``(cells, layers)``, -1 for none: logarithmic, one scale for all layers."""
    rows = len(history)
    edges = np.linspace(0, rows, min(rows, STRIP) + 1).astype(int)
    groups = [history[a:b] for a, b in pairwise(edges)]
    known = [np.where(np.isfinite(group) & (group > 0), group, np.nan) for group in groups]
    counts = [np.isfinite(group).sum(axis=0) for group in known]
    logs = [np.nansum(np.log(group), axis=0) / np.maximum(n, 1) for group, n in zip(known, counts, strict=True)]
    table, seen = np.stack(logs), np.stack(counts) > 0
    low, high = _limits(history)
    if not low < high:
        return np.where(seen, _RAMP // 2, -1)
    share = (table - math.log(low)) / (math.log(high) - math.log(low))
    return np.where(seen, np.clip((share * _RAMP).astype(int), 0, _RAMP - 1), -1)


def _place(update: float) -> float | None:
    """Where update ÷ weight stands between 1e-5 and 1e-1 on a logarithmic axis, from 0 to 1."""
    if not math.isfinite(update) or update <= 0:
        return None
    return round(min(max((math.log10(update) + 5) / 4, 0.0), 1.0), 3)


def _weighted(journal: Journal) -> int:
    return sum(layer.weights for layer in journal.layers)
