"""Operations of TensorFlow that are one line of a table: those that one call of a function made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from kfx.keras_access.tensorflow.origins import FunctionCall, RawOp
from kfx.model.read.inside.raw_ops import only_shape


@dataclass(eq=False)
class Unit:
    """Operations that are one line."""

    word: str
    ops: list[RawOp]
    call: FunctionCall | None = None
    opened: bool = False

    def needs(self) -> list[Any]:
        """Return the tensors that the operations take from others, each once."""
        own = {id(x) for op in self.ops for x in op.outputs}
        taken = {id(x): x for op in self.ops if not only_shape(op.type) for x in op.inputs if id(x) not in own}
        return list(taken.values())


def fed_by(ops: Iterable[RawOp], tensors: set[int]) -> set[int]:
    """Return the identities of the operations that depend on some tensors, given by identity, not only on their sizes."""
    found = set()
    for op in ops:
        if not only_shape(op.type) and any(id(x) in tensors for x in op.inputs):
            found.add(id(op))
            tensors |= {id(x) for x in op.outputs}
    return found


def are_sizes(tensors: Iterable[Any]) -> bool:
    """Return whether tensors are whole numbers in at most one row, as sizes and indices are."""
    return all(x.dtype.is_integer and x.shape.rank is not None and x.shape.rank < 2 for x in tensors)
