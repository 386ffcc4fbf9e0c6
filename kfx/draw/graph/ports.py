"""Values that many boxes take, such as a mask or a time: one quiet tag at each of them instead of a line to each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from kfx.draw.graph.boxes import Box
from kfx.draw.graph.plan import FoldPlan
from kfx.draw.text_width import fit
from kfx.model.facts import LayerGraph

_LEAST = 3  # boxes that take it
_MOST_PX = 150


def with_ports(joints: Sequence[tuple[str, int, str]], ends: Sequence[tuple[int, int]], kinds: Sequence[str]) -> list[str]:
    """Return the lines' kinds with ``"port"`` for a value that three or more boxes take, one after another, beside
    what else they are given.

    Args:
        joints: ``(source call, output, target box)`` of each line.
        ends: The boxes of each line.
        kinds: Their kinds without ports.
    """
    following: dict[int, set[int]] = {}
    feeding: dict[int, set[int]] = {}
    for a, b in ends:
        following.setdefault(a, set()).add(b)
        feeding.setdefault(b, set()).add(a)
    lines: dict[tuple[str, int], list[int]] = {}
    for i, (source, output, _) in enumerate(joints):
        lines.setdefault((source, output), []).append(i)
    found = list(kinds)
    for taken in lines.values():
        targets = sorted({ends[i][1] for i in taken})
        own = {ends[i][0] for i in taken}
        if len(targets) >= _LEAST and all(feeding[b] - own for b in targets) and _in_a_row(targets, following):
            for i in taken:
                found[i] = "port"
    return found


def to_copies(graph: LayerGraph, plan: FoldPlan) -> set[tuple[str, int, str]]:
    """Return ``(call, output, line of equal parts)`` of each value that three or more of the parts take."""
    takers: dict[tuple[str, int, str], set[str]] = {}
    for edge in graph.edges:
        chain = [edge.target, *plan.holders(edge.target)]
        around = set(plan.holders(edge.source))
        for member, line in pairwise(chain):
            if plan.containers[line].repeats > 1 and line not in around:
                takers.setdefault((edge.source, edge.output, line), set()).add(member)
    return {value for value, members in takers.items() if len(members) >= _LEAST}


def tagged(boxes: Sequence[Box], ends: Sequence[tuple[int, int]], kinds: Sequence[str], shapes: Sequence[str]) -> list[Box]:
    """Return the boxes with the names of the values that they take from ports, and at each source how many take it."""
    words: dict[int, list[str]] = {}
    readers: dict[int, set[int]] = {}
    for (a, b), kind, shape in zip(ends, kinds, shapes, strict=True):
        if kind == "port":
            words.setdefault(b, []).append(f"{boxes[a].name} {shape}".strip())
            readers.setdefault(a, set()).add(b)
    for a, taking in readers.items():
        words.setdefault(a, []).append(f"to {len(taking)} boxes")
    return [
        replace(box, port=fit(" · ".join(dict.fromkeys(words[i])), 10.5, _MOST_PX, middle=True)) if i in words else box
        for i, box in enumerate(boxes)
    ]


def _in_a_row(targets: Sequence[int], following: dict[int, set[int]]) -> bool:
    """True if each of the boxes leads to another one of them, but the last."""
    return sum(not _reached(a, following).isdisjoint(set(targets) - {a}) for a in targets) == len(targets) - 1


def _reached(start: int, following: dict[int, set[int]]) -> set[int]:
    todo, seen = [start], set[int]()
    while todo:
        fresh = following.get(todo.pop(), set()) - seen
        seen |= fresh
        todo += fresh
    return seen
