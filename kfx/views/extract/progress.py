"""How far a data set's values are written to disk: words and the share of a bar for the live view, one line that stays."""

from __future__ import annotations

from html import escape
from typing import Any

from kfx.text import numbers
from kfx.text.untrusted import visible

_DIM = "color:var(--jp-ui-font-color2,inherit)"


def streaming_state(
    name: str, examples: int, total: int | None, resumed: int, nbytes: int, seconds: float, *, phase: str
) -> dict[str, Any]:
    """What the live view shows.

    Args:
        name: The model's.
        examples: Done, those of earlier runs included.
        total: Of all, or None while nobody knows.
        resumed: Those of earlier runs.
        nbytes: Written by this run.
        seconds: Since it began.
        phase: ``"running"``, ``"done"`` or ``"stopped"``.

    Returns:
        ``name``, ``share`` (0.0 to 1.0, None while the end is unknown), ``words`` for the line below the bar, and ``phase``.
    """
    of = "" if total is None or phase == "done" else f" of {total:,}"
    said = [f"{examples:,}{of} examples", *([f"{numbers.size(nbytes)} written"] if nbytes else [])]
    fresh = examples - resumed
    if phase == "running" and fresh > 0 and seconds >= 0.5:
        speed = fresh / seconds
        said.append(f"{speed:,.0f} examples/s" if speed >= 10 else f"{speed:.1f} examples/s")
        if total is not None:
            said.append(f"{_duration((total - examples) / speed)} left")
    if resumed:
        said.append(f"{resumed:,} from before")
    share = 1.0 if phase == "done" else None if total is None else examples / total if total else 1.0
    return {"name": visible(name), "share": share, "words": said, "phase": phase}


def streaming_text(name: str, examples: int, total: int | None, resumed: int, nbytes: int, *, finished: bool) -> str:
    """The line that stays: the same on every run over the same data."""
    before = f", {resumed:,} of them from before" if resumed else ""
    if finished and 0 < examples == resumed:
        return f"{visible(name)}: {examples:,} examples, all written before"
    if finished:
        return f"{visible(name)}: {examples:,} examples written{before} ({numbers.size(nbytes)})"
    of = "" if total is None else f" of {total:,}"
    return f"{visible(name)}: stopped after {examples:,}{of} examples{before}; the same call goes on from what is written"


def streaming_html(line: str, share: float | None) -> str:
    """The line with its bar, for a notebook without a kernel."""
    bar = "" if share is None else f'<progress value="{share:.3f}" max="1" style="width:120px;margin-right:10px"></progress>'
    return f'<div style="font-size:12px;{_DIM}">{bar}{escape(line, quote=False)}</div>'


def _duration(seconds: float) -> str:
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    return f"{whole // 60} min" if whole < 3600 else f"{whole // 3600} h {whole % 3600 // 60} min"
