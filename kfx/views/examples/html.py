"""The examples of units as HTML without script or style sheet."""

from __future__ import annotations

from html import escape

from kfx.draw.markup import DIM, html_text
from kfx.text.untrusted import cut, visible
from kfx.views.cards.html import cards_html
from kfx.views.examples.facts import ExamplesFacts

_LABEL = f'style="{DIM};font-size:11px;padding:2px 0"'


def examples_html(facts: ExamplesFacts, *, channels: int = 4, examples: int = 12) -> str:
    """Return the crops of the first units, the strongest first."""
    name = f'<b style="font-size:14px">{html_text(cut(visible(facts.name), 120))}</b> &nbsp; ' if facts.name else ""
    head = f'<div style="padding:4px 0">{name}{html_text(facts.head)}</div>'
    notes = "".join(f"<div {_LABEL}>{escape(visible(note))}</div>" for note in facts.notes)
    body = ""
    for channel, shown in list(facts.shown.items())[:channels]:
        cards = cards_html(shown[:examples], side=72) if shown else f"<div {_LABEL}>no value is finite</div>"
        body += f'<div style="padding:6px 0 2px"><b>{facts.word} {channel}</b></div>{cards}'
    rest = len(facts.shown) - channels
    more = f"<div {_LABEL}>and {rest} more {facts.word}s, in the live view and in print(view)</div>" if rest > 0 else ""
    return f'<div style="font-size:13px">{head}{notes}{body}{more}</div>'
