"""The examples of units as text: number, value and place of each."""

from __future__ import annotations

from kfx.text.table import aligned
from kfx.text.untrusted import visible
from kfx.views.examples.facts import ExamplesFacts

CHANNELS, ROWS = 8, 12


def examples_text(facts: ExamplesFacts) -> str:
    """Return the text; values are rounded to three digits."""
    lines = [f"{visible(facts.name)}: {facts.head}".removeprefix(": "), *facts.notes]
    for channel, shown in list(facts.shown.items())[:CHANNELS]:
        lines += ["", f"{facts.word} {channel}"]
        rows = [(f"  example {one.number:,}", one.words, one.detail, one.text) for one in shown[:ROWS]]
        lines += [line.rstrip() for line in aligned(rows)] or ["  no value is finite"]
        if len(shown) > ROWS:
            lines.append(f"  and {len(shown) - ROWS} more")
    if len(facts.shown) > CHANNELS:
        lines += ["", f"and {len(facts.shown) - CHANNELS} more {facts.word}s"]
    return "\n".join(lines)
