"""The weights of layers: their sizes in numbers and bytes, and their values as they are or as a snapshot kept them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import Any, NamedTuple

import numpy as np

from kfx.keras_access import internals
from kfx.model.facts import LayerGraph

_BITS = {"bool": 8, "string": 0, "int4": 4, "uint4": 4}


@lru_cache(maxsize=2048)
def bits(dtype: str) -> int:
    """Bits of one number: 16 for ``bfloat16``, 8 for ``float8_e4m3fn`` and ``bool``; 0 for text, whose size is unknown."""
    if dtype in _BITS:
        return _BITS[dtype]
    found = re.search(r"\d+", dtype)
    return int(found.group()) if found else 32


class Weight(NamedTuple):
    """One variable's size: how many scalars, how many bytes at its own dtype, and whether training may change it."""

    size: int
    nbytes: int
    trainable: bool


class WeightSizes:
    """The sizes of variables, each measured once while it is kept alive here."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Any, Weight]] = {}

    def of(self, variables: Iterable[Any]) -> dict[int, Weight]:
        """The size of each variable by its identity, each once, in order."""
        known, found = self._known, {}
        for variable in variables:
            i = id(variable)
            kept = known.get(i)
            if kept is None:
                kept = known[i] = (variable, measure(variable))
            found[i] = kept[1]
        return found


def measure(variable: Any) -> Weight:
    """The size of one variable."""
    return _sized(internals.shape_of(variable), internals.dtype_of(variable), bool(variable.trainable))


@lru_cache(maxsize=4096)
def _sized(shape: tuple[int, ...], dtype: str, trainable: bool) -> Weight:
    """The same for all variables of one shape and dtype, of which a large model has hundreds."""
    scalars = prod(shape)
    return Weight(scalars, -(-scalars * bits(dtype) // 8), trainable)


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
