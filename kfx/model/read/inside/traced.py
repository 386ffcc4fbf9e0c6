"""Turn a recorded run into tables: the calls of layers, and the operations between them, with all their edges.

Operations that one function of Keras or TensorFlow made are one line under its name. What only hands a tensor on, or computes
sizes, is no line.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeGuard

from kfx.keras_access import internals
from kfx.keras_access.arguments import argument_leaves
from kfx.keras_access.tensorflow.origins import FunctionCall, RawOp
from kfx.keras_access.tensorflow.tensors import inner_tensors
from kfx.model.facts import Cost, Shape, Tensor
from kfx.model.layers.registry import known, operation
from kfx.model.layers.words import merges_several
from kfx.model.read.inside.event import Event, Run
from kfx.model.read.inside.fingerprint import Fingerprints
from kfx.model.read.inside.raw_cost import cost_of
from kfx.model.read.inside.raw_ops import is_plumbing, only_shape, settings_of, snake_case, word_for
from kfx.model.read.inside.sizes import AsRun, OneExample
from kfx.model.read.inside.table import CallLine, OpLine, Read, Source, Table, TableEdge, once, weight_read
from kfx.model.read.inside.units import Opened, Unit, are_sizes, fed_by

_TURNS = frozenset({"Transpose", "Reshape", "ExpandDims", "Squeeze"})  # of a weight: it is still that weight
_READERS = ("ReadVariableOp", "ResourceGather", "ResourceGatherNd")
_Made = Source | Read | None  # a line's output, a weight, or a constant


class Tables:
    """Makes the tables of recorded calls, each once.

    Args:
        prints: Tells equal layers.
        tensor: Makes the facts of a tensor.
        costs: Count the costs; otherwise sizes are those of the run.
    """

    def __init__(
        self,
        prints: Fingerprints,
        tensor: Callable[[Shape | None, str, str], Tensor],
        *,
        costs: bool = True,
    ) -> None:
        self.prints, self.tensor, self.variable_class = prints, tensor, prints.variable_class
        self._sizes: dict[int, tuple[Run, OneExample | AsRun]] = {}
        self.costs = costs
        self._handles: dict[int, dict[int, Any]] = {}

    def of(self, event: Event) -> Table:
        """Return the table of one call."""
        event = event.twin or event
        if event.table is None:
            event.table = _Builder(self, event).build()
        return event.table

    def opened(self, event: Event) -> Opened:
        """Return the table of one call of this run, with the tensors."""
        builder = _Builder(self, event)
        return Opened(builder.build(), builder.tensors, builder.line_units)

    def sizes(self, run: Run) -> OneExample | AsRun:
        """Return the sizes of a run's tensors for one example."""
        found = self._sizes.get(id(run))
        if found is None:
            found = self._sizes[id(run)] = run, (OneExample if self.costs else AsRun)(run)
        return found[1]

    def handles(self, run: Run) -> dict[int, Any]:
        """Return the weights of the container that was run by the identity of what a run reads them from."""
        found = self._handles.get(id(run))
        if found is None:
            weights = internals.weights_of(run.event.op)
            found = self._handles[id(run)] = {id(internals.handle_of(weight)): weight for weight in weights}
        return found

    def own_cost(self, event: Event) -> Cost:
        """Return what the operations of a layer's own code cost, from its inputs to its outputs."""
        if event.cost is None:
            event.cost = _Builder(self, event).own_cost(event)
        return event.cost


class _Builder:
    """Builds the table of one call."""

    def __init__(self, tables: Tables, event: Event) -> None:
        import tensorflow as tf

        assert event.run is not None
        self.tf, self.tables, self.event, self.run = tf, tables, event, event.run
        self.operations, self.sizes = self.run.operations, tables.sizes(self.run)
        prints = tables.prints.of(event.op)
        self.numbers = {id(layer): n for n, layer in enumerate(prints.layers)}
        self.table, self.order = Table([]), prints.layers
        self.made: dict[int, _Made] = {}  # by identity of a tensor
        self.used: dict[int, Source] = {}  # outputs of operations, by identity of the tensor
        self.tensors: dict[int, list[Any]] = {}  # outputs of operations, by identity of the line
        self.line_units: dict[int, Unit] = {}  # by identity of the line
        self.units: dict[int, Unit] = {}  # by identity of an operation, or of a function's call
        self.turns: list[int] = []  # of each line: the number of operations that were made until its own
        self.constant: set[int] = set()  # lines that do not depend on what the container receives
        self.alive: list[Any] = []  # keeps tensors, whose identities are keys
        self.captured = self.operations.captured()

    def build(self) -> Table:
        event, table = self.event, self.table
        entrances = self._entrances()
        for n, (name, x) in enumerate(entrances):
            table.entrances.append((name, self._facts(x)))
            self._keep(x, (-1 - n, 0))
        table.times = self.sizes.times([x for _, x in entrances])
        for inner in event.events:
            self._call(inner)
        for path, x in internals.leaves(event.outputs):
            x = x.value if isinstance(x, self.tables.variable_class) else x
            if self._is_tensor(x) or isinstance(x, self.tf.Tensor | self.tf.Variable):
                table.exits.append(self._exit(x))
                table.names.append(internals.name_in_path(path))
        table.sort(self.turns)
        return table

    def _entrances(self) -> list[tuple[str, Any]]:
        """Return the tensors in the call's arguments, each with its parameter's name or its path in the parameter."""
        found, seen = [], set()
        for path, x in argument_leaves(self.event.op, self.event.args, self.event.kwargs):
            if self._is_tensor(x) and id(x) not in seen:
                seen.add(id(x))
                _, _, rest = path.partition(".")
                found.append((rest if rest and not rest[0].isdigit() else path, x))
        return found

    # ---- calls

    def _call(self, event: Event) -> None:
        arguments = [*internals.leaves(event.args), *internals.keyword_leaves(event.op, event.kwargs)]
        given = [(where, x, self._source(x)) for where, x in arguments if self._is_tensor(x)]
        counts = type(event.op).__name__ == "GetItem"  # of x[:, None] the None counts
        constants = [(where, x) for where, x in arguments if not self._is_tensor(x) and (x is not None or counts)]
        outputs = [(where, x) for where, x in internals.leaves(event.outputs) if self._is_tensor(x)]
        ordered = sorted(given, key=lambda entry: entry[2] is None)  # tensors made of constants have no edge
        fed = any(self._is_data(source) for _, _, source in given)
        line = CallLine(
            self.numbers.get(id(event.op), event.op),
            tuple(self._facts(x, internals.name_in_path(at.partition(".")[2]), self._is_data(s)) for at, x, s in ordered),
            tuple(self._facts(x, internals.name_in_path(where), fed) for where, x in outputs),
            constants,
            [TableEdge(source, where) for where, _, source in given if _is_line(source)],
            self.sizes.times([x for _, x, s in given if self._is_data(s)]) if fed else 1,
        )
        if event.opened and internals.function_of(event.op) is None:
            line.inside = self.tables.of(event)
        elif self.tables.costs and is_custom_leaf(event.op):
            line.cost = self.own_cost(event)
        self.table.lines.append(line)
        self.turns.append(event.number)
        number = len(self.table.lines) - 1
        self.constant |= set() if fed else {number}
        for n, (_, x) in enumerate(outputs):
            self._keep(x, (number, n))

    def own_cost(self, event: Event) -> Cost:
        """Return what the operations between a call's inputs and its outputs cost."""
        ends = {id(x) for _, x in [*internals.leaves(event.args), *internals.leaves(event.kwargs)]}
        todo = [x for _, x in internals.leaves(event.outputs) if self._is_tensor(x)]
        seen: dict[int, RawOp] = {}
        while todo:
            x = todo.pop()
            op = self.operations.of(x) if id(x) not in ends else None
            if op is not None and id(op) not in seen:
                seen[id(op)] = op
                todo += [] if only_shape(op.type) else op.inputs
        return cost_of(list(seen.values()), self.sizes.of, "its operations, as traced")

    # ---- operations

    def _source(self, tensor: Any) -> _Made:
        """Return who made a tensor: the line of it, a weight, or None for a constant."""
        made, stack = self.made, [tensor]
        while stack:
            x = stack[-1]
            if id(x) in made:
                stack.pop()
                continue
            unit = self._unit(x)
            waiting = [t for t in unit.needs() if id(t) not in made]
            if not waiting:
                stack.pop()
                self._emit(unit)
                made.setdefault(id(x), None)
                self.alive.append(x)
            elif unit.opened:  # code of the user's inside a library's function: each operation is by itself
                self._split(unit)
            else:
                unit.opened = True
                stack.extend(waiting)
        return self._use(tensor)

    def _use(self, tensor: Any) -> _Made:
        """Return who made a tensor, as an output of its line."""
        found = self.made[id(tensor)]
        return self._output(tensor, found) if _is_line(found) else found

    def _output(self, tensor: Any, made: Source) -> Source:
        """Return which output of its line a tensor is; those of operations are numbered as somebody takes them."""
        number = made[0]
        line = self.table.lines[number] if number >= 0 else None
        if not isinstance(line, OpLine):
            return made
        if id(tensor) not in self.used:
            self.used[id(tensor)] = number, len(line.outputs)
            line.outputs.append(self._facts(tensor, "", number not in self.constant))
            self.tensors.setdefault(id(line), []).append(tensor)
            line.sizes.append(self.sizes.of(tensor))
        return self.used[id(tensor)]

    def _unit(self, tensor: Any) -> Unit:
        op = self.operations.of(tensor)
        if op is None:
            return Unit("", [])
        key = op if op.call is None else op.call
        found = self.units.get(id(key))
        if found is None:
            found = Unit("", [op]) if op.call is None else Unit(op.call.word, self._mine(op.call), op.call)
            self.units[id(key)] = found
        return found

    def _mine(self, call: FunctionCall) -> list[RawOp]:
        """Return the operations of a function's call, without those that lead to the inputs of this container."""
        return [op for op in call.ops if not any(id(x) in self.made for x in op.outputs)]

    def _split(self, unit: Unit) -> None:
        for op in unit.ops:
            op.call = None
            self.units[id(op)] = Unit("", [op])

    def _emit(self, unit: Unit) -> None:
        """Add a line for operations, or say that they hand on what they take."""
        outputs = [x for op in unit.ops for x in op.outputs]
        reads = [self._weight(op) for op in unit.ops]
        if len(unit.ops) == 1 and reads[0] is not None and is_plumbing(unit.ops[0].type):  # it hands on the whole weight
            self._keep(outputs[0], reads[0])
            return
        sources = [(x, self._use(x)) for x in unit.needs()]
        working = [op for op in unit.ops if not (is_plumbing(op.type) or only_shape(op.type))]
        if not working and unit.word != "Cast":
            first = next((source for _, source in sources if source is not None), None)
            for x in outputs:
                self._keep(x, first)
                if _is_line(first):
                    self.used[id(x)] = first
            return
        live = [(x, s) for x, s in sources if s is not None]
        read = once(r for r in reads if r is not None)
        fed = fed_by(
            unit.ops, {id(x) for x, _ in live} | {id(op.outputs[0]) for op, r in zip(unit.ops, reads, strict=True) if r}
        )
        working = [op for op in working if id(op) in fed] or working  # without the arithmetic of sizes
        cost = cost_of(working, self.sizes.of, "its operations, as traced", word=unit.word)
        whole = [*read, *(source for _, source in live)]
        if len(whole) == 1 and isinstance(whole[0], Read) and all(op.type in _TURNS for op in working):
            for x in outputs:
                self._keep(x, whole[0])
            return
        if not live and not read and (are_sizes(outputs) or (cost.flops == 0)):
            for x in outputs:
                self._keep(x, None)
            return
        self._line(unit, working, live, read, cost)

    def _line(self, unit: Unit, working: list[RawOp], live: list[tuple[Any, Any]], read: list[Read], cost: Cost) -> None:
        word = unit.word or word_for(working[0].type if working else unit.ops[0].type)
        edges, reads = [], list(read)
        for n, (_, source) in enumerate(live):
            if isinstance(source, Read):
                reads.append(source)
            else:
                edges.append(TableEdge(source, str(n)))
        inputs = [self._facts(x, "", self._is_data(s)) for x, s in live] + [self._weight_facts(r) for r in read]
        several = len(edges) + len(reads)
        settings = settings_of(working[0], {id(x) for x, _ in live}) if len(working) == 1 else ()
        self.turns.append(max(op.number for op in unit.ops))
        self.table.lines.append(
            OpLine(
                word,
                snake_case(word),
                tuple(inputs),
                edges,
                reads,
                (f"{several} inputs", *settings) if several > 1 else settings,
                cost,
                merges_several(operation(word).family, True, several),
                tuple(dict.fromkeys(f"tensorflow.{op.type}" for op in working)),
            )
        )
        number = len(self.table.lines) - 1
        self.line_units[id(self.table.lines[-1])] = unit
        self.constant |= set() if any(self._is_data(s) for _, s in live) else {number}
        for op in unit.ops:
            for x in op.outputs:
                self._keep(x, (number, 0))

    def _exit(self, x: Any) -> Source:
        """Return the line that makes an output of the container; a constant or a weight is a line by itself."""
        found = self._source(x) if self._is_tensor(x) else self._weight_of(x)
        if _is_line(found):
            return found
        read = [found] if isinstance(found, Read) else []
        word = "Weight" if read else "Constant"
        line = OpLine(word, snake_case(word), (), [], read, (), Cost(0, 0, None, "moves data only"), "custom", ())
        self.table.lines.append(line)
        self.turns.append(self.operations.count)
        self.constant.add(len(self.table.lines) - 1)
        made = len(self.table.lines) - 1, 0
        self._keep(x, made)
        return self._output(x, made)

    def _weight_of(self, x: Any) -> Read | None:
        """Return the weight that an output is; None for a constant."""
        weight = self.tables.handles(self.run).get(id(getattr(x, "handle", None)))
        return None if weight is None else self._read_of(weight)

    # ---- tensors

    def _weight(self, op: RawOp) -> Read | None:
        """Return the weight that an operation reads, if that is what it does."""
        if op.type == "Placeholder":
            stand_in = self.run.stand_ins.get(id(op.outputs[0]))
            return self._read_of(stand_in[1]) if stand_in else None
        if op.type not in _READERS:
            return None
        handle = self.captured.get(id(op.inputs[0]), op.inputs[0])
        weight = self.tables.handles(self.run).get(id(handle))
        return None if weight is None else self._read_of(weight)

    def _read_of(self, weight: Any) -> Read:
        for layer in self.order:
            for n, own in enumerate(internals.own_weights_of(layer)):
                if own is weight:
                    return Read(self.numbers[id(layer)], n)
        return Read(weight, 0)

    def _weight_facts(self, read: Read) -> Tensor:
        weight = weight_read(read, self.order)
        return self.tables.tensor((1, *internals.shape_of(weight)), internals.dtype_of(weight), "")

    def _keep(self, tensor: Any, source: _Made) -> None:
        self.alive.append(tensor)
        self.made[id(tensor)] = source
        for inner in inner_tensors(tensor):
            self.made[id(inner)] = source

    def _is_tensor(self, x: Any) -> bool:
        return self.tf.is_tensor(x) and not isinstance(x, self.tf.Variable) and self.operations.flows(x)

    def _is_data(self, source: _Made) -> bool:
        """Return whether a tensor depends on what the container receives."""
        return _is_line(source) and source[0] not in self.constant

    def _facts(self, x: Any, name: str = "", has_batch: bool = True) -> Tensor:
        """Return the facts of a tensor; one that depends on no data, nor on their number, gets an axis of 1."""
        shape = getattr(x, "shape", None)
        sizes = None if shape is None or shape.rank is None else self.sizes.shape(x)
        if not has_batch and sizes is not None and sizes[:1] not in ((None,), (self.sizes.examples,)):
            sizes = (1, *sizes)
        return self.tables.tensor(sizes, x.dtype.name, name)


def is_custom_leaf(op: Any) -> bool:
    """Return whether a layer is shown as one thing though its code is the user's, and its cost is that of its operations."""
    if internals.runs_keras_code(type(op)) or internals.function_of(op) is not None or internals.tracked_layers(op):
        return False
    return known(type(op)).cost is None


def _is_line(source: _Made) -> TypeGuard[Source]:
    """Return whether a tensor comes from a line or an input, and is no weight and no constant."""
    return isinstance(source, tuple) and not isinstance(source, Read)
