"""The ordinary interrupt while ``fit`` runs: the first one stops at the batch's end, the second one at once."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any


class Interrupts:
    """Takes SIGINT between `start` and `stop`; elsewhere than in the main thread it does nothing.

    A handler that is left behind because ``fit`` was torn down notices by itself and steps back.

    Args:
        first: Called at the first interrupt.
    """

    def __init__(self, first: Callable[[], None]) -> None:
        self._first = first
        self._before: Any = None
        self._fit: FrameType | None = None
        self._count = 0

    def start(self) -> None:
        """Take over, if this is the main thread and Python's own handler is in place."""
        if self._fit is not None or threading.current_thread() is not threading.main_thread():
            return
        before = signal.getsignal(signal.SIGINT)
        if before is None or before is signal.SIG_IGN:
            return
        self._fit, self._count = _outermost_fit(), 0
        self._before = before
        signal.signal(signal.SIGINT, self._taken)

    def stop(self) -> None:
        """Put back what was there."""
        self._fit = None
        if self._before is not None and signal.getsignal(signal.SIGINT) == self._taken:
            signal.signal(signal.SIGINT, self._before)
        self._before = None

    def _taken(self, number: int, frame: FrameType | None) -> None:
        before = self._before
        alive = self._fit is not None and _stands_on(frame, self._fit)
        self._count += 1
        if alive and self._count == 1:
            self._first()
            return
        self.stop()
        if callable(before):
            before(number, frame)
        else:
            raise KeyboardInterrupt


def _outermost_fit() -> FrameType | None:
    """The frame of the ``fit`` that is running."""
    frame: FrameType | None = sys._getframe(1)
    found = None
    while frame is not None:
        if frame.f_code.co_name == "fit":
            found = frame
        frame = frame.f_back
    return found


def _stands_on(frame: FrameType | None, base: FrameType) -> bool:
    while frame is not None:
        if frame is base:
            return True
        frame = frame.f_back
    return False
