"""Fold the many like branches of a wide model, one for each column of a table, where they leave no room."""

from __future__ import annotations

from itertools import groupby

from kfx.draw.graph.block_level import Block, Item, Level

_LEAST = 3  # like branches in a block


def like_branches(level: Level) -> list[Item]:
    """Put neighbouring like branches from their own inputs into one merge into one block for each kind: ``city … device``."""
    found: list[Item] = []
    taken: set[str] = set()
    for merge in level.order:
        branches = [_branch(level, source) for source in dict.fromkeys(level.sources[merge])]
        whole = [branch for branch in branches if branch and taken.isdisjoint(branch)]
        for _, group in groupby(whole, key=lambda branch: tuple(level.calls[key].type for key in branch)):
            like = list(group)
            if len(like) >= _LEAST:
                keys = tuple(key for branch in like for key in branch)
                taken.update(keys)
                found.append(Block(f"{level.calls[like[0][0]].label} … {level.calls[like[-1][0]].label}", keys))
    return found


def _branch(level: Level, key: str) -> list[str]:
    """A line of layers from an input up to ``key`` that nothing else enters or leaves; empty if it is not one."""
    branch: list[str] = []
    while len(level.targets[key]) == 1 and len(set(level.sources[key])) <= 1:
        branch.insert(0, key)
        if not level.sources[key]:
            return branch if level.calls[key].kind == "input" else []
        key = level.sources[key][0]
    return []
