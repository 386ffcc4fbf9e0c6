"""Find the blocks of a large flat graph: its stages, its repeated parts, its branches that part and meet again."""

from __future__ import annotations

from dataclasses import dataclass

from kfx.graph.facts import LayerGraph


@dataclass(frozen=True, slots=True)
class Block:
    """Layers that stand together: an interval of an order in which every layer follows its sources."""

    label: str
    members: tuple[Block | str, ...]
    repeats: int = 1


def find_blocks(graph: LayerGraph, keys: list[str], most: int) -> list[Block | str]:
    """Fold the calls of one level into at most about ``most`` boxes."""
    return list(keys)
