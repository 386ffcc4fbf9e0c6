"""Choose the steps of a run that the layer monitor looks at."""

from __future__ import annotations

from enum import Enum
from typing import Protocol

LOOKS = 40  # looks of a run by default: 20 to 41, or one an epoch where there are more epochs
_SOON = 10  # the first look is made at about this step, not among the first ones, because the step that looks is compiled then
_GROWTH = 1.25  # between two looks while the length of the run is unknown


class Due(Enum):
    """The urgency of a look at a step."""

    NOT = 0
    PERHAPS = 1  # where a look costs too much it may be left out
    SURELY = 2


class Times(Protocol):
    """Chooses steps; ``due`` is called once for each range of steps, in order."""

    every: int

    def soonest(self, after: int) -> int: ...

    def expect_end(self, step: int) -> None: ...

    def due(self, before: int, after: int) -> Due: ...


class Interval:
    """The steps to look at: the first one, every so many after it, and the last one that is planned.

    The first look, the last, and those whose number is a power of two are never left out, whatever a clock says. They are
    few and the same in every run, so the text printed from them is the same as well.

    Args:
        every: Look every so many steps; rounded up to a multiple of ``group``.
        first: The first step that can be looked at, counted from 1.
        group: Only every so many-th step changes the weights (gradient accumulation).
        sure: Every so many-th look is never left out either; 0 for none.
    """

    def __init__(self, every: int, *, first: int = 1, group: int = 1, sure: int = 0) -> None:
        self.every = -(-every // group) * group
        self._sure = sure
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
        return Due.SURELY if ends or any(map(self._never_left_out, numbers)) else Due.PERHAPS

    def _never_left_out(self, number: int) -> bool:
        return number & (number - 1) == 0 or (self._sure > 0 and number % self._sure == 0)


class Growing:
    """The steps to look at while nobody knows how long the run is: each a quarter further from the beginning than the last.

    Args:
        first: The first step that changes the weights, counted from 1.
        group: As for `Interval`.

    Attributes:
        every: 0: there is no fixed number of steps between two looks.
    """

    every = 0

    def __init__(self, *, first: int = 1, group: int = 1) -> None:
        self._first, self._group = first, group
        self._next, self._number = self._aligned(4), 0

    def soonest(self, after: int) -> int:
        """Return the first step after this one that is looked at."""
        return self._next

    def expect_end(self, step: int) -> None:
        """Do nothing: the end is not known."""

    def due(self, before: int, after: int) -> Due:
        """Return `Due` for the steps ``before + 1 … after``; call it once for each such range, in order."""
        if after < self._next:
            return Due.NOT
        number, self._number = self._number, self._number + 1
        self._next = self._aligned(max(after + 1, int(self._next * _GROWTH)))
        return Due.SURELY if number & (number - 1) == 0 else Due.PERHAPS

    def _aligned(self, step: int) -> int:
        return step + (self._first - step) % self._group


def spread(epochs: int, steps: int, *, done: int = 0, first: int = 1, group: int = 1) -> Interval:
    """Return the steps to look at in a run of known length: 20 to 41 of them and at least one in each epoch.

    Every second one, so about 20, is never left out.

    Args:
        epochs: Epochs of the run.
        steps: Steps of an epoch.
        done: Steps of the run that were made already.
        first: The first step that changes the weights, counted from 1.
        group: As for `Interval`.
    """
    total = max(epochs * steps, 1)
    every = max(min(-(-total // LOOKS), steps), 1)
    soon = min(max(total // 10, 2), _SOON)
    start = min(-(-soon // every) * every, max(steps // every * every, 1))
    if done:
        start = (done // every + 1) * every
    return Interval(every, first=start + (first - start) % group, group=group, sure=2)
