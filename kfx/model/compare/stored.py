"""Recognise differences between a live model and a file that come from what the file leaves out."""

from __future__ import annotations

import re
from collections.abc import Iterable

from kfx.model.facts import LayerGraph


def shut_pairs(a: LayerGraph, b: LayerGraph, pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the pairs of calls whose inside is in one graph only, because a file holds their names alone."""
    if a.stored == b.stored:
        return []
    kinds_a, kinds_b = ({call.key: call.kind for call in graph.calls} for graph in (a, b))
    live = {"model", "opaque"}
    return [(x, y) for x, y in pairs if (kinds_a[x] in live) != (kinds_b[y] in live)]


def may_be_same(live: str, stored: str) -> bool:
    """Return whether a live argument and a stored one may be the same: a layer may not keep it, or the file may hold only the
    class of an object.
    """
    short, long = sorted((_alone(live), _alone(stored)), key=len)
    return short in ("", long) or (not short[0].isdigit() and re.match(rf"{re.escape(short)}\b", long) is not None)


def _alone(text: str) -> str:
    """Return ``(1,)`` as ``1``, as a file may hold it."""
    return text[1:-2] if text.startswith("(") and text.endswith(",)") and text.count(",") == 1 else text
