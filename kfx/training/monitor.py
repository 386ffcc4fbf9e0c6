"""The layer monitor of one run: when to read what the train step stored, and what all of it costs."""

from __future__ import annotations

import statistics
import time
from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from kfx.training.diagnose import where_it_broke
from kfx.training.journal import Journal
from kfx.training.statistics import Look, StepStatistics

if TYPE_CHECKING:
    from kfx.training.session import Session

EVERY = 50  # steps between two looks by default: what keeps the cost within 5 % even where a step takes one millisecond


class Monitor:
    """Reads the statistics of a run into its journal.

    Args:
        every: Look every so many steps.
        gradients: Read the gradients; None does so where that leaves training bit for bit as it is.
        stop_when_broken: Stop at the first value that is not finite.
    """

    def __init__(self, *, every: int, gradients: bool | None, stop_when_broken: bool) -> None:
        self.every, self.gradients, self.stop_when_broken = every, gradients, stop_when_broken
        self._statistics: StepStatistics | None = None
        self._jit = False
        self._plain: deque[float] = deque(maxlen=200)  # seconds of steps without a look
        self._looked: deque[float] = deque(maxlen=200)  # seconds of steps with one, its reading included
        self._looks = 0
        self._last: Look | None = None

    @property
    def broken(self) -> bool:
        """Whether outputs or weights were not finite at the newest look: a relu can hide that from the loss."""
        return self._last is not None and bool(self._last.flags[:, :2].any())

    def install(self, session: Session) -> None:
        """Make the model's train function look at its layers; the session puts the original back at the end."""
        strategy = session.model.distribute_strategy
        if strategy.num_replicas_in_sync > 1:
            session.note("note", f"Layers are not monitored under {type(strategy).__name__} with several replicas.")
            return
        self._statistics = StepStatistics(session.model, self.every, gradients=self.gradients)
        self._jit = bool(session.model.jit_compile)
        session.model.train_function = self._statistics.train_function()

    def look(self, journal: Journal, before: int, after: int, took: float) -> None:
        """The steps ``before + 1 … after`` are done and took so many seconds."""
        found = self._statistics
        if found is None:
            return
        if not found.looked:
            self._plain.append(took / max(after - before, 1))
            return
        began = time.perf_counter()
        look = found.read()
        if look is None:
            return
        self._last = look
        if journal.statistics is None:
            journal.watch(look.layers, found.every)
        journal.statistics.add(after, look.values.ravel().tolist())
        self._looks += 1
        if self._looks > 1:  # the first one holds the tracing
            self._looked.append(took + time.perf_counter() - began)

    def keep_cost(self, journal: Journal) -> None:
        """Note what it costs: how much longer steps with a look take than those without, as a share of the run."""
        if len(self._looked) < 3 or len(self._plain) < 3 or journal.seconds <= 0:
            return
        more = max(statistics.median(self._looked) - statistics.median(self._plain), 0.0)
        journal.cost = min(more * self._looks / journal.seconds, 1.0)

    def finding(self) -> str:
        """Where values first stopped being finite, as a sentence; ``""`` when that is not known."""
        found = self._statistics
        if found is None:
            return ""
        if found.looked or self.broken:
            return where_it_broke(self._last.layers, self._last.flags)
        look = found.trace_back()
        if look is not None:
            return where_it_broke(look.layers, look.flags)
        return "" if self._jit else where_it_broke((), np.zeros((0, 3), bool))
