"""The curves of a run as numbers to draw: one chart a log, its lines, its axes. The drawing code needs no journal."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from kfx.training.journal.buckets import Buckets
from kfx.training.journal.journal import Journal, lower_is_better

MOST_POINTS = 512  # on one line
MOST_CHARTS = 12
_ROOM = 10  # epochs that the axis has room for, at least


@dataclass(frozen=True)
class Line:
    """One line of a chart.

    Attributes:
        x: The position in epochs (2.5 is the middle of the third), or in steps before the first epoch's length is known.
        y: The value, the mean where several steps were merged; NaN where there is none.
        low: The least value there.
        high: The greatest.
    """

    x: np.ndarray
    y: np.ndarray
    low: np.ndarray
    high: np.ndarray

    def __len__(self) -> int:
        return len(self.x)


NO_LINE = Line(*(np.empty(0, np.float32) for _ in range(4)))


@dataclass(frozen=True)
class Chart:
    """One small picture: a log of the training and, where there is one, of the validation.

    Attributes:
        name: The name of the log in Keras.
        title: The same in words.
        batches: Training, by batch.
        train: Training, by epoch.
        val: Validation, by epoch.
        best: Index of the best point of ``val`` (of ``train`` without validation), or None.
    """

    name: str
    title: str
    batches: Line
    train: Line
    val: Line
    best: int | None


def charts(journal: Journal) -> list[Chart]:
    """Return a chart for each log, ``loss`` first, in Keras's order, at most `MOST_CHARTS`."""
    return [_chart(journal, name) for name in journal.logs[:MOST_CHARTS]]


def _chart(journal: Journal, name: str) -> Chart:
    batches = line_of(journal, journal.batches, name)
    train, val = line_of(journal, journal.epochs, name), line_of(journal, journal.epochs, f"val_{name}")
    down = lower_is_better(name)
    shown = val if len(val) else train
    best = int(np.nanargmin(shown.y) if down else np.nanargmax(shown.y)) if np.isfinite(shown.y).any() else None
    return Chart(name, name.replace("_", " "), batches, train, val, best)


def line_of(journal: Journal, table: Buckets, name: str) -> Line:
    """Return one column of a table as a line of at most `MOST_POINTS` points; an empty one where it is missing."""
    if name not in table.columns:
        return NO_LINE
    rows = table.column(name)
    known = rows.finite > 0
    steps, y, low, high = (part[known] for part in (rows.steps, rows.mean, rows.low, rows.high))
    while len(steps) > MOST_POINTS:
        steps, y, low, high = _halved(steps, y, low, high)
    x = positions(journal, steps)
    return Line(*(part.astype(np.float32) for part in (x, y, low, high)))


def _halved(steps: np.ndarray, y: np.ndarray, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, ...]:
    """Merge neighbours in pairs and keep an odd last one; the extremes stay."""
    even = len(steps) // 2 * 2
    last = slice(even, None)

    def pairs(part: np.ndarray, how: Callable[..., np.ndarray]) -> np.ndarray:
        return np.concatenate([how(part[:even].reshape(-1, 2), axis=1), part[last]])

    return np.concatenate([steps[1:even:2], steps[last]]), pairs(y, np.mean), pairs(low, np.min), pairs(high, np.max)


def positions(journal: Journal, steps: np.ndarray) -> np.ndarray:
    """Return steps as positions on the horizontal axis."""
    return journal.position(steps) if unit_of(journal) == "epoch" else steps.astype(float)


def unit_of(journal: Journal) -> str:
    """Return the unit of the horizontal axis: ``"step"`` while the length of an epoch is unknown, then ``"epoch"``."""
    return "epoch" if journal.plan.steps or journal.epochs.rows else "step"


def reach(journal: Journal) -> tuple[float, float]:
    """Return both ends of the horizontal axis; it ends with the plan, or sooner while the run has hardly begun.

    At epoch 3 of 1,000 the line would be hardly visible on an axis of the whole plan; so the axis holds 10 epochs, 20, 40, ...
    """
    if unit_of(journal) == "step":
        return 0.0, float(max(journal.steps, 1))
    first, now = journal.plan.first_epoch, float(journal.position(np.array([journal.steps]))[0])
    room = _ROOM * 2 ** max(math.ceil(math.log2(max(now - first - 1e-9, 1) * 2 / _ROOM)), 0)
    planned = min(journal.plan.epochs, first + room) if not journal.ended else 0
    return float(first), float(max(planned, math.ceil(now - 1e-9), first + 1))


def rate_changes(journal: Journal) -> list[tuple[float, str]]:
    """Return the changes of the learning rate by hand: each one's position and ``rate 3e-4``."""
    changes = [event for event in journal.events if event.kind == "rate" and event.value]
    xs = positions(journal, np.array([event.step for event in changes]))
    return [(float(x), f"rate {rate_word(event.value)}") for x, event in zip(xs, changes, strict=True)]


@dataclass(frozen=True)
class Abandoned:
    """A stretch that a rewind gave up, on the horizontal axis: from the checkpoint to where it happened."""

    low: float
    high: float


def abandoned(journal: Journal) -> list[Abandoned]:
    """Return the stretches that rewinds gave up, oldest first."""
    ends = np.array([[rewind.to_steps, rewind.step] for rewind in journal.rewinds], float).reshape(-1, 2)
    return [Abandoned(*map(float, positions(journal, pair))) for pair in ends if pair[1] > pair[0]]


def broke_at(journal: Journal) -> tuple[float, str] | None:
    """Return where values stopped being finite: the position, and ``not finite at epoch 3, step 6``; None while all is well."""
    broke = journal.broke
    if broke is None:
        return None
    where = f"epoch {broke.epoch}" + (f", step {broke.in_epoch:,}" if broke.in_epoch else "")
    return float(positions(journal, np.array([broke.step], float))[0]), f"not finite at {where}"


def rate_word(rate: float | None) -> str:
    """Return a learning rate in short: ``1e-3``, ``2.5e-4``, ``0.05``."""
    if rate is None:
        return "?"
    if rate >= 0.01:
        return f"{rate:.3g}"
    digits, power = f"{rate:.1e}".split("e")
    return f"{digits.removesuffix('.0')}e-{abs(int(power))}"


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Return round numbers from ``low`` to ``high``, at most ``most`` of them."""
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low:
        return [low] if math.isfinite(low) else []
    rough = (high - low) / max(most - 1, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * n for n in (1, 2, 5, 10) if power * n >= rough * 0.999999)
    first = math.ceil(low / step - 1e-9)
    return [n * step for n in range(first, math.floor(high / step + 1e-9) + 1)]


def tick_words(values: Sequence[float]) -> list[str]:
    """Return numbers on an axis, no longer than they must be, and no two alike where the numbers differ."""
    words: list[str] = []
    for digits in range(3, 12):
        words = [f"{value:.{digits}g}".replace("-", "−") for value in values]
        if len(set(words)) == len({*values}):
            break
    return words


def span(chart: Chart) -> tuple[float, float]:
    """Return the least and greatest value that a chart must show; a lone spike at the start does not flatten all the rest."""
    parts = [line.y[np.isfinite(line.y)] for line in (chart.batches, chart.train, chart.val)]
    smooth = smoothed(chart.batches.y, 0.9)
    values = np.concatenate([smooth[np.isfinite(smooth)], *parts[1:]]) if len(parts[0]) else np.concatenate(parts)
    if not len(values):
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    if len(parts[0]):
        high, low = max(high, float(np.quantile(parts[0], 0.98))), min(low, float(np.quantile(parts[0], 0.02)))
    if low > 0 and low < 0.6 * high:
        low = 0.0
    if high - low < 1e-12:
        low, high = low - (abs(low) * 0.1 or 1), high + (abs(high) * 0.1 or 1)
    return low, high


def smoothed(values: np.ndarray, weight: float) -> np.ndarray:
    """Return the exponential mean with its start corrected: the first value is the first value."""
    out, mean, seen = np.full(len(values), np.nan), 0.0, 0.0
    for i, value in enumerate(np.asarray(values, float).tolist()):
        if math.isfinite(value):
            mean, seen = weight * mean + (1 - weight) * value, weight * seen + 1 - weight
        out[i] = mean / seen if seen else math.nan
    return out


def value_word(value: float | None, digits: int = 3) -> str:
    """Return a value of a curve with so many significant digits: ``0.472``, ``12.3``, ``4,210``, ``3.1e−5``."""
    if value is None or math.isnan(value):
        return "?"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    size = float(f"{abs(value):.{digits - 1}e}")  # rounded first: 0.0098 has one digit as 0.01
    if size and (size < 1e-3 or size >= 1e6):
        digits_, power = f"{value:.{max(digits - 2, 0)}e}".split("e")
        return f"{digits_}e{int(power)}".replace("-", "−")
    if size >= 1000:
        return f"{value:,.0f}".replace("-", "−")
    places = digits - 1 - math.floor(math.log10(size)) if size else digits - 1
    return f"{value:.{max(places, 0)}f}".replace("-", "−")
