"""Note what the code of layers does in a pass, and name its operations exactly as the reader of graphs names them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from kfx.keras_access import internals
from kfx.keras_access.importing import import_keras
from kfx.keras_access.tensorflow.inlined import functions_inlined
from kfx.keras_access.tensorflow.origins import Operations, RawOp
from kfx.keras_access.tensorflow.tensors import current_graph, is_tensor
from kfx.model.facts import Shape, Tensor
from kfx.model.read.inside.event import Event, Run
from kfx.model.read.inside.fingerprint import Fingerprints
from kfx.model.read.inside.table import CallLine, OpLine
from kfx.model.read.inside.trace import is_transparent
from kfx.model.read.inside.traced import Tables
from kfx.model.read.inside.units import Opened
from kfx.values.tap.places import Place, Places, Target
from kfx.values.tap.visit import Argument, Made, Visit

if TYPE_CHECKING:
    from collections.abc import Callable

SCORES = "scores"  # the label of the softmax of an attention layer, wherever in its code it is
_FUSED = "DotProductAttention"


_CONTROL = frozenset({"While", "StatelessWhile", "If", "StatelessIf", "Case", "StatelessCase"})
At = dict[int, "Place | None"]  # the place of each operation in a container's code, by its identity


class Inside:
    """The operations of one pass, in the containers that are noted."""

    def __init__(self, op: Any, args: Any, kwargs: Any) -> None:
        graph = current_graph()
        self.operations = Operations(in_graph=graph)
        self.run = Run(Event(op, args, kwargs), self.operations, graph)
        self.run.event.run = self.run
        self._eager = graph is None
        self._tables = Tables(Fingerprints(), _facts, costs=False)

    @contextlib.contextmanager
    def noting(self, current: Callable[[], Event | None]) -> Iterator[None]:
        """Note operations in the block, each in the event that ``current`` returns; `tf.function`s are part of the code."""

        def into() -> list[RawOp] | None:
            event = current()
            return event.ops if event is not None and event.opened else None

        with functions_inlined(), self.operations.noting((), into):
            yield

    def enter(self, visit: Visit, args: Any, kwargs: Any, *, opened: bool) -> None:
        """Note that a call begins; ``opened`` says whether the operations in it are noted."""
        told = {name: value for name, value in kwargs.items() if name != "training"}
        visit.event = Event(visit.op, args, told, opened=opened, run=self.run)
        if opened and self._eager:
            self.operations.take(self._tensors((args, kwargs)))

    def leave(self, visit: Visit, outputs: Any, around: Event | None) -> None:
        """Note that a call returned, in the container ``around`` if that is noted."""
        assert visit.event is not None
        visit.event.outputs, visit.event.number = outputs, self.operations.count
        if around is not None and around.opened:
            around.events.append(visit.event)
            if self._eager:
                self.operations.take(self._tensors(outputs))

    def add_operations(self, visit: Visit) -> None:
        """Add to the noted containers the operations between the calls, in the order in which the code made them."""
        for one in visit.inner:
            self.add_operations(one)
        event = visit.event
        if event is None or not event.opened or not visit.done:
            return
        event.opened = False  # once
        places = Places()
        at = {id(op): places.of(op) for op in event.ops}
        found = self._tables.opened(event)
        calls = iter([inner for inner in visit.inner if inner.event is not None])
        hidden = visit.hidden or not is_transparent(visit.op)
        inner = [one for one in visit.inner if isinstance(one.op, Argument)]
        for line in found.table.lines:
            if isinstance(line, CallLine):
                inner.append(next(calls))
                continue
            values = found.values(line)
            made = Made(line.label, line.type, line, line.bases, _target(found, line, at))
            inner.append(Visit(made, 1, outputs=values[0] if len(values) == 1 else tuple(values), hidden=hidden, done=True))
        inner += [one for one in visit.inner if isinstance(one.op, Made)]
        visit.inner = [*inner, *self._scores(visit, found, inner, at)]

    def _scores(self, visit: Visit, found: Opened, inner: list[Visit], at: At) -> Iterator[Visit]:
        """Yield the scores of an attention layer under one name, on every path that its code may take."""
        attends = any("attention" in cls.__name__.lower() for cls in type(visit.op).__mro__)
        softmax = import_keras().layers.Softmax
        for one in inner:
            op, x = one.op, one.outputs
            target = Target((), "it is the output of a layer; patch that layer")
            if isinstance(op, Made) and op.type == _FUSED and op.line is not None:
                made = found.inner(op.line, "Softmax")
                if made is None:
                    continue
                x, target = made.outputs[0], _target_of([(made, made.outputs[0])], at)
            elif attends and isinstance(op, Made) and op.type == "Softmax":
                target = op.target
            elif not (attends and isinstance(op, softmax)):
                continue
            if is_tensor(x) and len(x.shape) > 2:  # type: ignore[attr-defined]  # a tensor has a shape
                scores = Made(SCORES, "Softmax", bases=("tensorflow.Softmax",), target=target)
                yield Visit(scores, 1, outputs=x, hidden=True, done=True)

    @staticmethod
    def _tensors(structure: Any) -> list[Any]:
        return [x for x in import_keras().tree.flatten(structure) if is_tensor(x)]


def _target(found: Opened, line: OpLine, at: At) -> Target:
    return _target_of([(found.maker(line, x), x) for x in found.values(line)], at)


def _target_of(made: list[tuple[RawOp | None, Any]], at: At) -> Target:
    """Return how to find the operation behind some tensors again, to replace them."""
    op = made[0][0] if made else None
    if any(other is not op for other, _ in made):
        return Target((), "several operations of TensorFlow's make them")
    place = at.get(id(op))
    if op is None or place is None:
        return Target((), "no operation of the layer's code makes them from data")
    if op.type in _CONTROL:
        return Target((), "TensorFlow runs a loop or a branch there")
    return Target(tuple(next(n for n, y in enumerate(op.outputs) if y is x) for _, x in made), "", place)


def _facts(shape: Shape | None, dtype: str, name: str) -> Tensor:
    return Tensor(shape, dtype, name)


def is_drawn_opened(op: Any) -> bool:
    """Return whether the graph shows what the code of a layer does, not only the layer."""
    return internals.function_of(op) is None and is_transparent(op)
