"""The counts of a comparison in words, for its head, its boxes and its rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from kfx.model.compare.differences import KINDS, GraphDiff
from kfx.model.facts import LayerCall
from kfx.text import numbers


def counts(diff: GraphDiff) -> list[str]:
    """Return ``1 changed``, ``1 added``, ..., ``11 equal``."""
    order = ("changed", *(kind for kind in KINDS if kind != "changed"))
    found = [f"{diff.count(kind):,} {kind}" for kind in order if diff.count(kind)]
    return [*found, f"{diff.same:,} equal"]


def called(calls: Collection[LayerCall]) -> str:
    """Return ``3 layers, 4 calls · 2 operations``, ``1 layer · 1 nested model``; the sum is that of `counts`."""
    kinds = Counter("layer" if call.kind in ("opaque", "input") else call.kind for call in calls)
    if all(call.kind == "input" for call in calls):
        return numbers.count(len(calls), "input")
    layers = len({(call.parent, call.name, call.type) for call in calls if call.kind not in ("op", "model")})
    parts = [
        f"{numbers.held(layers)}, {numbers.count(kinds['layer'], 'call')}" if kinds["layer"] > layers else numbers.held(layers)
    ]
    parts += [numbers.held(0, kinds["op"]), numbers.count(kinds["model"], "nested model") if kinds["model"] else ""]
    return " · ".join(filter(None, parts))
