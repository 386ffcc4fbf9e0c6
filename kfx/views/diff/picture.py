"""The two-colour graph of a comparison: what both share is drawn once, differences have a sign, equal runs are folded."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from kfx.draw.graph.block_level import Block
from kfx.draw.graph.blocks import find_blocks
from kfx.draw.graph.boxes import Box, Line, Options, Picture, sized
from kfx.draw.graph.fold import MOST_BOXES, fold_plan
from kfx.draw.graph.order import sources_first
from kfx.draw.graph.picture import picture
from kfx.draw.graph.plan import Container, FoldPlan
from kfx.model.compare.differences import GraphDiff
from kfx.model.compare.union import Union, side, union
from kfx.model.facts import LayerCall, LayerGraph
from kfx.model.walk import ancestors, by_key, children, is_layer, wires
from kfx.text import numbers
from kfx.text.untrusted import cut, visible
from kfx.views.diff.counts import called
from kfx.views.diff.rows import SIGNS

SIDES = ("both", "a", "b")
_LEAST_RUN = 3  # layers that fold into one box
_AGREES = {"added": "only in B", "removed": "only in A", "": "equal in both"}


@dataclass(frozen=True)
class TwoGraphs:
    """A comparison, ready to be drawn; keys are those of `union`.

    Attributes:
        diff: The structures.
        moved: Keys in the second graph of the calls whose weights differ.
    """

    diff: GraphDiff
    moved: frozenset[str] = frozenset()

    @cached_property
    def union(self) -> Union:
        return union(self.diff)

    @cached_property
    def marks(self) -> dict[str, str]:
        """``"added"``, ``"removed"`` or ``"changed"`` by call; rewired calls have no mark."""
        found = dict.fromkeys(self.union.only_a, "removed") | dict.fromkeys(self.union.only_b, "added")
        for change in self.diff.changes:
            if change.after is not None and change.after not in found and change.kind != "rewired":
                found[change.after] = "changed"
        return found

    def counted(self, keys: Iterable[str]) -> Iterator[LayerCall]:
        """Yield what counts among some calls and inside them: equal layers and operations, and all that differs.

        A nested model that only one of the graphs has is one difference; what is inside it is not counted.
        """
        for key in keys:
            call = self._calls[key]
            if key in self._differing or is_layer(call) or call.kind == "op":
                yield call
            if key not in self.union.only_a and key not in self.union.only_b:
                yield from self.counted(inner.key for inner in self._inside.get(key, ()))

    def differing(self, calls: Iterable[LayerCall]) -> int:
        """Count the calls that have a difference."""
        return sum(call.key in self._differing for call in calls)

    @cached_property
    def _differing(self) -> set[str]:
        return set(map(self.union.key_of, self.diff.changes))

    @cached_property
    def _inside(self) -> dict[str | None, list[LayerCall]]:
        return children(self.union.graph)

    @cached_property
    def _calls(self) -> dict[str, LayerCall]:
        return by_key(self.union.graph)

    @cached_property
    def touched(self) -> frozenset[str]:
        """Nested models with a difference inside."""
        calls = self._calls
        return frozenset(
            around
            for key in {*self.marks, *self._rewired}
            for around in ancestors(calls[key], calls)
            if self.marks.get(key) not in ("added", "removed") or self.marks.get(around) != self.marks.get(key)
        )

    @cached_property
    def _rewired(self) -> set[str]:
        return {change.after for change in self.diff.changes if change.kind == "rewired" and change.after is not None}

    @cached_property
    def plan(self) -> FoldPlan:
        """Equal runs folded; where that leaves too many boxes, runs of one mark and then blocks as in any large graph."""
        graph = self.union.graph
        sources: dict[str, list[str]] = {call.key: [] for call in graph.calls}
        for edge in graph.edges:
            sources[edge.target].append(edge.source)

        def grouped(keys: Collection[str]) -> list[Block | str]:
            order = sources_first(list(keys), sources)
            items = self._runs(order, {""})
            if len(items) > MOST_BOXES:
                items = self._runs(order, {"", "added", "removed"})
            return find_blocks(graph, order, MOST_BOXES) if len(items) > 2 * MOST_BOXES else items

        return fold_plan(graph, self.touched, blocks=grouped)

    def _runs(self, order: Collection[str], folding: set[str]) -> list[Block | str]:
        """Fold neighbours of one kind into blocks; an interval of this order is convex: no line leaves it and comes back."""
        groups: list[tuple[str, list[str]]] = []
        for key in order:
            kind = "touched" if key in self.touched or key in self._rewired else self.marks.get(key, "")
            if groups and groups[-1][0] == kind and kind in folding:
                groups[-1][1].append(key)
            else:
                groups.append((kind, [key]))
        items: list[Block | str] = []
        for kind, keys in groups:
            if kind not in folding or len(keys) < _LEAST_RUN:
                items += keys
                continue
            members = find_blocks(self.union.graph, keys, MOST_BOXES) if len(keys) > MOST_BOXES else keys
            counted = list(self.counted(keys)) or [self._calls[key] for key in keys]  # inputs of a nested model
            items.append(Block(called(counted), tuple(members)))
        return items

    # ------------------------------------------------------------------------------------------------ one picture

    def picture(self, opened: Collection[str] | None = None, shown: str = "both") -> Picture:
        """Return boxes, frames and lines with their marks.

        Args:
            opened: Keys of the unfolded containers; those of the first picture by default.
            shown: ``"both"``, or ``"a"`` or ``"b"`` for one graph alone.
        """
        graph, plan, shapes = self._shown(shown)
        opened = self.plan.start if opened is None else opened
        drawn = picture(graph, plan, opened, Options(), shapes)
        boxes = tuple(self._marked(box, plan) for box in drawn.boxes)
        return replace(drawn, boxes=boxes, lines=self._lines(drawn, graph, plan) if shown == "both" else drawn.lines)

    def _shown(self, shown: str) -> tuple[LayerGraph, FoldPlan, Mapping[tuple[str, int], str]]:
        whole = self.union
        if shown == "both":
            return replace(whole.graph, calls=tuple(map(self._with_changes, whole.graph.calls))), self.plan, self._shapes
        graph = side(whole, self.diff.a, whole.key_a) if shown == "a" else side(whole, self.diff.b)
        return graph, _restricted(self.plan, {call.key for call in graph.calls}), {}

    def _with_changes(self, call: LayerCall) -> LayerCall:
        """Return a call of both graphs with its changes among its settings: ``kernel 3×3 → 5×5``, ``was dense_1``."""
        before = self._before.get(call.key)
        if before is None or self.marks.get(call.key) != "changed":
            return call
        kinds = {change.what: change for change in self.diff.changes if change.after == call.key}
        if len(before.settings) == len(call.settings) and before.type == call.type:
            settings = [x if x == y else f"{x} → {y}" for x, y in zip(before.settings, call.settings, strict=True)]
        else:
            settings = list(call.settings)
        if settings == list(call.settings):  # the argument is not among those a box shows
            settings += [
                f"{what.replace('_', ' ')} {_short(change.a)} → {_short(change.b)}"
                for what, change in kinds.items()
                if change.kind == "changed" and what not in ("output", "type", "weights", "shape", "batch_shape")
            ][:2]
        if "type" in kinds:
            settings.insert(0, f"was {before.type}")
        if "name" in kinds:
            settings.append(f"was {before.name}")
        settings += [change.kind for change in kinds.values() if change.kind in ("frozen", "thawed")]
        return replace(call, settings=tuple(settings))

    @cached_property
    def _before(self) -> dict[str, LayerCall]:
        calls = by_key(self.diff.a)
        return {after: calls[before] for before, after in self.diff.pairs}

    @cached_property
    def _shapes(self) -> dict[tuple[str, int], str]:
        """``7×7×64 → 5×5×64`` where an output has two shapes."""
        found = {}
        for call in self.diff.b.calls:
            before = self._before.get(call.key)
            for n, (x, y) in enumerate(zip(before.outputs, call.outputs, strict=False) if before else ()):
                if numbers.shape(x) != numbers.shape(y):
                    found[call.key, n] = f"{numbers.shape(x)} → {numbers.shape(y)}"
        return found

    # ------------------------------------------------------------------------------------------------ marks

    def _marked(self, box: Box, plan: FoldPlan) -> Box:
        found = plan.containers.get(box.key)
        own = self.marks.get(box.key, "")
        if found is None or (found.model and (own or box.key not in self.touched)):
            others = self._others([box.key])
            return _signed(replace(box, title=f"{box.title}, {others}") if others else box, own, own)
        if found.model:
            detail = f"{box.detail} · {numbers.count(self.differing(self.counted([box.key])), 'difference')}"
            return _signed(_wider(box, detail=detail), "changed", "differences inside")
        return self._run(box, found, plan)

    def _run(self, box: Box, found: Container, plan: FoldPlan) -> Box:
        """Return the box of a folded run: ``10 layers``, equal in both."""
        marks = list({self.marks.get(key, "") for key in found.calls})
        inside = list(self.counted(_of_block(found, plan)))
        differing = self.differing(inside)
        if len(marks) > 1 or marks[0] == "changed" or not self._rewired.isdisjoint(call.key for call in inside):
            return _signed(_wider(box, detail=f"{differing:,} of {len(inside):,} differ"), "changed", "differences inside")
        badge = {"": "=", **SIGNS}[marks[0]]
        agrees = _AGREES[marks[0]]
        if not marks[0] and (others := self._others(_of_block(found, plan))):
            badge, agrees = "", others
        wider = _wider(box, detail=agrees, badge=badge, family="model", right="")
        return _signed(replace(wider, title=f"{box.name}, {agrees}"), marks[0], "")

    def _others(self, keys: Iterable[str]) -> str:
        """Return how many layers among some calls and inside them have other weights, ``""`` for none."""
        calls, inside = self._calls, set(keys)
        count = sum(not inside.isdisjoint((key, *ancestors(calls[key], calls))) for key in self.moved)
        return f"weights of {count:,} differ" if count else ""

    def _lines(self, drawn: Picture, graph: LayerGraph, plan: FoldPlan) -> tuple[Line, ...]:
        """Return the lines, marked where only one of the graphs has the tensors that they carry."""
        place = {box.key: i for i, box in enumerate(drawn.boxes)}
        shut = {key for key, box in plan.containers.items() if box.model and key in place}

        def box_of(key: str) -> int | None:
            return next((place[k] for k in (key, *plan.holders(key)) if k in place), None)

        carried: dict[tuple[int | None, int | None], set[str]] = {}
        for wire in wires(graph, shut):
            tie = wire.source, wire.output, wire.target
            in_a, in_b = tie in self.union.wires_a, tie in self.union.wires_b
            kind = "removed" if in_a and not in_b else "added" if in_b and not in_a else ""
            carried.setdefault((box_of(wire.source), box_of(wire.target)), set()).add(kind)
        marked = []
        for line in drawn.lines:
            kinds = carried.get((line.source, line.target), {""})
            kind = next(iter(kinds)) if len(kinds) == 1 else ""
            marked.append(replace(line, marks=(kind,)) if kind else line)
        return tuple(marked)


def _of_block(block: Container, plan: FoldPlan) -> Iterator[str]:
    """Yield the keys of the calls in a block, not of what is inside them."""
    for member in plan.inside[block.key]:
        inner = plan.containers.get(member)
        if inner is None or inner.model:
            yield member
        else:
            yield from _of_block(inner, plan)


def _signed(box: Box, mark: str, words: str) -> Box:
    if not mark:
        return box
    title = f"{box.title}, {words}" if words else box.title
    return replace(box, marks=(*box.marks, mark), side=SIGNS[mark], title=title)


def _wider(box: Box, **other: str) -> Box:
    """Return the box with other words, as wide as they need."""
    names = ("key", "family", "name", "detail", "right", "badge", "title", "frame", "folded", "dead")
    return sized(**{**{name: getattr(box, name) for name in names}, **other})


def _short(text: str) -> str:
    return visible(cut(text, 24))


def _restricted(plan: FoldPlan, keys: Collection[str]) -> FoldPlan:
    """Return the plan for the calls of one graph alone, without containers that hold none of them."""
    containers: dict[str, Container] = {}
    for key, box in plan.containers.items():
        calls = tuple(call for call in box.calls if call in keys)
        if (key in keys) if box.model else calls:
            containers[key] = replace(box, calls=calls)
    kept = {*keys, *containers}
    inside = {
        around: tuple(member for member in members if member in kept)
        for around, members in plan.inside.items()
        if around is None or around in containers
    }
    around = {key: holder for key, holder in plan.around.items() if key in kept}
    return replace(plan, containers=containers, inside=inside, around=around, start=plan.start & frozenset(containers))
