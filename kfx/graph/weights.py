"""How many numbers a layer holds and how many bytes they take."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, prod
from typing import Any

from kfx.graph.internals import dtype_of, shape_of

_BITS = {"bool": 8, "string": 0, "int4": 4, "uint4": 4}


@lru_cache(maxsize=2048)
def bits(dtype: str) -> int:
    """Bits of one number: 16 for ``bfloat16``, 8 for ``float8_e4m3fn`` and ``bool``; 0 for text, whose size is unknown."""
    if dtype in _BITS:
        return _BITS[dtype]
    found = re.search(r"\d+", dtype)
    return int(found.group()) if found else 32


@dataclass(frozen=True, slots=True)
class Weight:
    """One variable's size: how many scalars, how many bytes at its own dtype, and whether training may change it."""

    size: int
    nbytes: int
    trainable: bool


def measure(weights: Iterable[Any]) -> dict[int, Weight]:
    """The size of each variable by its identity, each once, in order."""
    found = {}
    for w in weights:
        scalars = prod(shape_of(w))
        found[id(w)] = Weight(scalars, ceil(scalars * bits(dtype_of(w)) / 8), bool(w.trainable))
    return found
