"""An order in which each call follows its sources and branches stay together, and what crosses each place of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def sources_first(keys: Sequence[str], sources: Mapping[str, Sequence[str]]) -> list[str]:
    """Depth first from the ends: a branch is walked to its beginning before the next one is begun.

    Args:
        keys: The calls, each after its sources.
        sources: What feeds each call, out of ``keys``.
    """
    fed = {source for key in keys for source in sources[key]}
    order: list[str] = []
    seen: set[str] = set()
    for end in (key for key in keys if key not in fed):
        seen.add(end)
        path = [(end, iter(sources[end]))]
        while path:
            key, waiting = path[-1]
            source = next((s for s in waiting if s not in seen), None)
            if source is None:
                order.append(key)
                path.pop()
            else:
                seen.add(source)
                path.append((source, iter(sources[source])))
    return order


def cut_widths(order: Sequence[str], sources: Mapping[str, Sequence[str]]) -> list[int]:
    """After each call of the order, how many calls before this place feed one after it."""
    place = {key: i for i, key in enumerate(order)}
    last = list(range(len(order)))
    for key in order:
        for source in sources[key]:
            last[place[source]] = max(last[place[source]], place[key])
    change = [0] * (len(order) + 1)
    for i, end in enumerate(last):
        if end > i:
            change[i] += 1
            change[end] -= 1
    widths, open_now = [], 0
    for step in change[:-1]:
        open_now += step
        widths.append(open_now)
    return widths
