"""Name blocks by what their layers' names share, by their first and last layer, or by the layer in which branches meet."""

from __future__ import annotations

from collections.abc import Sequence
from os.path import commonprefix

from kfx.draw.graph.block_level import TOKEN, Block, Item, Level, leaves_of


def shared_words(names: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Return the words with which all names begin."""
    return tuple(commonprefix(names))  # noqa: RUF071  words are compared, not characters


def beginning(name: str, tokens: int) -> str:
    """Return a name up to the end of some of its words."""
    return name[: list(TOKEN.finditer(name))[tokens - 1].end()]


def block_label(level: Level, items: Sequence[Item]) -> str:
    """Return what items' names share, or the first and last: ``conv_dw_1``, ``block2b … g``, ``conv2d … add_3``."""
    leaves = [leaf for item in items for leaf in leaves_of(item)]
    names = [level.tokens[leaf] for leaf in leaves]
    shared = shared_words(names) if all(names) else ()
    blocks = [item.label for item in items if isinstance(item, Block)]
    if len(items) > 1 and len(blocks) == len(items):
        first, last = (label.split(" … ")[0] for label in (blocks[0], blocks[-1]))
    elif shared and shared[-1].isdigit():
        return beginning(level.calls[leaves[0]].name, len(shared))
    else:
        first, last = level.calls[leaves[0]].label, level.calls[leaves[-1]].label
        merge = residual_end(level, leaves)
        if merge is not None:
            return level.calls[merge].label
    return f"{first} … {_rest(first, last)}"


def residual_end(level: Level, leaves: Sequence[str]) -> str | None:
    """Return the layer in which the branches of a part meet that begins with one tensor; None where it begins with several."""
    own = set(leaves)
    begins = {source for leaf in leaves for source in level.sources[leaf] or [leaf] if source not in own or source == leaf}
    if len(begins) > 1:
        return None
    return next((leaf for leaf in reversed(leaves) if len(level.sources[leaf]) > 1), None)


def _rest(first: str, last: str) -> str:
    words = list(TOKEN.finditer(last))
    common = len(shared_words([tuple(TOKEN.findall(first)), tuple(TOKEN.findall(last))]))
    return last[words[common].start() :] if 0 < common < len(words) else last
