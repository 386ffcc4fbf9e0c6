"""The runs of this Python process, oldest first, and those that are in course."""

from __future__ import annotations

from collections import deque
from typing import Any
from weakref import WeakKeyDictionary

from kfx.training.journal.journal import Journal

MOST = 200  # journals kept; each is bounded itself

RUNS: deque[Journal] = deque(maxlen=MOST)
OPEN: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()  # the model in training -> its session
