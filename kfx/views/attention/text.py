"""Attention as text: every layer with the figures of its heads, and what the queries of one head look at."""

from __future__ import annotations

from kfx.text.table import aligned, width
from kfx.text.untrusted import visible
from kfx.views.attention.facts import AttentionFacts, figure_words, look_words, size_words

LAYERS, HEADS, QUERIES = 48, 8, 12  # written at most


def attention_text(facts: AttentionFacts, address: str, example: int, head: int) -> str:
    """Return the text; figures are rounded to two digits, which are the same on every machine."""
    of = f"example {example + 1} of {facts.count:,}" if facts.count > 1 else "one example"
    lines = [f"{visible(facts.name)}: {facts.head_line} · {of}"]
    lines += ["Each head: entropy, 0 looks at one key, 1 at all alike · mean distance in places", ""]
    rows = []
    for one in facts.addresses[:LAYERS]:
        shown = facts.at(one, example)
        cells = [figure_words(shown, number) for number in range(len(shown.scores))]
        more = f"  and {len(cells) - HEADS} more" if len(cells) > HEADS else ""
        rows.append((visible(one), size_words(shown), "   ".join(cells[:HEADS]) + more))
    lines += [line.rstrip() for line in aligned(rows)]
    if len(facts.addresses) > LAYERS:
        lines.append(f"and {len(facts.addresses) - LAYERS} more layers")
    shown = facts.at(address, example)
    lines += ["", f"{visible(address)}, head {head}" + (f" · {shown.left_out}" if shown.left_out else "")]
    queries = range(min(QUERIES, len(shown.queries)))
    looks = [look_words(shown, head, query).split(" looks at ") for query in queries]
    wide = max((width(who) for who, _ in looks), default=0)
    lines += [f"  {who}{' ' * (wide - width(who))} looks at {what}" for who, what in looks]
    if len(shown.queries) > QUERIES:
        lines.append(f"  and {len(shown.queries) - QUERIES:,} more queries")
    return "\n".join(lines)
