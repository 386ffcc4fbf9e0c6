"""Unfold the largest boxes of a picture that would show too little."""

from __future__ import annotations

from collections.abc import Collection

from kfx.draw.graph.plan import FoldPlan
from kfx.model.facts import LayerGraph
from kfx.model.walk import by_key


def opened_until_enough(graph: LayerGraph, plan: FoldPlan, start: Collection[str], least: int, most: int) -> frozenset[str]:
    """Return what is unfolded so that a picture has ``least`` boxes and no more than ``most``; of a smaller model
    only lines of equal blocks.

    Args:
        graph: The facts.
        plan: Which containers there are.
        start: Those that are unfolded anyway.
        least: Boxes from which on nothing more is unfolded.
        most: Boxes that there may be.
    """
    opened, refused = set(start), set[str]()
    tiny = sum(call.kind not in ("model", "opaque") for call in graph.calls) < least
    if tiny:
        refused = {key for key, box in plan.containers.items() if box.repeats == 1}
    while True:
        boxes = list(plan.boxes(plan.shown_copies(opened)))
        folded = [key for key in boxes if key in plan.containers and key not in refused]
        if len(boxes) >= least or not folded:
            return frozenset(opened)
        largest = max(folded, key=lambda key: len(plan.containers[key].calls))
        alike = {key for key in folded if _kind(graph, plan, key) == _kind(graph, plan, largest)}
        more = len(list(plan.boxes(plan.shown_copies(opened | alike))))
        if len(boxes) < more <= most:
            opened |= alike
        else:
            refused |= alike


def _kind(graph: LayerGraph, plan: FoldPlan, key: str) -> tuple[str, ...]:
    """The types inside, which is what folds and unfolds together."""
    calls = by_key(graph)
    return tuple(calls[inner].type for inner in plan.containers[key].calls)
