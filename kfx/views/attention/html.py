"""Attention as HTML without script or style sheet, and one head as a drawing."""

from __future__ import annotations

from html import escape

import numpy as np

from kfx.draw.markup import DIM, html_text, image
from kfx.draw.values.attention import MOST_HEADS
from kfx.draw.values.attention_map import SCALE, attention_map
from kfx.draw.values.contact_sheet import contact_sheet
from kfx.draw.values.scale import levels, smaller
from kfx.text.untrusted import cut, visible
from kfx.views.attention.facts import AttentionFacts, ShownLayer, figure_words, look_words, size_words

LAYERS = 48  # in the table of all layers
_LABEL = f'style="{DIM};font-size:11px;padding:4px 0"'
_CELL = 84  # px of a head's map


def attention_html(facts: AttentionFacts, address: str, example: int, head: int, *, small: bool = False) -> str:
    """Return all layers as a table, the heads of one as small maps, one of them large, and what its queries look at."""
    shown = facts.at(address, example)
    of = f" · example {example + 1} of {facts.count:,}" if facts.count > 1 else ""
    line = f"{escape(facts.head_line)} · {escape(size_words(shown))}{of}"
    title = f'<div style="padding:4px 0"><b style="font-size:14px">attention · {_name(facts.name)}</b> &nbsp; {line}</div>'
    left = f"{_overview(facts, example)}{_heads(shown, facts.labels[address])}"
    big = "" if small else _large(shown, head)
    note = f"<div {_LABEL}>{escape(shown.left_out)}</div>" if shown.left_out else ""
    return (
        f'<div style="font-size:13px">{title}<div style="display:flex;flex-wrap:wrap;gap:8px 24px;align-items:flex-start">'
        f'<div style="max-width:100%;overflow-x:auto">{left}</div>'
        f'<div style="flex:1 1 320px;min-width:0;max-width:100%;overflow-x:auto">{big}{note}{_looks(shown, head)}</div>'
        "</div></div>"
    )


def attention_picture(facts: AttentionFacts, address: str, example: int, head: int) -> str:
    """Return one head as an SVG with its address, the scale and a word at each place."""
    shown = facts.at(address, example)
    words = f"entropy {shown.figures.entropy[head]:.2f} of 1"
    if shown.figures.distance is not None:
        words += f" · mean distance {shown.figures.distance[head]:.1f}"
    scores, side = smaller(shown.scores[head][None], 480)
    queries, keys = (tuple(words[::side]) if side > 1 else words for words in (shown.queries, shown.keys))
    title = f"{cut(visible(address), 80, middle=True)}, head {head}"
    return attention_map(scores[0], queries, keys, title, facts=words, causal=shown.places.causal)


def _name(text: str) -> str:
    return html_text(cut(visible(text), 120))


def _overview(facts: AttentionFacts, example: int) -> str:
    """Return a table of layers by heads with the entropy of each."""
    most = max(x.shape[1] for x in facts.scores.values())
    heads = min(most, MOST_HEADS)
    head = "".join(f"<th scope=col>{n}</th>" for n in range(heads))
    body = ""
    for address in facts.addresses[:LAYERS]:
        entropy = facts.at(address, example).figures.entropy[:heads]
        cells = "".join(f"<td>{value:.2f}" for value in entropy) + "<td>" * (heads - len(entropy))
        label = html_text(cut(facts.labels[address], 32, middle=True))
        body += f'<tr><th scope=row style="text-align:left" title="{escape(visible(address))}">{label}</th>{cells}'
    more = f" · heads 0 to {heads - 1} of {most}" if most > heads else ""
    rest = len(facts.addresses) - LAYERS
    more += f" · {rest} more layers" if rest > 0 else ""
    return (
        f"<div {_LABEL}>Entropy of each head: 0 looks at one key, 1 at all alike{more}</div>"
        '<table cellpadding=3 style="font-size:12px;border-collapse:collapse;text-align:right">'
        f"<thead><tr><th>head</th>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _heads(shown: ShownLayer, label: str) -> str:
    picked = list(shown.order[:MOST_HEADS])
    maps, _ = smaller(shown.scores[picked], 2 * _CELL)
    drawn = levels(maps, SCALE)
    if shown.places.causal:
        drawn = np.where(np.triu(np.ones(drawn.shape[1:], "bool"), 1), np.uint8(255), drawn)
    names = [f"{number}: {figure_words(shown, number)}" for number in picked]
    sheet = contact_sheet(drawn, names, columns=4, cell=_CELL)
    rest = len(shown.order) - len(picked)
    more = f" · {len(picked)} of {len(shown.order)} heads, the most concentrated first" if rest else ""
    alt = f"Maps of {len(picked)} heads of {visible(shown.address)[:60]}, queries down, keys across"
    figures = "entropy · mean distance" if shown.itself else "entropy"
    return f"<div {_LABEL}>{html_text(label)} · head: {figures}{more}</div>{image('image/png', sheet, alt)}"


def _large(shown: ShownLayer, head: int) -> str:
    scores, side = smaller(shown.scores[head][None], 480)
    queries, keys = (tuple(words[::side]) if side > 1 else words for words in (shown.queries, shown.keys))
    title = f"{cut(visible(shown.address), 60, middle=True)}, head {head}"
    svg = attention_map(scores[0], queries, keys, title, facts="rows ask, columns answer", causal=shown.places.causal)
    return image("image/svg+xml", svg.encode(), f"{title}: {len(shown.queries)} queries by {len(shown.keys)} keys")


def _looks(shown: ShownLayer, head: int, most: int = 40) -> str:
    rows = []
    for query in range(min(most, len(shown.queries))):
        who, what = look_words(shown, head, query).split(" looks at ", 1)
        rows.append(f"<tr><td>{html_text(who)}<td>{html_text(what)}")
    rest = len(shown.queries) - len(rows)
    more = f"<tr><td colspan=2>and {rest:,} more" if rest > 0 else ""
    return (
        f"<details><summary>What each place looks at</summary><table cellpadding=3 "
        f'style="font-size:12px;border-collapse:collapse;text-align:left"><tbody>{"".join(rows)}{more}</tbody></table></details>'
    )
