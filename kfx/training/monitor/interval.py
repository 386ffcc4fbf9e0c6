"""Choose the steps of a run that the layer monitor looks at."""

from __future__ import annotations

from enum import Enum


class Due(Enum):
    """The urgency of a look at a step."""

    NOT = 0
    PERHAPS = 1  # where a look costs too much it may be left out
    SURELY = 2


class Interval:
    """The steps to look at: the first one, every so many after it, and the last one that is planned.

    The first look, the last, and those whose number is a power of two are never left out, whatever a clock says. They are
    few and the same in every run, so the text printed from them is the same as well.

    Args:
        every: Look every so many steps; rounded up to a multiple of ``group``.
        first: The first step that can be looked at, counted from 1.
        group: Only every so many-th step changes the weights (gradient accumulation).
    """

    def __init__(self, every: int, *, first: int = 1, group: int = 1) -> None:
        self.every = -(-every // group) * group
        self._first, self._group = first, group
        self._next, self._last = first, 0

    def soonest(self, after: int) -> int:
        """Return the first step after this one that is looked at."""
        return min(self._next, self._last) if self._last > after else self._next

    def expect_end(self, step: int) -> None:
        """Expect this step to be the last one."""
        self._last = step - (step - self._first) % self._group

    def due(self, before: int, after: int) -> Due:
        """Return `Due` for the steps ``before + 1 … after``; call it once for each such range, in order."""
        ends = before < self._last <= after
        if after < self._next:
            return Due.SURELY if ends else Due.NOT
        numbers = range((self._next - self._first) // self.every, (after - self._first) // self.every + 1)
        self._next = self._first + numbers.stop * self.every
        return Due.SURELY if ends or any(number & (number - 1) == 0 for number in numbers) else Due.PERHAPS
