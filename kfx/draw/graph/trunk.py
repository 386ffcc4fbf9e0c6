"""Find the lines of a picture that are its trunk, and those that skip a longer path."""

from __future__ import annotations

from graphlib import TopologicalSorter


def line_kinds(boxes: int, ends: list[tuple[int, int]]) -> list[str]:
    """Return ``"trunk"`` for lines on one longest path, ``"skip"`` if a longer path joins its two boxes, else ``"edge"``.

    Args:
        boxes: How many boxes there are.
        ends: ``(source, target)`` of each line; they form no cycle.
    """
    following: list[set[int]] = [set() for _ in range(boxes)]
    for a, b in ends:
        following[a].add(b)
    order = list(TopologicalSorter(dict(enumerate(following))).static_order())[::-1]
    level = [0] * boxes
    for a in order:
        for b in following[a]:
            level[b] = max(level[b], level[a] + 1)
    trunk = _longest(order, following)
    skips = {(a, b) for a, b in set(ends) if level[b] > level[a] + 1 and _reaches(following[a] - {b}, b, following, level)}
    return ["skip" if end in skips else "trunk" if end in trunk else "edge" for end in ends]


def _longest(order: list[int], following: list[set[int]]) -> set[tuple[int, int]]:
    left = [0] * len(following)  # boxes still to come on the longest path from here
    for a in reversed(order):
        left[a] = max((left[b] + 1 for b in following[a]), default=0)
    found: set[tuple[int, int]] = set()
    if not order:
        return found
    at = max(order, key=lambda i: (left[i], -i))
    while following[at]:
        after = min(following[at], key=lambda i: (-left[i], i))
        found.add((at, after))
        at = after
    return found


def _reaches(start: set[int], goal: int, following: list[set[int]], level: list[int]) -> bool:
    todo, seen = [i for i in start if level[i] < level[goal]], set(start)
    while todo:
        at = todo.pop()
        if goal in following[at]:
            return True
        for b in following[at] - seen:
            seen.add(b)
            if level[b] < level[goal]:
                todo.append(b)
    return False
