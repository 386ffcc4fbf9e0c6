"""How far a streamed extraction is: the facts, and one line that tells them in a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ExtractProgress:
    """How far a streamed extraction is.

    Attributes:
        examples: Done, those of earlier runs included.
        total: Of all examples, or None when only the end will tell.
        resumed: Those that earlier runs had written.
        nbytes: Written by this run.
        seconds: Since this run began.
        finished: Whether all is written.
    """

    examples: int
    total: int | None
    resumed: int
    nbytes: int
    seconds: float
    finished: bool = False


def progress_function(progress: Callable[[ExtractProgress], None] | bool | None) -> Callable[[ExtractProgress], None]:
    """Whom to tell: a function of the user's, nobody (False), or a line (True, and None in a terminal)."""
    if callable(progress):
        return progress
    if progress is False or (progress is None and not sys.stderr.isatty()):
        return lambda now: None
    return print_progress


def print_progress(now: ExtractProgress) -> None:
    """One line on the error stream that is written over, and stays at the end."""
    of = "" if now.total is None else f" of {now.total:,}"
    speed = (now.examples - now.resumed) / now.seconds if now.seconds > 0 else 0.0
    line = f"{now.examples:,}{of} examples, {now.nbytes / 1e6:,.0f} MB written, {speed:,.0f} examples/s"
    sys.stderr.write(f"\r{line.ljust(72)}" + ("\n" if now.finished else ""))
    sys.stderr.flush()
