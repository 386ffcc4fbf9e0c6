"""A Sequential model that Keras has no graph of yet: its layers stand in a row, so the wiring is known, the shapes are not."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from kfx.keras_access import internals
from kfx.model.facts import Edge
from kfx.model.read.builder import Inside, Level, Reading
from kfx.model.read.composite import list_layers


def read_chain(reading: Reading, model: Any, level: Level) -> Inside:
    """Add the layers of a Sequential in their order, each fed by the one before."""
    start = len(reading.calls)
    list_layers(reading, internals.tracked_layers(model), level)
    keys = [call.key for call in reading.calls[start:] if call.parent == level.parent]
    reading.edges += [Edge(a, 0, b) for a, b in pairwise(keys)]
    return Inside("model", tuple(keys[:1]), tuple((key, 0) for key in keys[-1:]))
