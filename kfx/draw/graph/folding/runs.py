"""Equal neighbours: each line of two or more becomes one block ``×n``; of single layers without weights, four or more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from kfx.draw.graph.block_level import Block, Item, Level
from kfx.draw.graph.folding.naming import block_label

_LEAST_BARE = 4


def with_runs(level: Level, items: Sequence[Item]) -> list[Item]:
    """Put neighbours into one block that are equal and of which each feeds the next alone."""
    found: list[Item] = []
    for _, group in groupby(items, key=level.form):
        for line in _lines(level, list(group)):
            found += [Block(block_label(level, line), tuple(line), len(line))] if len(line) >= _least(level, line[0]) else line
    return found


def _least(level: Level, item: Item) -> int:
    return 2 if isinstance(item, Block) or level.calls[item].own_params else _LEAST_BARE


def _lines(level: Level, equal: list[Item]) -> Iterator[list[Item]]:
    line = equal[:1]
    for item in equal[1:]:
        if level.follows(item, line[-1]):
            line.append(item)
        else:
            yield line
            line = [item]
    yield line
