"""Describe the progress of an extraction to disk: words and a share for the bar, one line that stays, its HTML."""

from __future__ import annotations

from html import escape

from kfx.draw.markup import DIM
from kfx.text import numbers
from kfx.text.untrusted import visible
from kfx.values.store.progress import ExtractProgress


def progress_state(name: str, now: ExtractProgress, phase: str) -> dict[str, object]:
    """Return what the live view shows.

    Args:
        name: The model's name.
        now: The progress.
        phase: ``"running"``, ``"done"`` or ``"stopped"``.

    Returns:
        ``name``, ``share`` (0.0 to 1.0, None while the end is unknown), ``words`` for the line below the bar, and ``phase``.
    """
    of = "" if now.total is None or phase == "done" else f" of {now.total:,}"
    words = [f"{now.examples:,}{of} examples", *([f"{numbers.size(now.nbytes)} written"] if now.nbytes else [])]
    fresh = now.examples - now.resumed
    if phase == "running" and fresh > 0 and now.seconds >= 0.5:
        speed = fresh / now.seconds
        words.append(f"{speed:,.0f} examples/s" if speed >= 10 else f"{speed:.1f} examples/s")
        if now.total is not None:
            words.append(f"{_duration((now.total - now.examples) / speed)} left")
    if now.resumed:
        words.append(f"{now.resumed:,} from before")
    share = 1.0 if phase == "done" else None if now.total is None else now.examples / now.total if now.total else 1.0
    return {"name": visible(name), "share": share, "words": words, "phase": phase}


def progress_text(name: str, now: ExtractProgress) -> str:
    """Return the line that stays: the same on every run over the same data."""
    before = f", {now.resumed:,} of them from before" if now.resumed else ""
    if not now.finished:
        of = "" if now.total is None else f" of {now.total:,}"
        return (
            f"{visible(name)}: stopped after {now.examples:,}{of} examples{before}; the same call goes on from what is written"
        )
    if 0 < now.examples == now.resumed:
        return f"{visible(name)}: {now.examples:,} examples, all written before"
    return f"{visible(name)}: {now.examples:,} examples written{before} ({numbers.size(now.nbytes)})"


def progress_html(line: str, share: float | None) -> str:
    """Return the line with its bar, for a notebook without a kernel."""
    bar = "" if share is None else f'<progress value="{share:.3f}" max="1" style="width:120px;margin-right:10px"></progress>'
    return f'<div style="font-size:12px;{DIM}">{bar}{escape(line, quote=False)}</div>'


def _duration(seconds: float) -> str:
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    return f"{whole // 60} min" if whole < 3600 else f"{whole // 3600} h {whole % 3600 // 60} min"
