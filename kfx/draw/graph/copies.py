"""Equal copies of which one is shown: which calls stand for which, and which lines are between two of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from kfx.draw.graph.plan import FoldPlan
from kfx.model.facts import LayerGraph
from kfx.model.walk import children


class Copies:
    """The lines of equal parts of which one part is shown.

    Attributes:
        walls: Keys of the nested models that are such parts: their walls are not drawn.
    """

    def __init__(self, graph: LayerGraph, plan: FoldPlan, frames: Collection[str], shown: Mapping[str, int | None]):
        self._twins: dict[str, str] = {}
        self._copy_of: list[dict[str, int]] = []
        self.walls: set[str] = set()
        inner = children(graph)
        for key in frames:
            copy = shown[key]
            if copy is None:
                continue
            members = plan.inside[key]
            boxes = [plan.containers[member] for member in members if member in plan.containers]
            self.walls |= {box.key for box in boxes if box.model and not box.opaque}
            calls = [_calls(plan, member, inner) for member in members]
            self._copy_of.append({call: n for n, own in enumerate(calls) for call in own})
            for own in calls:
                self._twins.update(pair for pair in zip(own, calls[copy], strict=False) if pair[0] != pair[1])

    def twin(self, key: str) -> str:
        """Return the call that is shown in place of a call: the same one where it is shown itself."""
        while key in self._twins:
            key = self._twins[key]
        return key

    def between(self, source: str, target: str) -> bool:
        """Return True if two calls are in different copies of one line."""
        return any(source in line and target in line and line[source] != line[target] for line in self._copy_of)


def _calls(plan: FoldPlan, member: str, inner: Mapping[str | None, list]) -> list[str]:
    """The calls in a part in the order in which equal parts have equal ones."""
    if member in plan.containers and not plan.containers[member].model:
        return [call for part in plan.inside[member] for call in _calls(plan, part, inner)]
    return [member, *(deeper for call in inner.get(member, ()) for deeper in _calls(plan, call.key, inner))]
