"""The facts of a sweep as a map: the change of the metric, the share restored and the metric itself, for each place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from kfx.text import numbers
from kfx.text.untrusted import cut, visible
from kfx.views.grid.facts import GridFacts, Measure, Sheet, number_words, row_labels
from kfx.views.grid.html import largest_cells


def sweep_facts(
    name: str,
    values: Mapping[str, np.ndarray],
    clean: np.ndarray,
    corrupted: np.ndarray,
    words: str,
    columns: Sequence[Sequence[str]],
    left_out: Mapping[str, str],
    example: int | None,
) -> GridFacts:
    """Return the facts of all maps: the mean over the examples first where there are several, then each of them.

    Args:
        name: The model's name.
        values: ``(example, position)`` or ``(example, position, head)`` by address.
        clean: The metric of each example of the clean run.
        corrupted: The metric of each example of the corrupted run.
        words: What is measured.
        columns: A word for each position of each example.
        left_out: Why layers are left out, by address.
        example: The example to begin with; None for the mean.
    """
    count = len(clean)
    several = count > 1
    pages = ([f"mean of {count} examples"] if several else []) + [f"example {n + 1} of {count:,}" for n in range(count)]

    def page(number: int) -> Sheet:
        at = None if several and number == 0 else number - int(several)
        return _sheet(values, clean, corrupted, words, columns, left_out, at)

    positions = len(columns[0])
    heads = f" × {next(iter(values.values())).shape[2]} heads" if next(iter(values.values())).ndim == 3 else ""
    line = f"{numbers.count(len(values), 'layer')} × {numbers.count(positions, 'position')}{heads} · {visible(words)[:80]}"
    start = 0 if example is None else example + int(several)
    return GridFacts("sweep", name, line, tuple(pages), page, start=start)


def _sheet(
    values: Mapping[str, np.ndarray],
    clean: np.ndarray,
    corrupted: np.ndarray,
    words: str,
    columns: Sequence[Sequence[str]],
    left_out: Mapping[str, str],
    example: int | None,
) -> Sheet:
    """Return the map of one example, or of the mean of all."""
    pick = slice(None) if example is None else slice(example, example + 1)
    labels = row_labels(list(values))
    rows: list[str] = []
    titles: list[str] = []
    lines: list[np.ndarray] = []
    for (address, found), label in zip(values.items(), labels, strict=True):
        mean = found[pick].mean(axis=0)
        heads = [mean] if mean.ndim == 1 else list(mean.T)
        for head, line in enumerate(heads):
            rows.append(label if mean.ndim == 1 else f"{label} · head {head}")
            titles.append(visible(address) if mean.ndim == 1 else f"{visible(address)}, head {head}")
            lines.append(line)
    metric = np.stack(lines)
    before, after = float(corrupted[pick].mean()), float(clean[pick].mean())
    change = metric - before
    whole = after - before
    share = change / whole if whole else np.full_like(change, np.nan)
    measures = (
        Measure("change", "change of the metric", "change", change),
        Measure("restored", "share of the clean run's metric restored", "share", share),
        Measure("metric", "metric", "value", metric, drawn=False),
    )
    names = [list(dict.fromkeys(one[n] for one in columns[pick])) for n in range(len(columns[0]))]
    shown = tuple(one[0] if len(one) == 1 else str(n) for n, one in enumerate(names))
    first = largest_cells(measures[0], 1)[0]
    both = f"clean {number_words(after, 'value')} · corrupted {number_words(before, 'value')}"
    notes = [f"{both} · a cell is the corrupted run with the clean run's values there"]
    wrong = int((~np.isfinite(metric)).sum())
    notes += [f"{numbers.count(wrong, 'cell')} not finite, drawn grey"] if wrong else []
    notes += [] if whole else ["both runs have the same metric: there is no share to restore"]
    if left_out:
        some = ", ".join(cut(visible(key), 40, middle=True) for key in list(left_out)[:3])
        more = " and others" if len(left_out) > 3 else ""
        notes.append(f"{numbers.count(len(left_out), 'layer')} left out ({some}{more}): {next(iter(left_out.values()))}")
    return Sheet(tuple(rows), tuple(titles), shown, measures, first=first, notes=tuple(notes))


def position_words(clean: Sequence[str], corrupted: Sequence[str]) -> list[str]:
    """Return a word for each position: ``cat``, or ``cat→dog`` where the runs differ; numbers stay numbers."""
    return [b if a == b else f"{a}→{b}" for a, b in zip(clean, corrupted, strict=True)]
