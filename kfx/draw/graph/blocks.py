"""Find the blocks of a large flat graph, its stages and its repeated parts, by names and by structure.

Calls are put into an order in which each follows its sources. An interval of such an order is convex (no path leaves it and
comes back), so blocks are intervals: the order is cut where the fewest tensors cross (one, at the joints of a trunk) and put
together again where names share a numbered beginning (``conv2_block1_``, ``block2a_``) or where the structure repeats.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from os.path import commonprefix

from kfx.draw.graph.block_level import TOKEN, Block, Item, Level, leaves_of
from kfx.model.facts import LayerGraph

LEAST = 4  # layers in a block
_TINY = 6  # layers in a block that is not worth a fold where there is room
_PERIOD = 16  # pieces that a repeated part may have


def find_blocks(graph: LayerGraph, keys: Sequence[str], most: int) -> list[Item]:
    """Fold the calls of one level to about ``most`` boxes.

    Args:
        graph: The facts.
        keys: The calls of one level: the whole model's, or those directly inside a nested one.
        most: Boxes that the first picture may have.

    Returns:
        Calls and blocks in an order in which each follows its sources. Fewer than ``most`` calls stay as they are.
    """
    level = Level(graph, keys)
    if len(level.order) <= most:
        return list(level.order)
    items = _named(level, level.pieces(), 0)
    items = _repeated(level, items)
    items = _runs(level, items)
    if len(items) > most:
        items = _chunks(level, items, most)
    return _opened(items, most)


def _named(level: Level, pieces: list[tuple[str, ...]], depth: int) -> list[Item]:
    """Put neighbours together whose names begin with the same ``depth + 1`` words and numbers or more."""
    starts = [_shared([level.tokens[key] for key in piece if level.tokens[key]]) for piece in pieces]
    heads = [start[: depth + 1] if len(start) > depth else () for start in starts]
    items: list[Item] = []
    at = 0
    while at < len(pieces):
        end = _end_of_group(level, pieces, heads, at) if heads[at] else at + 1
        members = _shared([start for start, head in zip(starts[at:end], heads[at:end], strict=True) if head])
        items += _group(level, pieces[at:end], members, depth) if members else _bare(level, pieces[at])
        at = end
    return items


def _end_of_group(level: Level, pieces: list[tuple[str, ...]], heads: list[tuple[str, ...]], at: int) -> int:
    """The first piece that is not called like the one at ``at``; unnamed ones between its like, and right after, go with it."""
    end = at + 1
    while end < len(pieces) and next((head for head in heads[end:] if head), ()) == heads[at]:
        end += 1
    closes = end - at > 1 or len(pieces[at]) > 1
    if closes and end < len(pieces) and len(pieces[end]) == 1 and not level.tokens[pieces[end][0]]:
        end += 1  # the activation after a block
    return end


def _group(level: Level, pieces: list[tuple[str, ...]], start: tuple[str, ...], depth: int) -> list[Item]:
    """One block where the common start of the names ends in a number (``conv2``, ``block2a``), else what is in it."""
    layers = [key for piece in pieces for key in piece]
    inner = _named(level, pieces, len(start)) if len(pieces) > 1 else _bare(level, pieces[0])
    if len(layers) < LEAST:
        return list(layers)
    numbered = next((start[:n] for n in range(len(start), depth, -1) if _is_numbered(start[:n])), None)
    if numbered is None:
        return inner
    start = numbered
    nested = any(isinstance(item, Block) and item.named for item in inner)
    members = tuple(_runs(level, inner)) if nested else tuple(layers)
    first = next(level.calls[key].name for key in layers if level.tokens[key][: len(start)] == start)
    return [Block(_beginning(first, len(start)), members, named=True)]


def _is_numbered(start: tuple[str, ...]) -> bool:
    return start[-1].isdigit() or (len(start) > 1 and start[-2].isdigit() and len(start[-1]) == 1)


def _bare(level: Level, piece: tuple[str, ...]) -> list[Item]:
    """A piece that no name holds together: a block where its branches meet, called by the layer in which they do."""
    if len(piece) < LEAST:
        return list(piece)
    merge = next((key for key in reversed(piece) if len(level.sources[key]) > 1), piece[-1])
    return [Block(level.calls[merge].label, piece)]


def _shared(names: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Return the words with which all names begin."""
    return tuple(commonprefix(names))  # noqa: RUF071  words are compared, not characters


def _beginning(name: str, tokens: int) -> str:
    return name[: list(TOKEN.finditer(name))[tokens - 1].end()]


def _repeated(level: Level, items: list[Item]) -> list[Item]:
    """Make each turn a block where types and wiring repeat in step (a layer, its norm and activation, again and again)."""
    parts = _glued(level, items)
    forms = [level.form(part[-1], exact=False) for part in parts]
    found: list[Item] = []
    at = 0
    while at < len(parts):
        period, turns = _best_step(level, parts, forms, at)
        if turns > 1:
            shift = max(range(period), key=lambda by: (_agreeing(level, parts, at + by, period, turns - (by > 0)), -by))
            found += [item for part in parts[at : at + shift] for item in part]
            at += shift
            turns = _turns(forms, at, period)
            for _ in range(turns):
                turn = [item for part in parts[at : at + period] for item in part]
                found.append(Block(_label(level, turn), tuple(leaf for item in turn for leaf in leaves_of(item))))
                at += period
        else:
            found += parts[at]
            at += 1
    return found


def _glued(level: Level, items: list[Item]) -> list[list[Item]]:
    """Each item with the padding before it, which comes and goes with the stride and must not hide a repeat."""
    parts: list[list[Item]] = []
    padding: list[Item] = []
    for item in items:
        if isinstance(item, str) and level.calls[item].type.startswith("ZeroPadding"):
            padding.append(item)
        else:
            parts.append([*padding, item])
            padding = []
    return [*parts, *([item] for item in padding)]


def _agreeing(level: Level, parts: list[list[Item]], at: int, period: int, turns: int) -> int:
    """Count the turns in which all names hold the same number, as ``conv_dw_3`` and ``conv_pw_3_bn`` do."""
    agreeing = 0
    for turn in range(turns):
        items = [item for part in parts[at + turn * period : at + (turn + 1) * period] for item in part]
        names = [{token for token in level.tokens[leaf] if token.isdigit()} for item in items for leaf in leaves_of(item)]
        agreeing += bool(names) and bool(set.intersection(*names))
    return agreeing


def _best_step(level: Level, parts: list[list[Item]], forms: list[tuple[object, ...]], at: int) -> tuple[int, int]:
    """``(period, turns)`` that covers most parts from ``at`` on; a turn holds at most one block and none that has its name."""
    best = (0, 0, 0)
    blocks = size = 0
    for period in range(1, min(_PERIOD, (len(parts) - at) // 2) + 1):
        item = parts[at + period - 1][-1]
        size += len(leaves_of(item))
        if isinstance(item, Block):
            blocks += 1
            if item.named or blocks > 1:
                break
        turns = _turns(forms, at, period)
        if period > 1 and turns > 1 and size >= LEAST:
            best = max(best, (turns * period, -period, turns))
    return -best[1], best[2]


def _turns(forms: list[tuple[object, ...]], at: int, period: int) -> int:
    turns = 1
    while forms[at + turns * period : at + (turns + 1) * period] == forms[at : at + period]:
        turns += 1
    return turns


def _runs(level: Level, items: Sequence[Item]) -> list[Item]:
    """Equal blocks in a row become one ``×n``; so do four or more equal layers."""
    found: list[Item] = []
    for _, group in groupby(items, key=level.form):
        run = list(group)
        block = isinstance(run[0], Block)
        if len(run) >= (2 if block else LEAST):
            found.append(Block(_label(level, run), tuple(run), len(run)))
        else:
            found += run
    return found


def _label(level: Level, items: Sequence[Item]) -> str:
    """Return what items' names share, or the first and last: ``conv_dw_1``, ``block2b … g``, ``conv2d … add_3``."""
    leaves = [leaf for item in items for leaf in leaves_of(item)]
    names = [level.tokens[leaf] for leaf in leaves]
    shared = _shared(names) if all(names) else ()
    blocks = [item.label for item in items if isinstance(item, Block)]
    if len(items) > 1 and len(blocks) == len(items):
        first, last = blocks[0], blocks[-1]
    elif shared and shared[-1].isdigit():
        return _beginning(level.calls[leaves[0]].name, len(shared))
    else:
        first, last = level.calls[leaves[0]].label, level.calls[leaves[-1]].label
        if any(len(level.sources[leaf]) > 1 for leaf in leaves):
            return next(level.calls[leaf].label for leaf in reversed(leaves) if len(level.sources[leaf]) > 1)
    words = list(TOKEN.finditer(last))
    common = len(_shared([tuple(TOKEN.findall(first)), tuple(TOKEN.findall(last))]))
    return f"{first} … {last[words[common].start() :] if 0 < common < len(words) else last}"


def _chunks(level: Level, items: list[Item], most: int) -> list[Item]:
    """The last resort: neighbours in equal numbers."""
    size = -(-len(items) // (most // 2))
    groups = [items[i : i + size] for i in range(0, len(items), size)]
    return [Block(_label(level, group), tuple(group)) if len(group) > 1 else group[0] for group in groups]


def _opened(items: list[Item], most: int) -> list[Item]:
    """Leave out the outer blocks as long as what they hold fits: the finest picture within ``most`` boxes."""
    while blocks := [item for item in items if isinstance(item, Block)]:
        deepest = max(map(_height, blocks))
        opened = [
            m for item in items for m in (item.members if isinstance(item, Block) and _height(item) == deepest else (item,))
        ]
        if len(opened) > most:
            break
        items = opened
    like = Counter(_pattern(block) for block in blocks)
    for block in sorted(blocks, key=lambda block: len(leaves_of(block))):
        fits = len(items) - 1 + len(block.members) <= most
        if fits and len(leaves_of(block)) <= _TINY and block.repeats == 1 and like[_pattern(block)] == 1:
            at = items.index(block)
            items = [*items[:at], *block.members, *items[at + 1 :]]
    return items


def _pattern(block: Block) -> str:
    """The label without its numbers, the same for ``block2a`` and ``block3b … d``."""
    return re.sub(r"\d+[a-z]?\b", "", block.label.split(" … ")[0])


def _height(item: Item) -> int:
    return 1 + max(map(_height, item.members)) if isinstance(item, Block) else 0
