"""An order in which each call follows its sources and branches stay together, and what crosses each place of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate

from kfx.model.walk import depth_first


def sources_first(keys: Sequence[str], sources: Mapping[str, Sequence[str]]) -> list[str]:
    """Depth first from the ends: a branch is walked to its beginning before the next one is begun.

    Args:
        keys: The calls, each after its sources.
        sources: What feeds each call, out of ``keys``.
    """
    fed = {source for key in keys for source in sources[key]}
    return depth_first((key for key in keys if key not in fed), sources.__getitem__, str)


def cut_widths(order: Sequence[str], sources: Mapping[str, Sequence[str]]) -> list[int]:
    """Return for each place of the order how many calls up to it feed one after it."""
    place = {key: i for i, key in enumerate(order)}
    last = list(range(len(order)))
    for key in order:
        for source in sources[key]:
            last[place[source]] = max(last[place[source]], place[key])
    change = [1] * len(order)
    for end in last:
        change[end] -= 1
    return list(accumulate(change))
