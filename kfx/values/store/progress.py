"""The progress of an extraction to disk: the facts, and one line that shows them in a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ExtractProgress:
    """The progress of an extraction to disk.

    Attributes:
        examples: Number of examples written, those of earlier runs included.
        total: Number of all examples; None while the end of a stream is not known.
        resumed: Number of examples that earlier runs wrote.
        nbytes: Bytes written by this run.
        seconds: Time since this run began.
        finished: Whether all is written.
    """

    examples: int
    total: int | None
    resumed: int
    nbytes: int
    seconds: float
    finished: bool = False


def progress_function(progress: Callable[[ExtractProgress], None] | bool | None) -> Callable[[ExtractProgress], None]:
    """Return the function to call: the user's own, one that does nothing (False), or a line (True, and None in a terminal)."""
    if callable(progress):
        return progress
    if progress is False or (progress is None and not sys.stderr.isatty()):
        return lambda now: None
    return print_progress


def print_progress(now: ExtractProgress) -> None:
    """Print one line on the error stream that overwrites itself and stays at the end."""
    of = "" if now.total is None else f" of {now.total:,}"
    speed = (now.examples - now.resumed) / now.seconds if now.seconds > 0 else 0.0
    line = f"{now.examples:,}{of} examples, {now.nbytes / 1e6:,.0f} MB written, {speed:,.0f} examples/s"
    print(f"\r{line:72}", end="\n" if now.finished else "", file=sys.stderr, flush=True)
