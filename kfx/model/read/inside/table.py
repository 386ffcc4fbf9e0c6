"""What one call of a layer does, as a table: calls of layers and operations, with edges, for every layer that does the same.

Layers are named by their number in the order of `Fingerprint.layers`, so that the table of one block serves all equal blocks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from kfx.keras_access import internals
from kfx.keras_access.contents import PLAIN
from kfx.keras_access.tensorflow.sizes import Sizes
from kfx.model.facts import Cost, Tensor

Source = tuple[int, int]  # a line's number (an input's: -1 for the first, -2 ...), and which of its outputs


class TableEdge(NamedTuple):
    """A tensor that a line takes: who makes it, and in which argument it is."""

    source: Source
    argument: str


class Read(NamedTuple):
    """A weight that an operation takes directly: the layer that holds it and its number among that layer's own weights."""

    layer: int | Any
    weight: int


@dataclass(eq=False)
class CallLine:
    """One call of a layer.

    Attributes:
        layer: Its number, or the layer itself if it is not part of the container.
        inputs: The tensors it receives.
        outputs: The tensors it returns.
        constants: Its other arguments, ``(argument, value)``.
        edges: Where its tensors come from.
        times: How many of its examples make one of the model's; None if unknown.
        inside: What it does inside, if that was recorded.
        cost: What the operations of its own code cost, if it is one line for all of them.
    """

    layer: int | Any
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    constants: list[tuple[str, Any]]
    edges: list[TableEdge]
    times: int | None = 1
    inside: Table | None = None
    cost: Cost | None = None


@dataclass(eq=False)
class OpLine:
    """One operation in the layer's own code.

    Attributes:
        type: Its name in Keras, e.g. ``"Matmul"``.
        label: Its name as a layer's would be, e.g. ``"matmul"``.
        inputs: The tensors it takes, weights among them.
        edges: Where those come from that are no weights.
        reads: The weights among them.
        settings: Its constant arguments.
        cost: For one example of the model.
        family: One of `kfx.model.facts.FAMILIES`.
        bases: The names of TensorFlow's operations that it consists of.
        outputs: The tensors that others take.
        sizes: Their sizes for one example of the container.
    """

    type: str
    label: str
    inputs: tuple[Tensor, ...]
    edges: list[TableEdge]
    reads: list[Read]
    settings: tuple[str, ...]
    cost: Cost
    family: str
    bases: tuple[str, ...]
    outputs: list[Tensor] = field(default_factory=list)
    sizes: list[Sizes | None] = field(default_factory=list)


@dataclass(eq=False)
class Table:
    """The inside of one call of a layer.

    Attributes:
        entrances: The tensors it receives, each with the name of its argument.
        lines: Calls and operations, each after all that it needs.
        exits: Who makes its outputs.
        names: The dict key of each output, or ``""``.
        times: How many of its examples make one of the model's; None if unknown.
    """

    entrances: list[tuple[str, Tensor]]
    lines: list[CallLine | OpLine] = field(default_factory=list)
    exits: list[Source] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    times: int | None = 1

    @property
    def is_portable(self) -> bool:
        """Return whether no line holds a layer, a weight or another object, so that the table can outlive its model."""
        for line in self.lines:
            if isinstance(line, OpLine):
                if not all(isinstance(read.layer, int) for read in line.reads):
                    return False
            elif (
                not isinstance(line.layer, int)
                or not (line.inside is None or line.inside.is_portable)
                or not PLAIN.issuperset([type(value) for _, value in line.constants])
            ):
                return False
        return True

    def sort(self, turns: Sequence[int]) -> None:
        """Put the lines in the order in which the code made them; ``turns`` has a number for each that grows in that order."""
        order = sorted(range(len(self.lines)), key=lambda n: (turns[n], n))
        places = {n: place for place, n in enumerate(order)}
        if any(places.get(edge.source[0], -1) >= places[n] for n, line in enumerate(self.lines) for edge in line.edges):
            return  # a line would come before what it needs

        def moved(source: Source) -> Source:
            return places.get(source[0], source[0]), source[1]

        for line in self.lines:
            line.edges = [edge._replace(source=moved(edge.source)) for edge in line.edges]
        self.exits = list(map(moved, self.exits))
        self.lines = [self.lines[n] for n in order]


def once(reads: Iterable[Read]) -> list[Read]:
    """Return weights that operations take, each once."""
    return list({(r.layer if isinstance(r.layer, int) else id(r.layer), r.weight): r for r in reads}.values())


def weight_read(read: Read, order: tuple[Any, ...]) -> Any:
    """Return the weight that an operation takes, in the container whose layers are given."""
    return internals.own_weights_of(order[read.layer])[read.weight] if isinstance(read.layer, int) else read.layer
