"""Choose the finest picture that has room: leave out the outer blocks as long as what they hold fits."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from kfx.draw.graph.block_level import Block, Item, leaves_of

_TINY = 6  # layers in a block that is not worth a fold where there is room


def finest(items: Sequence[Item], most: int) -> list[Item]:
    """Leave out blocks within ``most`` boxes: the outermost first, all that are alike together, then tiny single ones.

    Lines of equal parts, their likes beside them, and the stages of a U stay.
    """
    found = list(items)
    while True:
        kept = {_pattern(block) for item in found for block in _repeated(item)}
        loose = [b for b in found if isinstance(b, Block) and b.repeats == 1 and not b.stage and _pattern(b) not in kept]
        if not loose:
            return found
        deepest = max(map(_height, loose))
        outer = {id(block) for block in loose if _height(block) == deepest}
        opened = [m for item in found for m in (item.members if id(item) in outer else (item,))]  # type: ignore[union-attr]
        if len(opened) > most:
            return _without_tiny(found, loose, most)
        found = opened


def _without_tiny(found: list[Item], loose: Sequence[Block], most: int) -> list[Item]:
    like = Counter(_pattern(block) for block in loose)
    for block in sorted(loose, key=lambda block: len(leaves_of(block))):
        fits = len(found) - 1 + len(block.members) <= most
        if fits and len(leaves_of(block)) <= _TINY and like[_pattern(block)] == 1:
            at = found.index(block)
            found = [*found[:at], *block.members, *found[at + 1 :]]
    return found


def _repeated(item: Item) -> list[Block]:
    """The parts of a line of equal blocks."""
    return [m for m in item.members if isinstance(m, Block)][:1] if isinstance(item, Block) and item.repeats > 1 else []


def _pattern(block: Block) -> str:
    """The label without its numbers, the same for ``block2a`` and ``block3b … d``."""
    return re.sub(r"\d+[a-z]?\b", "", block.label.split(" … ")[0])


def _height(item: Item) -> int:
    """Blocks in blocks; a line of equal parts is as high as one layer."""
    return 1 + max(map(_height, item.members)) if isinstance(item, Block) and item.repeats == 1 else 0
