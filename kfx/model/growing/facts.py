"""A growing graph at one moment, in plain values: what is new, replaced, held, loose, outlined, and what was refused."""

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
class Refused:
    """A call that Keras refused, as it stands in a graph.

    Attributes:
        key: Of the refusing call, which is in the graph though Keras made no node of it.
        sources: Keys of other calls that are part of the mistake: a lost input, an array.
        lines: ``(source, output, target)`` of the tensors that clash or whose path breaks.
        mistake: What is wrong, in words.
    """

    key: str
    sources: frozenset[str]
    lines: frozenset[tuple[str, int, str]]
    mistake: Mistake


@dataclass(frozen=True)
class Sketched:
    """The graph at one moment.

    Attributes:
        graph: All that was ever built on the inputs and is still alive.
        new: Keys of calls that were not there at the moment before.
        replaced: Keys of calls that lead to nothing that the user's variables still hold.
        held: Key of a call -> names of the variables that hold its outputs.
        ends: Keys of calls whose outputs nothing takes, replaced ones left out.
        nowhere: Keys of calls that lead to nothing: no variable ever held what they make, or models exist, none needs it and
            the last cell did not add it.
        unused: ``(name, class)`` of layers that a variable holds and that were never called.
        outlines: The marked models.
        refused: The call that Keras refused just now, or None.
    """

    graph: LayerGraph
    new: frozenset[str] = frozenset()
    replaced: frozenset[str] = frozenset()
    held: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ends: frozenset[str] = frozenset()
    nowhere: frozenset[str] = frozenset()
    unused: tuple[tuple[str, str], ...] = ()
    outlines: tuple[Outline, ...] = ()
    refused: Refused | None = None
