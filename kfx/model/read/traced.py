"""Turn a recorded run into calls and edges; the TensorFlow operations between the layers become edges or boxes.

A chain of raw operations from one tensor to one layer is an edge with ``via``; one where several tensors meet (``x + y``) is
a call of its own, and so are an activation, a mean and their like, and the last one before an output.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from kfx.keras_access import internals
from kfx.keras_access.arguments import argument_leaves
from kfx.keras_access.tensorflow.origins import GraphOrigins, Origins, RawOp
from kfx.model.facts import Cost, Edge, LayerCall, Tensor
from kfx.model.layers.arguments import text_of
from kfx.model.layers.cost import tensor_bytes
from kfx.model.layers.registry import operation
from kfx.model.layers.words import merges_several
from kfx.model.read.builder import Inside, Level, Place, Reading, Source
from kfx.model.read.raw_ops import argument_of, cost_of_raw, is_plumbing, is_shown, only_shape, word_for
from kfx.model.read.trace import Event

if TYPE_CHECKING:
    import keras

NOT_CALLED = "not called in the traced run, or called inside a loop"
Found = tuple[Source, tuple[str, ...]]  # the call that made a tensor, and the raw operations since


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


def read_event(reading: Reading, event: Event, level: Level, readers: Readers, origins: Origins | None = None) -> Inside:
    """Add the calls that one call of a layer made.

    Args:
        reading: The reading to add to.
        event: The recorded call.
        level: The inside of that layer.
        readers: The readers of its parts that are not traced.
        origins: The operations of a real run; without them, the tensors are those of a TensorFlow graph.
    """
    return _Inside(reading, event, level, readers, origins or GraphOrigins()).read()


class _Inside:
    """One container of a trace while it is read."""

    def __init__(self, reading: Reading, event: Event, level: Level, readers: Readers, origins: Origins):
        import tensorflow as tf

        self.tf, self.reading, self.event, self.level = tf, reading, event, level
        self.readers, self.origins = readers, origins
        self.made: dict[int, Found | None] = {}  # by identity of a tensor of this level
        self.alive: list[Any] = []  # keeps tensors, whose identities are keys

    def read(self) -> Inside:
        event, level = self.event, self.level
        entrances = [self._input(where, x) for where, x in self._tensors(event.args, event.kwargs, event.op)]
        level.totals.update(Counter(id(inner.op) for inner in event.events))
        for inner in event.events:
            self._call(inner)
        made = [(internals.name_in_path(path), x) for path, x in internals.leaves(event.outputs) if self._is_tensor(x)]
        exits = [self._output(x) for _, x in made]
        called = _called(event)
        rest = [x for x in internals.sublayers(event.op) if id(x) not in called and not isinstance(x, self.reading.input_class)]
        if rest:
            self.readers.listed(self.reading, rest, level, NOT_CALLED)
        return Inside("model", tuple(entrances), tuple(exits), "traced", tuple(name for name, _ in made))

    # ---- calls

    def _input(self, where: str, x: Any) -> str:
        """Add an inner input for one tensor that the container receives; return its key."""
        place, tensor = self.reading.place_named(where or "input", self.level), self._facts(x, "")
        self._write(
            place,
            kind="input",
            type="InputLayer",
            family="io",
            outputs=(tensor,),
            dtype=tensor.dtype,
            cost=Cost(0, 0, tensor_bytes((tensor,)), "moves data only"),
        )
        self._made(x, (place.key, 0))
        return place.key

    def _write(self, place: Place, **facts: Any) -> None:
        self.reading.calls[place.row] = LayerCall(
            key=place.key, path=place.path, name=place.path[-1], parent=self.level.parent, **facts
        )

    def _call(self, event: Event) -> None:
        op, level, reading = event.op, self.level, self.reading
        arguments = [*internals.leaves(event.args), *internals.leaves(event.kwargs)]
        given = [(where, x, self._source(x)) for where, x in arguments if self._is_tensor(x)]
        counts = type(op).__name__ == "GetItem"  # of x[:, None] the None counts
        constants = [(where, x) for where, x in arguments if not self._is_tensor(x) and (x is not None or counts)]
        place = reading.place(op, level)
        reading.edges += [Edge(*found[0], place.key, where, found[1]) for where, _, found in given if found is not None]
        inputs = tuple(self._facts(x, internals.name_in_path(where.partition(".")[2])) for where, x, _ in given)
        flat = [(where, x) for where, x in internals.leaves(event.outputs) if self._is_tensor(x)]
        outputs = tuple(self._facts(x, internals.name_in_path(where)) for where, x in flat)
        weights = reading.charge(op, level)
        inner = place.inside(weights)
        inside = None
        function = internals.function_of(op)
        if function is not None:
            inside = self.readers.graph(reading, function, inner, inputs)
        elif event.events:
            event.args, event.kwargs = _edges_first(event, given)
            inside = read_event(reading, event, inner, self.readers, self.origins)
        elif internals.tracked_layers(op):
            inside = self.readers.untraced(reading, op, inner, inputs, outputs)
        reading.write(place, op, level, inputs, outputs, weights, constants, inside)
        for number, (_, x) in enumerate(flat):
            self._made(x, (place.key, number))

    def _raw(self, tensor: Any, op: RawOp, sources: list[Found]) -> Source:
        """Add a call for a raw operation where several tensors meet, or that makes an output."""
        word, name = word_for(op.type)
        place = self.reading.place_named(name, self.level, "_", 1)
        self.reading.edges += [Edge(*source, place.key, str(number), via) for number, (source, via) in enumerate(sources)]
        data = [x for x in op.inputs if x.dtype not in (self.tf.resource, self.tf.variant)]
        constants = [(x, self.tf.get_static_value(x) if self._source(x) is None else None) for x in data]
        inputs = tuple(self._facts(x, "") for x, value in constants if value is None)
        settings = [
            f"{argument_of(op.type, position, len(constants))} {text_of(value)}".strip()
            for position, (_, value) in enumerate(constants)
            if value is not None and value.ndim == 0
        ]
        outputs = tuple(self._facts(x, "") for x in op.outputs)
        self._write(
            place,
            kind="op",
            type=word,
            family=merges_several(operation(word).family, True, len(sources)),
            module="tensorflow",
            settings=(f"{len(sources)} inputs", *settings) if len(sources) > 1 else tuple(settings),
            inputs=inputs,
            outputs=outputs,
            dtype=outputs[0].dtype,
            cost=cost_of_raw(op.type, inputs, outputs),
            bases=(f"tensorflow.{op.type}",),
        )
        for number, x in enumerate(op.outputs):
            self._made(x, (place.key, number))
        return place.key, next((number for number, x in enumerate(op.outputs) if x is tensor), 0)

    def _output(self, x: Any) -> Source:
        """Return the call that makes an output of the container; add one if the last operation is a raw one."""
        found = self._source(x)
        if found is not None and not found[1]:
            return found[0]
        op = self._op(x)
        while is_plumbing(op.type) and op.inputs:
            x = op.inputs[0]
            op = self._op(x)
        sources = [self._source(t) for t in op.inputs]
        return self._raw(x, op, [s for s in dict.fromkeys(sources) if s is not None])

    # ---- origins of tensors

    def _op(self, tensor: Any) -> RawOp:
        return self.origins.of(tensor) or RawOp("Const", (), (tensor,))

    def _source(self, tensor: Any) -> Found | None:
        """Return the call of this container that made a tensor, through raw operations; None for a constant."""
        made, stack = self.made, [tensor]
        if not isinstance(tensor, self.tf.Tensor):
            return made.get(id(tensor))
        while stack:
            x = stack[-1]
            if id(x) in made:
                stack.pop()
                continue
            op = self._op(x)
            inputs = [] if only_shape(op.type) else [t for t in op.inputs if t.dtype != self.tf.resource]
            waiting = [t for t in inputs if id(t) not in made]
            if waiting:
                stack.extend(waiting)
                continue
            stack.pop()
            self.alive.append(x)
            made[id(x)] = self._through(x, op, [made[id(t)] for t in inputs])
        return made[id(tensor)]

    def _through(self, tensor: Any, op: RawOp, sources: list[Found | None]) -> Found | None:
        found = [s for s in dict.fromkeys(sources) if s is not None]
        if not found:
            return None
        if len({source for source, _ in found}) > 1 or is_shown(op.type):
            return self._raw(tensor, op, found), ()
        source, via = max(found, key=lambda s: len(s[1]))
        return source, via if is_plumbing(op.type) else (*via, op.type)

    def _made(self, tensor: Any, source: Source) -> None:
        self.alive.append(tensor)
        self.made[id(tensor)] = (source, ())
        for part in ("values", "flat_values"):  # tensors inside a sparse or ragged one
            inner = getattr(tensor, part, None)
            if not isinstance(tensor, self.tf.Tensor) and self.tf.is_tensor(inner):
                self.made[id(inner)] = (source, ())

    def _is_tensor(self, x: Any) -> bool:
        return self.tf.is_tensor(x) and not isinstance(x, self.tf.Variable) and self.origins.flows(x)

    def _facts(self, x: Any, name: str) -> Tensor:
        shape = getattr(x, "shape", None)
        sizes = None if shape is None or shape.rank is None else tuple(shape.as_list())
        return self.reading.tensor(sizes, x.dtype.name, name)

    def _tensors(self, args: Any, kwargs: Any, op: Any) -> list[tuple[str, Any]]:
        """Return the tensors in a call's arguments, each with its parameter's name or its path in the parameter."""
        found, seen = [], set()
        for path, x in argument_leaves(op, args, kwargs):
            if self._is_tensor(x) and id(x) not in seen:
                seen.add(id(x))
                _, _, rest = path.partition(".")
                found.append((rest if rest and not rest[0].isdigit() else path, x))
        return found


def _edges_first(event: Event, given: list[tuple[str, Any, Found | None]]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return a call's arguments, with tensors made of constants only last: they have no edge."""
    if all(found is not None for _, _, found in given):
        return event.args, event.kwargs
    ordered = sorted(given, key=lambda entry: entry[2] is None)
    return (), {where: x for where, x, _ in ordered}


def _called(event: Event) -> set[int]:
    """Return the identities of all layers called inside a call."""
    found, todo = set(), [event]
    while todo:
        for inner in todo.pop().events:
            found.add(id(inner.op))
            todo.append(inner)
    return found
