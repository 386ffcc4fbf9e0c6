"""Add the calls and operations of a table to a reading, under the names of the layers of one container."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from fractions import Fraction
from math import ceil, prod
from typing import TYPE_CHECKING, Any, NamedTuple

from kfx.keras_access import internals
from kfx.model.facts import TRACED, Cost, Edge, LayerCall, Tensor
from kfx.model.labels import call_label
from kfx.model.layers.cost import Times, scaled, tensor_bytes
from kfx.model.read.builder import Inside, Level, Place, Reading, Source
from kfx.model.read.inside.table import CallLine, OpLine, Table, TableEdge, weight_read
from kfx.model.read.weights import bits

if TYPE_CHECKING:
    import keras

NOT_CALLED = "not called in the traced run, or called inside a loop"
NEVER_CALLED = "not called in the traced run"
_HIDING = """
    While If Case StatelessWhile StatelessIf StatelessCase PartitionedCall StatefulPartitionedCall EagerPyFunc PyFunc
    PyFuncStateless
"""
_WITH_CODE_INSIDE = frozenset(f"tensorflow.{kind}" for kind in _HIDING.split())


class Readers(NamedTuple):
    """Functions that read the parts of a traced layer that are not traced themselves.

    Attributes:
        graph: Reads the graph of a nested model, given what it is called with.
        untraced: Reads a layer that is not run, given its inputs and outputs.
        listed: Lists layers that were not called; the text says why.
    """

    graph: Callable[[Reading, keras.Function, Level, tuple[Tensor, ...]], Inside]
    untraced: Callable[[Reading, keras.Layer, Level, tuple[Tensor, ...], tuple[Tensor, ...]], Inside | None]
    listed: Callable[[Reading, Iterable[keras.Layer], Level, str], None]


def write_table(reading: Reading, table: Table, op: keras.Layer, level: Level, readers: Readers) -> Inside:
    """Add what one call of a layer does.

    Args:
        reading: The reading to add to.
        table: What the layer, or an equal one, does.
        op: The layer.
        level: The inside of that layer.
        readers: The readers of its parts that are not traced.
    """
    return _Writer(reading, table, op, level, readers).write()


class _Writer:
    """One container while the lines of its table are added."""

    def __init__(self, reading: Reading, table: Table, op: keras.Layer, level: Level, readers: Readers) -> None:
        self.reading, self.table, self.op, self.level, self.readers = reading, table, op, level, readers
        self.order = reading.prints.of(op).layers
        self.keys: list[str] = []
        self.entrances: list[str] = []
        self.reserved: set[str] = set()
        self.called: set[int] = set()

    def write(self) -> Inside:
        reading, table, level = self.reading, self.table, self.level
        level.totals.update(Counter(id(self._layer(line)) for line in table.lines if isinstance(line, CallLine)))
        self.reserved = self._layer_keys()
        reading.keys |= self.reserved
        for name, tensor in table.entrances:
            self._input(reading.place_named(name or "input", level), tensor)
        self.entrances, self.keys = self.keys, []
        for line in table.lines:
            self._call(line) if isinstance(line, CallLine) else self._operation(line)
        rest = [x for x in internals.sublayers(self.op) if id(x) not in self.called and not isinstance(x, reading.input_class)]
        if rest:
            self._list(rest)
        return Inside("model", tuple(self.entrances), tuple(map(self._source, table.exits)), TRACED, tuple(table.names))

    def _list(self, layers: list[keras.Layer]) -> None:
        """Add layers whose calls were not recorded; without a loop or a branch in the code, they are not called."""
        calls, start = self.reading.calls, len(self.reading.calls)
        self.readers.listed(self.reading, layers, self.level, NOT_CALLED)
        if not _hides_calls(self.table):
            for n in range(start, len(calls)):
                note = NEVER_CALLED if calls[n].note == NOT_CALLED else calls[n].note
                calls[n] = replace(calls[n], cost=Cost(0, 0, 0, NEVER_CALLED), note=note)

    def _layer_keys(self) -> set[str]:
        """Return the addresses of the layers called here, which win over those of arguments and operations."""
        level, turns, found = self.level, Counter[int](), set()
        for line in self.table.lines:
            if isinstance(line, CallLine):
                layer = self._layer(line)
                turns[id(layer)] += 1
                label = call_label(str(layer.name), turns[id(layer)], level.totals[id(layer)])
                found.add(label if level.parent is None else f"{level.parent}/{label}")
        return found - self.reading.keys

    def _layer(self, line: CallLine) -> keras.Layer:
        return self.order[line.layer] if isinstance(line.layer, int) else line.layer

    def _source(self, source: tuple[int, int]) -> Source:
        number, output = source
        return (self.keys[number] if number >= 0 else self.entrances[-1 - number]), output

    def _edges(self, edges: Iterable[TableEdge], target: str) -> None:
        self.reading.edges += [Edge(*self._source(edge.source), target, edge.argument) for edge in edges]

    def _input(self, place: Place, tensor: Tensor) -> None:
        """Add an inner input for one tensor that the container receives."""
        cost = Cost(0, 0, tensor_bytes((tensor,)), "moves data only")
        self._write(place, kind="input", type="InputLayer", family="io", outputs=(tensor,), dtype=tensor.dtype, cost=cost)

    def _write(self, place: Place, **facts: Any) -> None:
        self.keys.append(place.key)
        self.reading.calls[place.row] = LayerCall.of(
            key=place.key, path=place.path, name=place.path[-1], parent=self.level.parent, **facts
        )

    def _call(self, line: CallLine) -> None:
        reading, level, op = self.reading, self.level, self._layer(line)
        turn, calls = level.seen.get(id(op), 0) + 1, level.totals[id(op)]
        label = call_label(str(op.name), turn, calls)
        key = label if level.parent is None else f"{level.parent}/{label}"
        if key in self.reserved:
            self.reserved.discard(key)
            reading.keys.discard(key)
        place = reading.place(op, level)
        self.keys.append(place.key)
        self._edges(line.edges, place.key)
        weights = reading.charge(op, level)
        times = None if line.times is None or level.times is None else line.times * level.times
        inside = self._inside(line, op, place.inside(weights, times))
        own = None if line.cost is None else scaled(line.cost, level.times)
        reading.write(place, op, level, line.inputs, line.outputs, weights, line.constants, inside, times=times, own=own)
        self.called.add(id(op))

    def _inside(self, line: CallLine, op: keras.Layer, inner: Level) -> Inside | None:
        function = internals.function_of(op)
        if function is not None:
            return self.readers.graph(self.reading, function, inner, line.inputs)
        if line.inside is not None:
            inner.times = _ratio(inner.times, line.inside.times)
            writer = _Writer(self.reading, line.inside, op, inner, self.readers)
            found = writer.write()
            self.called |= writer.called
            return found
        if internals.tracked_layers(op):
            inner.times = 1
            return self.readers.untraced(self.reading, op, inner, line.inputs, line.outputs)
        return None

    def _operation(self, line: OpLine) -> None:
        place = self.reading.place_named(line.label, self.level, "_", 1)
        self._edges(line.edges, place.key)
        outputs = tuple(line.outputs)
        self._write(
            place,
            kind="op",
            type=line.type,
            family=line.family,
            module="tensorflow",
            settings=(*line.settings, *self._reads(line)),
            inputs=line.inputs,
            outputs=outputs,
            dtype=outputs[0].dtype if outputs else "",
            cost=scaled(replace(line.cost, activation_bytes=_bytes(line)), self.level.times),
            bases=line.bases,
        )

    def _reads(self, line: OpLine) -> list[str]:
        """Return the weights that an operation takes, e.g. ``"weight e.embeddings"``."""
        found = []
        for read in line.reads:
            weight = weight_read(read, self.order)
            owner = self.order[read.layer] if isinstance(read.layer, int) and read.layer else None
            name = str(getattr(weight, "name", "weight"))
            found.append(f"weight {owner.name}.{name}" if owner is not None else f"weight {name}")
        return found


def _hides_calls(table: Table) -> bool:
    """Return whether a table holds an operation with code of its own, the calls in which are not recorded."""
    for line in table.lines:
        if isinstance(line, OpLine):
            if not _WITH_CODE_INSIDE.isdisjoint(line.bases):
                return True
        elif line.inside is not None and _hides_calls(line.inside):
            return True
    return False


def _ratio(times: Times, of: Times) -> Times:
    """Return how often the examples of a recorded call make up those of another call of an equal layer."""
    return None if times is None or not of else Fraction(times) / of


def _bytes(line: OpLine) -> int | None:
    """Return the bytes of an operation's outputs for one example, None when an axis is unknown."""
    total = 0
    for sizes, tensor in zip(line.sizes, line.outputs, strict=True):
        each = bits(tensor.dtype)
        if sizes is None or None in sizes or each is None:
            return None
        total += ceil(prod(sizes) * each / 8)  # type: ignore[arg-type]  # no None among them
    return total
