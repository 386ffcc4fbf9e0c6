"""The journals of this Python process, oldest first, the one being written included."""

from __future__ import annotations

from collections import deque

from kfx.training.journal.journal import Journal

MOST = 200  # journals kept; each is bounded itself

RUNS: deque[Journal] = deque(maxlen=MOST)
