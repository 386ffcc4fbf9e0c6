"""Measure the time that watching a run with the layer monitor takes."""

from __future__ import annotations

import statistics
import time
from collections import deque

REST = 40  # the next look waits so many times as long as the last ones took: at most 2.5 % of a run go into looks
ALLOWED = 0.25  # seconds that all looks of a run may take before any of them has to wait
_CHECK = 15e-6  # seconds: to check a step's outputs, by benchmarks/training_cost.py; too little to be seen in one run


class Overhead:
    """Records how long steps with a look took, and steps without.

    Attributes:
        ready: Seconds of the first look beyond a plain step: it holds the tracing of the step that looks.
        shown: Seconds that updating the journal and the views took.
    """

    def __init__(self) -> None:
        self.ready = self.shown = 0.0
        self._looks = 0
        self._plain: deque[float] = deque(maxlen=50)  # seconds of steps without a look
        self._extra: deque[float] = deque(maxlen=50)  # seconds that a look, and the slower step after it, took beyond that
        self._open: float | None = None  # of the newest look, while the step after it is still to come
        self._rest = self._taken = 0.0

    def plain(self, took: float) -> None:
        """Record a step without a look, in seconds."""
        if self._open is None:
            self._plain.append(took)
            return
        if self._looks > 1:
            self._extra.append(self._open + took - self._step())
            self._taken += max(self._extra[-1], 0.0)
            self._rest = time.perf_counter() + REST * max(statistics.median(list(self._extra)[-5:]), 0.0)
        else:
            self.ready = max(self._open, 0.0)  # on a busy machine the plain steps beside it may take longer
        self._open = None

    def looked(self, took: float) -> None:
        """Record a step with a look, in seconds."""
        if self._open is not None:  # two looks in a row: no step between them could be slowed
            self.plain(self._step())
        self._looks += 1
        self._open = took - self._step()

    def read(self, took: float) -> None:
        """Record the seconds that reading the numbers and writing them into the journal took."""
        if self._open is not None:
            self._open += took

    @property
    def resting(self) -> bool:
        """True while a look would come too soon after the last one."""
        return time.perf_counter() < self._rest and self._taken > ALLOWED

    def share(self, seconds: float, checked: int) -> float | None:
        """Return the share of a run that watching took, or None when unknown.

        Args:
            seconds: The length of the run.
            checked: The number of steps whose outputs were checked.
        """
        if len(self._extra) < 3 or len(self._plain) < 3 or seconds <= 0:
            return None
        tenth, extra = len(self._extra) // 10, sorted(self._extra)
        middle = extra[tenth : len(extra) - tenth]  # without the tenths in which the machine did something else
        looks = max(statistics.fmean(middle), 0.0) * self._looks
        return min((looks + self.shown + _CHECK * checked) / seconds, 1.0)

    def _step(self) -> float:
        return statistics.median(self._plain) if self._plain else 0.0
