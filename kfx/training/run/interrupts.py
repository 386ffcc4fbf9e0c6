"""Handle the ordinary interrupt while ``fit`` runs: the first one stops at the end of the batch, the second one at once."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any


class Interrupts:
    """Handles SIGINT between `start` and `stop`; outside the main thread it does nothing.

    A handler that is still installed after its ``fit`` was torn down restores the earlier one at the next interrupt.

    Args:
        first: Called at the first interrupt.
    """

    def __init__(self, first: Callable[[], None]) -> None:
        self._first = first
        self._before: Any = None
        self._fit: FrameType | None = None
        self._count = 0

    def start(self) -> None:
        """Install the handler, if this is the main thread and SIGINT has a Python handler."""
        if self._fit is not None or threading.current_thread() is not threading.main_thread():
            return
        before = signal.getsignal(signal.SIGINT)
        if before is None or before is signal.SIG_IGN:
            return
        fits = [frame for frame in _callers(sys._getframe(1)) if frame.f_code.co_name == "fit"]
        self._fit, self._count = fits[-1] if fits else None, 0
        self._before = before
        signal.signal(signal.SIGINT, self._taken)

    def stop(self) -> None:
        """Restore the earlier handler."""
        self._fit = None
        if self._before is not None and signal.getsignal(signal.SIGINT) == self._taken:
            signal.signal(signal.SIGINT, self._before)
        self._before = None

    def _taken(self, number: int, frame: FrameType | None) -> None:
        before = self._before
        alive = self._fit is not None and any(caller is self._fit for caller in _callers(frame))
        self._count += 1
        if alive and self._count == 1:
            self._first()
            return
        self.stop()
        if callable(before):
            before(number, frame)
        else:
            raise KeyboardInterrupt


def _callers(frame: FrameType | None) -> Iterator[FrameType]:
    """Yield a frame and those from which it was called, outermost last."""
    while frame is not None:
        yield frame
        frame = frame.f_back
