"""Turn a journal into data frames."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Protocol

import numpy as np

from kfx.training.journal.buckets import Buckets
from kfx.training.journal.facts import STATISTICS, Event, Layer

if TYPE_CHECKING:
    import pandas

TABLES = ("epochs", "batches", "layers", "events")


class Recorded(Protocol):
    """The parts of a journal that become tables."""

    batches: Buckets
    epochs: Buckets
    statistics: Buckets | None
    layers: tuple[Layer, ...]
    events: list[Event]


def data_frame(journal: Recorded, table: str) -> pandas.DataFrame:
    """Return one of `TABLES` as a pandas DataFrame."""
    if table not in TABLES:
        raise ValueError(f"`table` is {table!r}; expected one of {', '.join(TABLES)}.")
    try:
        import pandas
    except ModuleNotFoundError as missing:
        raise ModuleNotFoundError("A data frame needs pandas: pip install pandas.") from missing
    if table == "events":
        return pandas.DataFrame([asdict(event) for event in journal.events])
    return pandas.DataFrame({"epochs": _epochs, "batches": _batches, "layers": _layers}[table](journal))


def _epochs(journal: Recorded) -> dict[str, np.ndarray]:
    rows = journal.epochs.read()
    columns = {name: rows.mean[:, i] for i, name in enumerate(journal.epochs.columns)}
    return {"epoch": np.rint(columns.pop("epoch")).astype(int), "step": rows.steps, **columns}


def _batches(journal: Recorded) -> dict[str, np.ndarray]:
    rows = journal.batches.read()
    table: dict[str, np.ndarray] = {"step": rows.steps}
    for i, name in enumerate(journal.batches.columns):
        table |= {name: rows.mean[:, i], f"{name}_low": rows.low[:, i], f"{name}_high": rows.high[:, i]}
    return table


def _layers(journal: Recorded) -> dict[str, np.ndarray]:
    if journal.statistics is None:
        return {name: np.empty(0) for name in ("step", "layer", *STATISTICS)}
    rows = journal.statistics.read()
    cube = rows.mean.reshape(len(rows.steps), len(journal.layers), len(STATISTICS))
    table: dict[str, np.ndarray] = {
        "step": np.repeat(rows.steps, len(journal.layers)),
        "layer": np.tile([layer.key for layer in journal.layers], len(rows.steps)),
    }
    return table | {name: cube[:, :, i].ravel() for i, name in enumerate(STATISTICS)}
