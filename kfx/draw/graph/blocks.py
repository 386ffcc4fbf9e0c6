"""Find the blocks of one level of a graph, its stages and its repeated parts, by names and by structure.

Calls are put into an order in which each follows its sources. An interval of such an order is convex (no path leaves it and
comes back), so blocks are intervals: the order is cut where the fewest tensors cross (one, at the joints of a trunk) and put
together again where names share a numbered beginning (``conv2_block1_``, ``block2a_``) or where the structure repeats. Which
blocks there are does not depend on how long a chain is; how many are shown at first does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kfx.draw.graph.block_level import Block, Facts, Item, Level, leaves_of
from kfx.draw.graph.folding.branches import like_branches
from kfx.draw.graph.folding.finest import finest
from kfx.draw.graph.folding.naming import beginning, block_label, residual_end, shared_words
from kfx.draw.graph.folding.rhythm import with_turns
from kfx.draw.graph.folding.runs import with_runs
from kfx.draw.graph.folding.stages import Pair, find_stages, long_skips, paired_calls
from kfx.model.facts import LayerGraph
from kfx.model.walk import depth_first

LEAST = 4  # layers in a block
_MOST_ENDS = 16  # inputs and outputs that stay outside of blocks


def find_blocks(graph: LayerGraph, keys: Sequence[str], most: int, facts: Facts | None = None) -> list[Item]:
    """Fold the calls of one level to about ``most`` boxes; a line of equal neighbours is one block however short it is.

    Args:
        graph: The facts.
        keys: The calls of one level: the whole model's, or those directly inside a nested one.
        most: Boxes that the first picture may have.
        facts: Those of the graph, if they are there already.

    Returns:
        Calls and blocks in an order in which each follows its sources.
    """
    whole = Level(facts or Facts(graph), keys)
    aside: list[Item] = list(_inputs(whole)) or like_branches(whole)
    level = whole.part(set(whole.order) - {leaf for item in aside for leaf in leaves_of(item)})
    found = (find_stages(level, _folded) if level.grows() else []) or _folded(level)
    items = _in_order(whole, keys, [*aside, *_with_outputs_outside(level, found)])
    items = _without_ends_of_skips(whole, with_runs(whole, finest(items, most)))
    return _chunks(whole, items, most) if len(items) > most else items


def find_pairs(facts: Facts, keys: Sequence[str]) -> list[Pair]:
    """Return the calls at the ends of each level of a U, the outermost first; nothing where the level is none."""
    whole = Level(facts, keys)
    return paired_calls(whole.part(set(whole.order) - set(_inputs(whole))))


def _inputs(level: Level) -> list[str]:
    """The inputs that stay visible; none where there are too many."""
    inputs = [key for key in level.order if level.calls[key].kind == "input"]
    return inputs if len(inputs) <= _MOST_ENDS else []


def _folded(level: Level) -> list[Item]:
    return with_runs(level, with_turns(level, _named(level, level.pieces(), 0)))


def _with_outputs_outside(level: Level, items: Sequence[Item]) -> list[Item]:
    """Take the model's outputs out of blocks, but not out of a line of equal parts, which may end in one."""
    outputs = level.made.intersection(level.order)
    if len(outputs) > _MOST_ENDS:
        return list(items)

    def parted(item: Item) -> list[Item]:
        inside = outputs.intersection(leaves_of(item)) if isinstance(item, Block) and item.repeats == 1 else set()
        if not isinstance(item, Block) or not inside:
            return [item]
        members = [part for member in item.members for part in parted(member)]
        own = set(leaves_of(item))
        if any(level.targets[key] & own for key in inside):
            return members
        kept = [member for member in members if member not in inside]
        outer = [member for member in members if member in inside]
        return [*([replace(item, members=tuple(kept))] if len(kept) > 1 else kept), *outer]

    return [part for item in items for part in parted(item)]


def _in_order(level: Level, keys: Sequence[str], items: Sequence[Item]) -> list[Item]:
    """The items, each after all that feed it and else by their first call."""
    place = {key: i for i, key in enumerate(keys)}
    holder = {leaf: item for item in items for leaf in leaves_of(item)}
    starts = sorted(items, key=lambda item: min(place[leaf] for leaf in leaves_of(item)))

    def needed_by(item: Item) -> list[Item]:
        found = {id(holder[s]): holder[s] for leaf in leaves_of(item) for s in level.sources[leaf] if s in holder}
        return [other for other in found.values() if other is not item]

    return depth_first(starts, needed_by, lambda item: leaves_of(item)[0])


def _without_ends_of_skips(level: Level, items: Sequence[Item]) -> list[Item]:
    """Leave out every block that holds both ends of a long skip."""
    skips = long_skips(level) if level.grows() else []

    def split(item: Item) -> list[Item]:
        leaves = set(leaves_of(item))
        if isinstance(item, Block) and any(a in leaves and b in leaves for a, b in skips):
            return [part for member in item.members for part in split(member)]
        return [item]

    return [part for item in items for part in split(item)]


def _chunks(level: Level, items: list[Item], most: int) -> list[Item]:
    """The last resort: neighbours in equal numbers; inputs and outputs stay outside where there are few of them."""
    ends = [i for i in items if isinstance(i, str) and (i in level.made or level.calls[i].kind == "input")]
    outer = set(ends) if len(ends) <= _MOST_ENDS else set()
    size = -(-len(items) // (most // 2))
    groups: list[list[Item]] = []
    for item in items:
        alone = item in outer
        if groups and not alone and len(groups[-1]) < size and groups[-1][-1] not in outer:
            groups[-1].append(item)
        else:
            groups.append([item])
    return [Block(block_label(level, group), tuple(group)) if len(group) > 1 else group[0] for group in groups]


def _named(level: Level, pieces: list[tuple[str, ...]], depth: int) -> list[Item]:
    """Put neighbours together whose names begin with the same ``depth + 1`` words and numbers or more."""
    starts = [shared_words([level.tokens[key] for key in piece if level.tokens[key]]) for piece in pieces]
    heads = [start[: depth + 1] if len(start) > depth else () for start in starts]
    items: list[Item] = []
    at = 0
    while at < len(pieces):
        end = _end_of_group(level, pieces, heads, at) if heads[at] else at + 1
        members = shared_words([start for start, head in zip(starts[at:end], heads[at:end], strict=True) if head])
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
        after = level.calls[pieces[end][0]]
        end += not after.own_params and after.family not in ("pool", "io")  # the activation after a block
    return end


def _group(level: Level, pieces: list[tuple[str, ...]], start: tuple[str, ...], depth: int) -> list[Item]:
    """One block where the common start of the names ends in a number (``conv2``, ``block2a``), else what is in it."""
    layers = [key for piece in pieces for key in piece]
    inner = _named(level, pieces, len(start)) if len(pieces) > 1 else _bare(level, pieces[0])
    if len(layers) < LEAST:
        return with_runs(level, layers)
    numbered = next((start[:n] for n in range(len(start), depth, -1) if _is_numbered(start[:n])), None)
    if numbered is None:
        return inner
    start = numbered
    nested = any(isinstance(item, Block) and item.named for item in inner)
    members = with_runs(level, inner if nested else layers)
    members = members if nested or len(members) > 1 else list(layers)
    first = next(level.calls[key].name for key in layers if level.tokens[key][: len(start)] == start)
    return [Block(beginning(first, len(start)), tuple(members), named=True)]


def _is_numbered(start: tuple[str, ...]) -> bool:
    return start[-1].isdigit() or (len(start) > 1 and start[-2].isdigit() and len(start[-1]) == 1)


def _bare(level: Level, piece: tuple[str, ...]) -> list[Item]:
    """A piece that no name holds together: a block where its branches meet, called by the layer in which they do."""
    if len(piece) < LEAST:
        return list(piece)
    merge = residual_end(level, piece)
    label = block_label(level, piece) if merge is None else level.calls[merge].label
    return [Block(label, tuple(with_runs(level, piece)))]
