"""Describe a growing graph at one moment in plain values: its new and replaced calls, outlines and the failed call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kfx.model.facts import LayerGraph
from kfx.model.mistakes.facts import Mistake


@dataclass(frozen=True)
class Outline:
    """A model marked on the graph that it shares with others: its name and the keys of its calls."""

    name: str
    keys: frozenset[str]


@dataclass(frozen=True)
class FailedNode:
    """A failed call in a graph.

    Attributes:
        key: Key of the call, which is in the graph although Keras made no node of it.
        sources: Keys of other calls that are part of the mistake: a lost input, an array.
        lines: ``(source, output, target)`` of the tensors that clash or whose path breaks.
        mistake: The explanation.
    """

    key: str
    sources: frozenset[str]
    lines: frozenset[tuple[str, int, str]]
    mistake: Mistake


@dataclass(frozen=True)
class SketchState:
    """A growing graph at one moment.

    Attributes:
        graph: All calls that were ever made on the inputs and are still alive.
        new: Keys of calls made since the moment before.
        replaced: Keys of calls that lead to nothing that the user's variables still hold.
        older: Number of calls that were replaced longer ago; they are not in the graph.
        held: Key of a call -> names of the variables that hold its outputs.
        ends: Keys of calls whose outputs no other call takes, without replaced ones.
        nowhere: Keys of calls that lead to nothing: no variable ever held their outputs, or models exist, none needs these
            outputs and the last cell did not add them.
        unused: ``(name, class)`` of layers that a variable holds and that were never called.
        outlines: The marked models.
        refused: The call that has just failed, or None.
    """

    graph: LayerGraph
    new: frozenset[str] = frozenset()
    replaced: frozenset[str] = frozenset()
    older: int = 0
    held: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ends: frozenset[str] = frozenset()
    nowhere: frozenset[str] = frozenset()
    unused: tuple[tuple[str, str], ...] = ()
    outlines: tuple[Outline, ...] = ()
    refused: FailedNode | None = None
