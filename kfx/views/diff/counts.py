"""Count what is equal and what differs between two models, for the head of a comparison, its boxes and its rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from kfx.model.compare.differences import KINDS, GraphDiff
from kfx.model.compare.union import Union
from kfx.model.facts import LayerCall
from kfx.model.walk import by_key, children, is_layer
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


@dataclass(frozen=True)
class Tally:
    """Counts of a comparison, call by call; keys are those of `union`."""

    diff: GraphDiff
    whole: Union

    @cached_property
    def _calls(self) -> dict[str, LayerCall]:
        return by_key(self.whole.graph)

    @cached_property
    def _inside(self) -> dict[str | None, list[LayerCall]]:
        return children(self.whole.graph)

    @cached_property
    def _differing(self) -> set[str]:
        found = set()
        for change in self.diff.changes:
            if change.after is not None:
                found.add(change.after)
            elif change.before is not None:
                found.add(self.whole.key_a[change.before])
        return found

    def counted(self, keys: Iterable[str]) -> Iterator[LayerCall]:
        """Yield what counts among some calls and inside them: equal layers and operations, and all that differs.

        A nested model that only one of the graphs has is one difference; what is inside it is not counted.
        """
        for key in keys:
            call = self._calls[key]
            if key in self._differing or is_layer(call) or call.kind == "op":
                yield call
            if key not in self.whole.only_a and key not in self.whole.only_b:
                yield from self.counted(inner.key for inner in self._inside.get(key, ()))

    def differing(self, calls: Iterable[LayerCall]) -> int:
        """Count the calls that have a difference."""
        return sum(call.key in self._differing for call in calls)
