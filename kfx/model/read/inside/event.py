"""One recorded run of a layer: the calls that it made, and the operations between them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from kfx.keras_access.tensorflow.origins import Operations, RawOp
from kfx.model.facts import Cost
from kfx.model.read.inside.table import Table


@dataclass(eq=False)
class Event:
    """One call of one layer during a run.

    Attributes:
        op: The layer.
        args: Its positional arguments.
        kwargs: Its keyword arguments.
        outputs: What it returned.
        events: The calls that it made in turn.
        opened: Whether the calls inside were recorded.
        twin: An earlier call of an equal layer with equal arguments, which was run in its place.
        training: As Keras resolved it: given, else of the layer around, else the default.
        run: The run that it is part of; None for a call of an earlier reading.
        number: The number of operations that were made until it returned.
        table: What it does inside, once that was made of it.
        cost: What the operations of its code cost, likewise.
        ops: The operations of its own code, where a pass keeps them.
    """

    op: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    outputs: Any = None
    events: list[Event] = field(default_factory=list)
    opened: bool = False
    twin: Event | None = None
    training: object = None
    run: Run | None = None
    number: int = 0
    table: Table | None = None
    cost: Cost | None = None
    ops: list[RawOp] = field(default_factory=list)


@dataclass(eq=False)
class Run:
    """One run of a layer.

    Attributes:
        event: The call of the layer.
        operations: The operations that the run made.
        graph: The scratch graph, or None for a run with data.
        stand_ins: The tensors that stand for weights which do not exist yet, with the weight, by the tensor's identity.
    """

    event: Event
    operations: Operations
    graph: Any = None
    stand_ins: dict[int, tuple[Any, Any]] = field(default_factory=dict)
