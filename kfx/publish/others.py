"""Find what other tools leave in a notebook: dead frames of TensorBoard and W&B, and progress bars written line by line."""

from __future__ import annotations

import re
from typing import Any

from kfx.publish.size import in_form_of, text_of

_LEAST_RUN = 4  # neighbouring lines of one bar from which on they are its updates
_LOOKED_AT = 2_000_000  # characters of HTML in which a frame is looked for
_FRAME = re.compile(r"<iframe\b[^<>]{0,4000}>", re.IGNORECASE)
_SOURCE = re.compile(r"""\bsrc\s*=\s*["']?(https?://[^\s"'<>]{1,500})""", re.IGNORECASE)
_LOCAL = re.compile(r"https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0)(?:[:/]|$)", re.IGNORECASE)
_WANDB = re.compile(r"https?://(?:[a-z0-9-]{1,60}\.)?wandb\.ai(?:[:/]|$)", re.IGNORECASE)
_COLOUR = re.compile(r"\x1b\[[0-9;:]*m")
_TQDM = re.compile(r"(?P<label>[^|]{0,100}?)\s*\d{1,3}%\|[^|]{0,300}\| *\d[\d.,kMG]*/(?P<total>\d[\d.,kMG]*)")
_KERAS = re.compile(r"\s*(?P<label>)\d{1,9}/(?P<total>\d{1,9}|Unknown) (?:[━╸ ]{5,}|\[[=>.]{5,60}\]|\d)")


def replace_frames(output: dict[str, Any]) -> list[str]:
    """Replace a frame that shows nothing without its server by a sentence; return what was done, in words."""
    data = output.get("data", {})
    html = text_of(data.get("text/html"))[:_LOOKED_AT]
    found = next((words for frame in _FRAME.findall(html) if (words := _dead(frame))), None)
    if found is None:
        return []
    what, sentence = found
    like = data.pop("text/html")
    beside = {"text/plain", "application/vnd.jupyter.widget-view+json"}
    data.pop("application/javascript", None)
    if not set(data) - beside:
        data["text/plain"] = in_form_of(like, sentence)
    return [f"a dead frame of {what} is now a sentence"]


def _dead(frame: str) -> tuple[str, str] | None:
    """Return what a frame was and a sentence in its place; None for a frame that a reader can still see."""
    source = _SOURCE.search(frame)
    address = source[1] if source else ""
    if "tensorboard-frame" in frame.lower() or "tensorboard" in address.lower():
        return "TensorBoard", "TensorBoard stood here, in a frame. Run the notebook to see it."
    if _WANDB.match(address):
        return "Weights & Biases", f"A page of Weights & Biases stood here, in a frame: {address.partition('?')[0]}"
    if _LOCAL.match(address):
        return "a program on the author's machine", "A program's page stood here, in a frame. Run the notebook to see it."
    return None


def reduce_bars(output: dict[str, Any]) -> list[str]:
    """Keep the last of each run of lines that are one progress bar's updates; return what was done, in words."""
    changes = []
    for holder, key in ((output, "text"), (output.get("data", {}), "text/plain")):
        lines = text_of(holder.get(key)).splitlines(keepends=True)
        kept = _last_of_runs(lines)
        if len(kept) < len(lines):
            holder[key] = in_form_of(holder[key], "".join(kept))
            changes.append(f"{len(lines) - len(kept):,} lines of progress bars left out, the last of each bar kept")
    return changes


def _last_of_runs(lines: list[str]) -> list[str]:
    kept: list[str] = []
    run: list[str] = []
    bar: tuple[str, str] | None = None
    for line in [*lines, None]:
        found = None if line is None else _bar(line)
        if run and found != bar:
            kept += run[-1:] if len(run) >= _LEAST_RUN else run
            run = []
        bar = found
        if found is not None and line is not None:
            run.append(line)
        elif line is not None:
            kept.append(line)
    return kept


def _bar(line: str) -> tuple[str, str] | None:
    """Return the label and the total of a progress bar, the same in each of its updates; None for any other line."""
    text = _COLOUR.sub("", line[:1000])
    found = _TQDM.match(text) or _KERAS.match(text)
    return None if found is None else (found["label"].strip(), found["total"])
