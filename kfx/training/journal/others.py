"""Read the logs of others as journals: a CSVLogger's file, a History of Keras. Files may come from strangers."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from kfx.errors import KfxError
from kfx.text.untrusted import cut
from kfx.training.journal.facts import Plan
from kfx.training.journal.journal import Journal

MOST_BYTES, MOST_LOGS, MOST_EPOCHS = 50_000_000, 64, 100_000
_NAME = 60  # characters


def journal_of_csv(path: Path) -> Journal:
    """Return the journal of a file that ``keras.callbacks.CSVLogger`` wrote.

    Raises:
        FileNotFoundError: The file does not exist.
        KfxError: It is not such a file, or larger than `MOST_BYTES`.
    """
    if path.stat().st_size > MOST_BYTES:
        raise KfxError(f"{path.name!r} has more than {MOST_BYTES // 1_000_000} MB; a log of epochs is smaller.")
    try:
        with path.open(encoding="utf-8", errors="replace", newline="") as file:
            line = file.readline()
            delimiter = next((one for one in ";\t," if line.startswith(f"epoch{one}")), ",")
            file.seek(0)
            rows = csv.reader(file, delimiter=delimiter)
            heads = [cut(head.strip(), _NAME) for head in next(rows, [])]
            if "epoch" not in heads or not 2 <= len(heads) <= MOST_LOGS:
                raise KfxError(
                    f"{path.name!r} has no column 'epoch' beside logs: it is not a file of keras.callbacks.CSVLogger."
                )
            cells = [row for row, _ in zip(rows, range(MOST_EPOCHS + 1), strict=False) if len(row) == len(heads)]
    except csv.Error as damaged:
        raise KfxError(f"{path.name!r} is not a CSV file: {damaged}.") from damaged
    if len(cells) > MOST_EPOCHS:
        raise KfxError(f"{path.name!r} has more than {MOST_EPOCHS:,} epochs.")
    columns = {head: [_number(row[i]) for row in cells] for i, head in enumerate(heads)}
    epochs = [n + 1 if math.isfinite(n) else 0 for n in columns.pop("epoch")]
    return _journal(path.stem, epochs, columns)


def journal_of_history(name: str, epochs: Sequence[int], logs: Mapping[str, Sequence[float]]) -> Journal:
    """Return the journal of a History: its ``epoch`` (counted from 0) and ``history``.

    Raises:
        ValueError: The logs differ in length from the epochs.
    """
    shorter = {key: len(values) for key, values in logs.items() if len(values) > len(epochs)}
    if shorter:
        raise ValueError(f"A log has {max(shorter.values())} values for {len(epochs)} epochs: this is no History of one fit.")
    columns = {cut(str(key), _NAME): [*map(_number, values)] for key, values in logs.items()}
    return _journal(name, [n + 1 for n in epochs], columns)


def _number(value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]  # a stranger's
    except (TypeError, ValueError, OverflowError):
        return math.nan


def _journal(name: str, epochs: Sequence[float], columns: Mapping[str, Sequence[float]]) -> Journal:
    """Return a journal with a row an epoch; the number of steps is not known, so an epoch counts as one step."""
    last = round(epochs[-1]) if len(epochs) else 0
    journal = Journal(name=cut(name, _NAME), plan=Plan(epochs=last, steps=1, facts=("read from a log of epochs",)))
    for i, epoch in enumerate(epochs):
        journal.steps = i + 1
        row = {key: values[i] for key, values in columns.items() if i < len(values)}  # logs that began later have fewer
        journal.add_epoch(round(epoch), {key: value for key, value in row.items() if key not in ("epoch", "seconds")})
    journal.epoch, journal.step, journal.state = last, 1 if len(epochs) else 0, "done"
    return journal
