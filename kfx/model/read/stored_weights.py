"""The weights behind each call of a graph: as they are now, or as they were when a snapshot was taken."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kfx.keras_access import internals
from kfx.model.facts import LayerGraph


@dataclass(frozen=True)
class StoredWeight:
    """One variable of a layer.

    Attributes:
        name: E.g. ``"kernel"``.
        shape: Of the whole variable; no batch axis.
        values: Its numbers, or None where only their fingerprint was kept.
        digest: The fingerprint, or ``b""`` where the numbers are there.
    """

    name: str
    shape: tuple[int, ...]
    values: np.ndarray[Any, Any] | None
    digest: bytes = b""

    def fingerprint(self) -> bytes:
        """32 bytes that differ where dtype, shape or any number differs."""
        if self.values is None:
            return self.digest
        said = f"{self.values.dtype.str} {self.shape}".encode()
        return hashlib.blake2b(self.values.tobytes(), key=said[:64], digest_size=32).digest()


Weights = Mapping[str, Sequence[StoredWeight]]


def weights_by_call(graph: LayerGraph, layers: Mapping[str, Any], *, copy: bool = False, digest: bool = False) -> Weights:
    """Each variable at the innermost call that holds it; one that several calls or layers share at the first of them.

    Args:
        graph: The facts.
        layers: The layer behind each call.
        copy: Copy the numbers; without, they are views that change with the model where the backend allows it.
        digest: Keep 32 bytes of fingerprint a variable in place of the numbers.
    """
    taken: set[int] = set()
    found: dict[str, list[StoredWeight]] = {}
    for call in sorted(graph.calls, key=lambda call: -call.depth):
        mine = [v for v in internals.weights_of(layers[call.key]) if id(v) not in taken] if call.key in layers else []
        if mine:
            taken.update(map(id, mine))
            found[call.key] = [_stored(v, copy, digest) for v in mine]
    return {call.key: found[call.key] for call in graph.calls if call.key in found}


def _stored(variable: Any, copy: bool, digest: bool) -> StoredWeight:
    name, shape = str(getattr(variable, "name", "weight")), internals.shape_of(variable)
    values = np.asarray(variable)
    if digest:
        return StoredWeight(name, shape, None, StoredWeight(name, shape, values).fingerprint())
    return StoredWeight(name, shape, np.array(values) if copy else values)
