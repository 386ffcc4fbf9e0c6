"""How many numbers a layer holds and how many bytes they take."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from math import prod
from typing import Any, NamedTuple

from kfx.keras_access.internals import dtype_of, shape_of

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


class Weights:
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
    return _sized(shape_of(variable), dtype_of(variable), bool(variable.trainable))


@lru_cache(maxsize=4096)
def _sized(shape: tuple[int, ...], dtype: str, trainable: bool) -> Weight:
    """The same for all variables of one shape and dtype, of which a large model has hundreds."""
    scalars = prod(shape)
    return Weight(scalars, -(-scalars * bits(dtype) // 8), trainable)
