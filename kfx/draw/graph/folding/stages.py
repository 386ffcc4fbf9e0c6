"""Find a U in one level of a graph: an encoder, a decoder, and long skips that pair their stages."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kfx.draw.graph.block_level import Block, Item, Level
from kfx.draw.graph.folding.naming import beginning, shared_words

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Part:
    """A stretch of the trunk: a stage, or with the role ``""`` calls between two stages."""

    role: str
    number: int
    keys: tuple[str, ...]


def find_stages(level: Level, fold: Callable[[Level], list[Item]]) -> list[Item]:
    """Return the stages of a U and what changes the size between them; nothing if the level is no U.

    Args:
        level: The calls.
        fold: Finds the blocks inside a stage.
    """
    trunk, pairs = _trunk_and_pairs(level)
    if len(pairs) < 2:
        return []
    parts = [part for part in _parts(level, trunk, pairs) if part.keys]
    held = _with_side_calls(level, parts)
    outside = [key for key in level.order if not any(key in keys for keys in held)]
    named = _own_names(level, parts, held)
    return [
        *outside,
        *(item for part, keys in zip(parts, held, strict=True) for item in _items(level, part, keys, named, fold)),
    ]


def paired_calls(level: Level) -> list[Pair]:
    """Return the ends of the nested long skips of a level, the outermost first; nothing where it is no U."""
    trunk, pairs = _trunk_and_pairs(level)
    return [(trunk[a], trunk[b]) for a, b in pairs] if len(pairs) > 1 else []


def _with_side_calls(level: Level, parts: Sequence[_Part]) -> list[list[str]]:
    """The keys of each part with the calls beside the trunk that feed it alone."""
    part_of = {key: n for n, part in enumerate(parts) for key in part.keys}
    for key in reversed(level.order):
        fed = {part_of.get(target, -1) for target in level.targets[key]}
        if key not in part_of and len(fed) == 1 and parts[min(fed)].role and min(fed) >= 0:
            part_of[key] = fed.pop()
    return [[key for key in level.order if part_of.get(key) == n] for n in range(len(parts))]


def _own_names(level: Level, parts: Sequence[_Part], held: Sequence[Sequence[str]]) -> dict[tuple[str, int], str]:
    """The words that the layers of each stage share; nothing if those of some stage do not."""
    found = {}
    for part, keys in zip(parts, held, strict=True):
        if part.role and len(keys) > 1:
            words = shared_words([level.tokens[key] for key in keys])
            if not words:
                return {}
            found[part.role, part.number] = beginning(level.calls[keys[0]].name, len(words))
    return found if len(set(found.values())) == len(found) else {}


def _items(
    level: Level, part: _Part, keys: list[str], named: dict[tuple[str, int], str], fold: Callable[[Level], list[Item]]
) -> list[Item]:
    if not part.role or len(keys) == 1:
        return list(keys)
    label = f"{part.role} {part.number}" if part.number else part.role
    return [Block(named.get((part.role, part.number), label), tuple(fold(level.part(keys))), stage=part.number or -1)]


def long_skips(level: Level) -> list[Pair]:
    """Return the edges and side paths of the trunk that jump over smaller sizes, as ``(from, to)``."""
    trunk = longest_path(level, level.order)
    return [(trunk[a], trunk[b]) for a, b in _long(level, trunk)]


def _trunk_and_pairs(level: Level) -> tuple[list[str], list[tuple[int, int]]]:
    """The path of pictures, or else the longest of all, and the ends of its nested long skips."""
    trunk = longest_path(level, [key for key in level.order if max(spatial(level, key), default=1) > 1])
    pairs = _nested(_long(level, trunk))
    if len(pairs) < 2:
        trunk = longest_path(level, level.order)
        pairs = _nested(_long(level, trunk))
    return trunk, pairs


def longest_path(level: Level, keys: Sequence[str]) -> list[str]:
    """Return the calls on one longest path through some of a level's calls, sources first."""
    length: dict[str, int] = {}
    back: dict[str, str] = {}
    for key in keys:
        before = max((source for source in level.sources[key] if source in length), key=length.__getitem__, default=None)
        length[key] = 0 if before is None else length[before] + 1
        if before is not None:
            back[key] = before
    if not length:
        return []
    path = [max(keys, key=length.__getitem__)]
    while path[-1] in back:
        path.append(back[path[-1]])
    return path[::-1]


def spatial(level: Level, key: str) -> tuple[int, ...]:
    """Return an output's axes between batch and channels; ``()`` where there are none or one is unknown."""
    shape = level.calls[key].outputs[0].shape if level.calls[key].outputs else None
    axes = () if shape is None else shape[1:-1]
    return () if None in axes else axes  # type: ignore[return-value]


def _long(level: Level, trunk: Sequence[str]) -> list[tuple[int, int]]:
    place = {key: i for i, key in enumerate(trunk)}
    sizes = [spatial(level, key) for key in trunk]
    found = set()
    for b, key in enumerate(trunk):
        a = min((a for source in level.sources[key] for a in _beginnings(level, source, place, b - 1)), default=b)
        if a < b - 1 and sizes[b] and len(sizes[a]) == len(sizes[b]) and _dips(sizes[a : b + 1]):
            found.add((a, b))
    return sorted(found)


def _dips(sizes: Sequence[tuple[int, ...]]) -> bool:
    """True if all ends are larger than some size between them that is not a single place, as a mean over all would be."""
    least = min(sizes[0], sizes[-1])
    return any(size and max(size) > 1 and len(size) == len(least) and size < least for size in sizes[1:-1]) and all(
        a >= b for a, b in zip(sizes[0], sizes[-1], strict=True)
    )


def _beginnings(level: Level, key: str, place: dict[str, int], before: int) -> list[int]:
    """Places on the trunk from which side paths lead to a call; the trunk's own step is left out."""
    todo, seen, found = [key], {key}, []
    while todo:
        at = todo.pop()
        if at in place:
            found += [place[at]] if place[at] != before else []
            continue
        fresh = [source for source in level.sources[at] if source not in seen]
        seen.update(fresh)
        todo += fresh
    return found


def _nested(skips: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Those that nest like brackets, the outermost first."""
    nest: list[tuple[int, int]] = []
    for pair in skips:
        if not nest or (nest[-1][0] < pair[0] and pair[1] < nest[-1][1]):
            nest.append(pair)
    return nest


def _parts(level: Level, trunk: Sequence[str], pairs: Sequence[tuple[int, int]]) -> list[_Part]:
    """Cut the trunk into stages, and the calls between them that only change the size: down and up."""
    downs, ups = [a + 1 for a, _ in pairs], [b for _, b in pairs[::-1]]
    found: list[_Part] = []
    for number, (start, end) in enumerate(itertools.pairwise([0, *downs]), 1):
        found += _cut(level, trunk, "encoder", number, start, end, down=number > 1)
    *before, bottom = _cut(level, trunk, "bottleneck", 0, downs[-1], ups[0], down=True)
    found += before
    tail = bottom.keys
    for number, (start, end) in zip(range(len(pairs), -1, -1), itertools.pairwise([*ups[:1], *ups, len(trunk)]), strict=True):
        keys = (*tail, *trunk[start:end])
        role = "bottleneck" if start == end else "decoder"
        at = max((i for i, key in enumerate(keys) if number and _changes(level, key, 1)), default=len(keys))
        tail = keys[at + 1 :]
        shown = 0 if role == "bottleneck" else number + 1
        found += [_Part(role, shown, keys[:at]), _Part("", 0, keys[at : at + 1])]
    return found


def _cut(level: Level, trunk: Sequence[str], role: str, number: int, start: int, end: int, *, down: bool) -> list[_Part]:
    """The calls before the one that makes the size smaller, that one, and the stage after it."""
    at = next((i for i in range(start, end) if down and _changes(level, trunk[i], -1)), start - 1)
    before = [_Part("", 0, tuple(trunk[start:at])), _Part("", 0, (trunk[at],))] if at >= start else []
    return [*before, _Part(role, number, tuple(trunk[at + 1 : end]))]


def _changes(level: Level, key: str, sign: int) -> bool:
    """True for a layer that makes its input larger (1) or smaller (-1) and little else."""
    call = level.calls[key]
    if call.family != "pool" and "Transpose" not in call.type:
        return False
    given = call.inputs[0].shape if call.inputs else None
    before = [axis for axis in (given or ())[1:-1] if axis is not None]
    after = list(spatial(level, key))
    return len(before) == len(after) > 0 and (after > before if sign > 0 else after < before)
