"""Find parts that repeat in step: a layer, its norm and activation, again and again."""

from __future__ import annotations

from kfx.draw.graph.block_level import Block, Item, Level, leaves_of
from kfx.draw.graph.folding.naming import block_label
from kfx.draw.graph.folding.runs import with_runs

_LEAST = 4  # layers in a turn whose likes differ in settings or sizes
_PERIOD = 16  # pieces that a turn may have


def with_turns(level: Level, items: list[Item]) -> list[Item]:
    """Make each turn a block where types and wiring repeat in step."""
    parts = _glued(level, items)
    forms = [level.form(part[-1], exact=False) for part in parts]
    exact: list[tuple[object, ...]] = [tuple(map(level.form, part)) for part in parts]
    found: list[Item] = []
    at = 0
    while at < len(parts):
        period, turns, alike = _best_step(level, parts, forms, exact, at)
        if period < 2:  # a line of equal parts stays for `with_runs`
            found += [item for part in parts[at : at + max(turns, 1)] for item in part]
            at += max(turns, 1)
            continue
        shift = max(range(period), key=lambda by: (_agreeing(level, parts, at + by, period, turns - (by > 0)), -by))
        found += [item for part in parts[at : at + shift] for item in part]
        at += shift
        for _ in range(_turns(alike, at, period)):
            turn = [item for part in parts[at : at + period] for item in part]
            found.append(
                Block(block_label(level, turn), tuple(with_runs(level, [leaf for item in turn for leaf in leaves_of(item)])))
            )
            at += period
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


def _best_step(
    level: Level, parts: list[list[Item]], forms: list[tuple[object, ...]], exact: list[tuple[object, ...]], at: int
) -> tuple[int, int, list[tuple[object, ...]]]:
    """``(period, turns, forms)`` that covers most parts from ``at`` on; a turn holds one block at most, and none with a name.

    A turn of one part, or of few layers, counts only where all turns are equal.
    """
    best = (0, 0, 0)
    blocks = size = 0
    chosen = exact
    for period in range(1, min(_PERIOD, (len(parts) - at) // 2) + 1):
        item = parts[at + period - 1][-1]
        size += len(leaves_of(item))
        if isinstance(item, Block):
            blocks += item.repeats == 1
            if item.named or blocks > 1:
                break
        alike = forms if period > 1 and size >= _LEAST else exact
        turns = _turns(alike, at, period)
        if turns > 1 and (turns * period, -period) > best[:2]:
            best, chosen = (turns * period, -period, turns), alike
    return -best[1], best[2], chosen


def _turns(forms: list[tuple[object, ...]], at: int, period: int) -> int:
    turns = 1
    while forms[at + turns * period : at + (turns + 1) * period] == forms[at : at + period]:
        turns += 1
    return turns
