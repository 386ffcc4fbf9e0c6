"""Of a live model and a file whose objects could not be made: what differs only because the file tells less."""

from __future__ import annotations

import re
from collections.abc import Iterable

from kfx.model.facts import LayerGraph


def shut_pairs(a: LayerGraph, b: LayerGraph, pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Calls whose inside one graph does not know, because a file tells of it by name alone."""
    if a.stored == b.stored:
        return []
    kinds_a, kinds_b = ({call.key: call.kind for call in graph.calls} for graph in (a, b))
    live = {"model", "opaque"}
    return [(x, y) for x, y in pairs if (kinds_a[x] in live) != (kinds_b[y] in live)]


def may_be_same(live: str, stored: str) -> bool:
    """Whether a live layer may tell an argument so that a file tells otherwise: it may keep it nowhere, or as an object whose
    class alone stands in the file.
    """
    short, long = sorted((_alone(live), _alone(stored)), key=len)
    return short in ("", long) or (not short[0].isdigit() and re.match(rf"{re.escape(short)}\b", long) is not None)


def _alone(text: str) -> str:
    """``(1,)`` as ``1``, as a file may hold it."""
    return text[1:-2] if text.startswith("(") and text.endswith(",)") and text.count(",") == 1 else text
