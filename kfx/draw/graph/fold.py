"""Find the parts of a graph that can be folded into one box, and those that are folded in the first picture."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from kfx.draw.graph.block_level import Block, Item
from kfx.draw.graph.blocks import find_blocks
from kfx.model.facts import LayerGraph
from kfx.model.labels import free_label
from kfx.model.walk import by_key, children

MOST_BOXES = 40  # in the first picture


@dataclass(frozen=True, slots=True)
class Container:
    """Something that holds boxes and can be folded into one: a nested model, or a block found in a large graph.

    Attributes:
        key: A nested model's own key; for a block ``"<key around>/name"`` with a ``~`` in front of its name.
        label: Its name in a picture.
        calls: Keys of the calls inside at any depth that are not containers themselves.
        model: True for a nested model or a layer that holds layers, False for a block.
        repeats: How many equal members follow each other when it is a run of them, else 1.
    """

    key: str
    label: str
    calls: tuple[str, ...]
    model: bool
    repeats: int = 1


@dataclass(frozen=True, slots=True)
class FoldPlan:
    """All containers of one graph.

    Attributes:
        containers: By key.
        inside: Keys of the calls and containers directly inside each container, sources first; None holds the top level.
        around: The container around each call and container, None at the top.
        start: Keys of the containers that are unfolded in the first picture.
    """

    containers: dict[str, Container]
    inside: dict[str | None, tuple[str, ...]]
    around: dict[str, str | None]
    start: frozenset[str]

    def within(self, key: str) -> Iterator[str]:
        """Keys of all calls inside a container at any depth, nested models and layers that hold layers among them."""
        for member in self.inside[key]:
            if member not in self.containers or self.containers[member].model:
                yield member
            if member in self.containers:
                yield from self.within(member)

    def holders(self, key: str) -> list[str]:
        """Keys of the containers around a call or container, the innermost first."""
        found = []
        while (key := self.around.get(key)) is not None:  # type: ignore[assignment]
            found.append(key)
        return found


Grouping = Callable[[Sequence[str]], Sequence[Item]]


def fold_plan(graph: LayerGraph, expand_nested: bool | Collection[str] = False, *, blocks: bool | Grouping = True) -> FoldPlan:
    """Find the containers of a graph and choose which of them are unfolded at first.

    Args:
        graph: The facts.
        expand_nested: Nested models that are unfolded: all (True), none (False), or those with these keys or names.
        blocks: Fold a level of more than `MOST_BOXES` boxes into blocks: stages, repeated parts, long chains; or
            a function that is given the keys of each level, large or small, and puts them into blocks.
    """
    calls, levels = by_key(graph), children(graph)
    inside: dict[str | None, tuple[str, ...]] = {}
    found: dict[str, Block] = {}

    def place(around: str | None, level: str | None, items: Collection[Item]) -> None:
        members = []
        for item in items:
            if isinstance(item, str):
                key = item
            else:
                key = free_label(f"{level}/~{item.label}" if level else f"~{item.label}", {*found, *calls})
                found[key] = item
                place(key, level, item.members)
            members.append(key)
        inside[around] = tuple(members)

    for level, inner in levels.items():
        if level is None or calls[level].kind in ("model", "opaque"):
            keys = [call.key for call in inner]
            if callable(blocks):
                items = blocks(keys)
            else:
                items = find_blocks(graph, keys, MOST_BOXES) if blocks and len(keys) > MOST_BOXES else keys
            place(level, level, items)

    around = {call.key: call.parent for call in graph.calls}
    around |= {member: key for key, members in inside.items() for member in members}

    def leaves(key: str) -> tuple[str, ...]:
        return tuple(leaf for member in inside[key] for leaf in (leaves(member) if member in inside else (member,)))

    containers = {
        key: Container(key, found[key].label, leaves(key), False, found[key].repeats)
        if key in found
        else Container(key, calls[key].label, leaves(key), True)
        for key in inside
        if key is not None
    }
    start = frozenset(
        key
        for key, box in containers.items()
        if box.model
        and (expand_nested is True or (expand_nested and {key, calls[key].name, calls[key].label} & set(expand_nested)))
    )
    if expand_nested is False:
        start = _opened_parts(graph, inside)
    return FoldPlan(containers, inside, around, start)


def _opened_parts(graph: LayerGraph, inside: dict[str | None, tuple[str, ...]]) -> frozenset[str]:
    """Return the parts of a model whose wiring is unknown, to show what is in each, if they make no more than `MOST_BOXES`."""
    parts = [key for key in inside.get(None, ()) if key in inside] if graph.kind == "opaque" else []
    boxes = len(inside.get(None, ())) - len(parts) + sum(len(inside[key]) for key in parts)
    return frozenset(parts) if boxes <= MOST_BOXES else frozenset()
