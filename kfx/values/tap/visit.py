"""What a recorded pass is made of: the calls of layers, the operations between them, and their addresses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from kfx.model.labels import call_label, free_label
from kfx.values.tap.places import Target

if TYPE_CHECKING:
    import keras

    from kfx.model.read.inside.event import Event
    from kfx.model.read.inside.table import OpLine


BESIDE = Target((), "they are computed beside the model's own pass")


@dataclass(frozen=True, slots=True)
class Argument:
    """Placeholder for the missing Input layer of a container without a graph, such as a subclassed model."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """What the code of a layer makes that is no call of a layer: an operation, or the states of a recurrent layer.

    Attributes:
        name: Its label, before others with the same one are told apart.
        type: The operation's name in Keras, e.g. ``"Matmul"``.
        line: The facts of an operation; None for what the reader does not know, such as states.
        bases: The names of TensorFlow's operations that it consists of.
        target: How to find the operation again in another pass, to replace what it returns.
    """

    name: str
    type: str
    line: OpLine | None = None
    bases: tuple[str, ...] = ()
    target: Target = BESIDE


@dataclass(eq=False, slots=True)
class Visit:
    """One call while its model runs.

    Attributes:
        op: The layer or operation.
        call: Its number among the layer's calls in the same container, from 1, in the order in which the graph was built.
        turn: Its number among them, from 1, in the order in which they run.
        outputs: The outputs, in the structure in which the call returned them.
        inner: The calls inside it, in order.
        hidden: Whether it is an inner part of a layer that the graph shows as one, e.g. the query projection of an attention
            layer.
        done: Whether it has returned.
        beside: Whether it was computed beside the model's own pass, so that nothing depends on it.
        event: What the reader needs to name the operations in its container, where these are noted.
    """

    op: keras.Operation | Argument | Made
    call: int
    turn: int = 1
    outputs: object = None
    inner: list[Visit] = field(default_factory=list)
    hidden: bool = False
    done: bool = False
    beside: bool = False
    event: Event | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """A visit with its address, once it is known how often each layer was called."""

    key: str
    path: tuple[str, ...]
    calls: int
    visit: Visit


def name_visits(
    visits: list[Visit],
    path: tuple[str, ...],
    parent: str | None,
    used: set[str],
    found: list[Named],
    known: Container[str],
    given: Mapping[int, str] = MappingProxyType({}),
) -> None:
    """Label the calls of one container by the rule of `kfx.model.labels`; ``given`` holds addresses of parts by identity.

    The address of a layer wins over that of an argument, and both over that of an operation, as for the reader.
    """
    totals = Counter(id(visit.op) for visit in visits)
    prefix = f"{parent}/" if parent is not None else ""
    labels: dict[int, str] = {}
    for visit in sorted(visits, key=_rank):
        if isinstance(visit.op, Made):
            label = free_label(visit.op.name, used, inside=parent, mark="_", first=1)
        else:
            calls = totals[id(visit.op)]
            name = str(visit.op.name)
            first = numbered = call_label(name, visit.call, 2)
            if calls == 1 and (prefix + numbered not in known or prefix + name in known):
                first = name
            label = given.get(id(visit.op)) or free_label(first, used, inside=parent)
        labels[id(visit)] = label
        used.add(prefix + label)
    for visit in visits:
        calls, label = totals[id(visit.op)], labels[id(visit)]
        here = (*path, *(label.split("/") if given else [label]))  # the address of a part may lead through another
        found.append(Named(prefix + label, here, calls, visit))
        name_visits(visit.inner, here, prefix + label, used, found, known)


def _rank(visit: Visit) -> int:
    return isinstance(visit.op, Argument) + 2 * isinstance(visit.op, Made) + (isinstance(visit.op, Made) and not visit.op.line)
