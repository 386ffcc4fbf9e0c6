"""A comparison for other programs: records, CSV, pandas, and what its live view shows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kfx.text.csv_markdown import csv_text, data_frame
from kfx.views.diff.rows import DiffRow, Tables, WeightRow
from kfx.views.payload import wire_key

if TYPE_CHECKING:
    import pandas

COLUMNS = ("kind", "layer", "type", "what", "a", "b", "relative_change")


def records(rows: Sequence[DiffRow], weights: Sequence[WeightRow]) -> list[dict[str, object]]:
    """Return one plain dict a difference, the weights' last with the kind ``"weights"``."""
    table = [
        *((r.kind, r.layer, r.type, r.what, r.a, r.b, None) for r in rows),
        *(("weights", r.layer, "", r.weight, "", r.text, r.relative) for r in weights),
    ]
    return [dict(zip(COLUMNS, cells, strict=True)) for cells in table]


def to_csv(rows: Sequence[DiffRow], weights: Sequence[WeightRow]) -> str:
    """Return comma-separated values with a header line; text that looks like a formula gets an apostrophe in front."""
    return csv_text(COLUMNS, map(dict.values, records(rows, weights)))


def to_pandas(rows: Sequence[DiffRow], weights: Sequence[WeightRow]) -> pandas.DataFrame:
    """Return a DataFrame with one row a difference."""
    return data_frame(records(rows, weights), COLUMNS, instead=".changes").astype({"relative_change": "float64"})


def live_tables(tables: Tables) -> dict[str, Any]:
    """Return the words of the live view as JSON-ready values."""
    rows = [
        {"key": wire_key(row.key), "keys": list(map(wire_key, row.keys)), "family": row.family, "mark": row.sign}
        | {"cells": list(cells)}
        for row, cells in zip(tables.rows, tables.cells, strict=True)
    ]
    weights = [
        {"key": wire_key(r.key), "keys": list(map(wire_key, r.keys)), "layer": r.layer, "weight": r.weight, "text": r.text}
        | {"share": round(r.share, 4), "bar": r.relative is not None and not math.isnan(r.relative)}
        for r in tables.weights
    ]
    lists = {name: list(getattr(tables, name)) for name in ("names", "facts", "notes")}
    return {**lists, "rows": rows, "weights": weights}
