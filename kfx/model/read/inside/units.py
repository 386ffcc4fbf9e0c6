"""Operations of TensorFlow that are one line of a table: those that one call of a function made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from kfx.keras_access.tensorflow.origins import FunctionCall, RawOp
from kfx.model.read.inside.raw_ops import only_shape
from kfx.model.read.inside.table import OpLine, Table


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


@dataclass(eq=False)
class Opened:
    """The table of one call with its tensors, for as long as the run is kept.

    Attributes:
        table: The table.
        tensors: The outputs of each operation that others take, by the identity of its line.
        units: What each operation consists of, by the identity of its line.
    """

    table: Table
    tensors: dict[int, list[Any]]
    units: dict[int, Unit]

    def values(self, line: OpLine) -> list[Any]:
        """Return the outputs of an operation that others take."""
        return self.tensors.get(id(line), [])

    def maker(self, line: OpLine, tensor: Any) -> RawOp | None:
        """Return the operation of TensorFlow's that made one of a line's outputs."""
        unit = self.units.get(id(line))
        return next((op for op in unit.ops if any(x is tensor for x in op.outputs)), None) if unit is not None else None

    def inner(self, line: OpLine, kind: str) -> RawOp | None:
        """Return the last operation of a type among those that make up a line."""
        unit = self.units.get(id(line))
        return next((op for op in reversed(unit.ops) if op.type == kind), None) if unit is not None else None


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
