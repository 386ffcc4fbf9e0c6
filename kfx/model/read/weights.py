"""Measure the weights of layers in numbers and bytes, and collect their values or fingerprints."""

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
from kfx.keras_access.saving.codes import numbers_behind
from kfx.model.facts import LayerGraph

_BITS = {"bool": 8, "int4": 4, "uint4": 4}
_NO_NUMBERS = ("string", "variant", "resource", "object")


@lru_cache(maxsize=2048)
def bits(dtype: str) -> int | None:
    """Return the bits of one number: 16 for ``bfloat16``, 8 for ``float8_e4m3fn`` and ``bool``; None for text and the like."""
    if dtype in _BITS:
        return _BITS[dtype]
    found = re.search(r"\d+", dtype)
    return int(found.group()) if found else None if dtype in _NO_NUMBERS else 32


class Weight(NamedTuple):
    """One variable's number of scalars, bytes at its own dtype, and whether training may change it.

    ``nbytes`` is 0 and ``sized`` is False for text, whose bytes depend on the values.
    """

    size: int
    nbytes: int
    trainable: bool
    sized: bool = True


class WeightSizes:
    """The sizes of variables, each measured once and kept alive here."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Any, Weight]] = {}
        self.trained: frozenset[int] | None = None  # identities of the only variables that training changes; None: by each flag

    def of(self, variables: Iterable[Any]) -> dict[int, Weight]:
        """Return the size of each variable by its identity, in order."""
        known, found = self._known, {}
        for variable in variables:
            i = id(variable)
            kept = known.get(i)
            if kept is None:
                weight = measure(variable)
                if weight.trainable and self.trained is not None and i not in self.trained:
                    weight = weight._replace(trainable=False)
                kept = known[i] = (variable, weight)
            found[i] = kept[1]
        return found


def measure(variable: Any) -> Weight:
    """Return the size of one variable."""
    return _sized(internals.shape_of(variable), internals.dtype_of(variable), bool(variable.trainable))


@lru_cache(maxsize=4096)
def _sized(shape: tuple[int, ...], dtype: str, trainable: bool) -> Weight:
    """Return the same object for variables of equal shape and dtype, of which a large model has hundreds."""
    scalars, each = prod(shape), bits(dtype)
    return Weight(scalars, -(-scalars * (each or 0) // 8), trainable, each is not None)


@dataclass(frozen=True)
class StoredWeight:
    """One variable of a layer.

    Attributes:
        name: E.g. ``"kernel"``.
        shape: The variable's shape, without a batch axis.
        values: Its numbers, or None if only their fingerprint was kept.
        digest: The fingerprint, or ``b""`` if there are numbers.
    """

    name: str
    shape: tuple[int, ...]
    values: np.ndarray[Any, Any] | None
    digest: bytes = b""

    def fingerprint(self) -> bytes:
        """Return 32 bytes that depend on dtype, shape and every number."""
        if self.values is None:
            return self.digest
        kind = f"{self.values.dtype.str} {self.shape}".encode()
        return hashlib.blake2b(self.values.tobytes(), key=kind[:64], digest_size=32).digest()


Weights = Mapping[str, Sequence[StoredWeight]]


def weights_by_call(graph: LayerGraph, layers: Mapping[str, Any], *, copy: bool = False, digest: bool = False) -> Weights:
    """Return each variable at the innermost call that holds it; a shared one at the first such call.

    Quantized weights are the numbers that their codes stand for, without the scales.

    Args:
        graph: The facts.
        layers: The layer behind each call.
        copy: Copy the numbers; otherwise they are views that may change with the model.
        digest: Keep a fingerprint of 32 bytes for each variable in place of the numbers.
    """
    taken: set[int] = set()
    found: dict[str, list[StoredWeight]] = {}
    for call in sorted(graph.calls, key=lambda call: -call.depth):
        mine = [v for v in internals.weights_of(layers[call.key]) if id(v) not in taken] if call.key in layers else []
        if mine:
            taken.update(map(id, mine))
            behind = {
                i: numbers for layer in internals.all_layers(layers[call.key]) for i, numbers in numbers_behind(layer).items()
            }
            kept = [v for v in mine if behind.get(id(v), v) is not None]
            found[call.key] = [_stored(v, behind.get(id(v)), copy, digest) for v in kept]
    return {call.key: found[call.key] for call in graph.calls if call.key in found}


def _stored(variable: Any, numbers: np.ndarray | None, copy: bool, digest: bool) -> StoredWeight:
    name = str(getattr(variable, "name", "weight"))
    values = np.asarray(variable) if numbers is None else numbers
    shape = internals.shape_of(variable) if numbers is None else tuple(numbers.shape)
    if digest:
        return StoredWeight(name, shape, None, StoredWeight(name, shape, values).fingerprint())
    return StoredWeight(name, shape, np.array(values) if copy else values)
