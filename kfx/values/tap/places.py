"""Say which operation of a layer's code is meant, in words that hold in every pass: the third ``Softmax``."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from kfx.keras_access.tensorflow.origins import FunctionCall, RawOp
from kfx.model.read.inside.units import are_sizes


class Place(NamedTuple):
    """One operation among those that the code of a layer makes itself.

    Attributes:
        word: The function that made it, e.g. ``"Einsum"``; ``""`` for none.
        turn: The number of that call among the function's calls, from 1.
        type: The operation's type in TensorFlow.
        number: Its number among the operations of this type in the call, from 1.
    """

    word: str
    turn: int
    type: str
    number: int


class Target(NamedTuple):
    """What to replace in another pass.

    Attributes:
        outputs: The numbers of the operation's outputs that others take.
        why_not: The reason why they cannot be replaced, or ``""``.
        place: The operation.
    """

    outputs: tuple[int, ...]
    why_not: str = ""
    place: Place | None = None


class Places:
    """Tells the place of each operation of a container's code as it is made.

    The arithmetic of sizes does not count: there is more of it where sizes are open.
    """

    def __init__(self) -> None:
        self._turns: Counter[str] = Counter()
        self._calls: dict[int, tuple[FunctionCall, int, Counter[str]]] = {}
        self._alone: Counter[str] = Counter()

    def of(self, op: RawOp) -> Place | None:
        """Return the place of the operation that was made last; None for the arithmetic of sizes."""
        if are_sizes(op.outputs):
            return None
        if op.call is None:
            self._alone[op.type] += 1
            return Place("", 1, op.type, self._alone[op.type])
        if id(op.call) not in self._calls:
            self._turns[op.call.word] += 1
            self._calls[id(op.call)] = op.call, self._turns[op.call.word], Counter()
        call, turn, types = self._calls[id(op.call)]
        types[op.type] += 1
        return Place(call.word, turn, op.type, types[op.type])
