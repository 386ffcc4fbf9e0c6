"""Find the parts of a graph that can be folded into one box, and those that are folded in the first picture."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from kfx.draw.graph.block_level import Block, Facts, Item
from kfx.draw.graph.blocks import find_blocks, find_pairs
from kfx.draw.graph.openings import opened_until_enough
from kfx.draw.graph.plan import Container, FoldPlan
from kfx.model.facts import LayerGraph
from kfx.model.labels import free_label

LEAST_BOXES, MOST_BOXES = 8, 40  # in the first picture, where the model has as many calls


Grouping = Callable[[Sequence[str]], Sequence[Item]]


def fold_plan(graph: LayerGraph, expand_nested: bool | Collection[str] = False, *, blocks: bool | Grouping = True) -> FoldPlan:
    """Find the containers of a graph and choose which of them are unfolded at first.

    Args:
        graph: The facts.
        expand_nested: Nested models that are unfolded: all (True), none (False), or those with these keys or names.
        blocks: Fold lines of equal parts, and each level into no more than `MOST_BOXES` boxes: stages, repeated parts, long
            chains; or a function that is given the keys of each level and puts them into blocks.
    """
    facts = Facts(graph)
    spread = _expanded(graph, expand_nested)
    calls, levels = facts.calls, facts.inner
    inside: dict[str | None, tuple[str, ...]] = {}
    found: dict[str, Block] = {}

    def place(around: str | None, level: str | None, items: Collection[Item]) -> None:
        members = []
        for item in _spread(items, spread):
            if isinstance(item, str):
                key = item
            else:
                key = free_label(f"{level}/~{item.label}" if level else f"~{item.label}", {*found, *calls})
                found[key] = item
                place(key, level, item.members)
            members.append(key)
        inside[around] = tuple(members)

    staged = False
    for level, inner in levels.items():
        if level is None or calls[level].kind in ("model", "opaque"):
            keys = [call.key for call in inner]
            if blocks is True:
                items = find_blocks(graph, keys, MOST_BOXES, facts)
                staged = staged or (level is None and any(isinstance(item, Block) and item.stage for item in items))
                place(level, level, items)
            else:
                place(level, level, blocks(keys) if blocks else keys)

    around = {call.key: call.parent for call in graph.calls}
    around |= {member: key for key, members in inside.items() for member in members}

    def leaves(key: str) -> tuple[str, ...]:
        return tuple(leaf for member in inside[key] for leaf in (leaves(member) if member in inside else (member,)))

    containers = {
        key: Container(key, found[key].label, leaves(key), False, found[key].repeats)
        if key in found
        else Container(key, calls[key].label, leaves(key), True, opaque=calls[key].kind == "opaque")
        for key in inside
        if key is not None
    }
    plan = FoldPlan(containers, inside, around, one_copy=not callable(blocks))
    pairs = find_pairs(facts, [call.key for call in levels.get(None, ())]) if staged else []
    start = spread if expand_nested is not False else _opened_parts(graph, inside)
    if expand_nested is False and blocks is True:
        start = opened_until_enough(graph, plan, start, LEAST_BOXES, MOST_BOXES)
    return replace(plan, start=start, pairs=tuple(pairs))


def _expanded(graph: LayerGraph, expand_nested: bool | Collection[str]) -> frozenset[str]:
    """Keys of the nested models that are unfolded because it was asked for."""
    asked = set() if isinstance(expand_nested, bool) else set(expand_nested)
    models = [call for call in graph.calls if call.kind in ("model", "opaque")]
    return frozenset(call.key for call in models if expand_nested is True or {call.key, call.name, call.label} & asked)


def _spread(items: Collection[Item], expanded: frozenset[str]) -> list[Item]:
    """The items; of a line of equal nested models of which one is unfolded, the models."""
    found: list[Item] = []
    for item in items:
        models = [m for m in item.members if isinstance(m, str)] if isinstance(item, Block) and item.repeats > 1 else []
        found += [item] if expanded.isdisjoint(models) else models
    return found


def _opened_parts(graph: LayerGraph, inside: dict[str | None, tuple[str, ...]]) -> frozenset[str]:
    """Return the parts of a model whose wiring is unknown, to show what is in each, if they make no more than `MOST_BOXES`."""
    parts = [key for key in inside.get(None, ()) if key in inside] if graph.kind == "opaque" else []
    boxes = len(inside.get(None, ())) - len(parts) + sum(len(inside[key]) for key in parts)
    return frozenset(parts) if boxes <= MOST_BOXES else frozenset()
