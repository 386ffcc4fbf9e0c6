"""Record every call that a model makes while it runs: the layer, the call number, the container and the outputs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from kfx.keras_access import internals
from kfx.keras_access.arguments import argument_leaves
from kfx.keras_access.importing import import_keras
from kfx.keras_access.no_call import part_labels
from kfx.keras_access.tensorflow.tensors import current_graph, is_tensor
from kfx.model.labels import call_label, free_label

if TYPE_CHECKING:
    import keras
    import tensorflow as tf


@dataclass(eq=False, slots=True)
class Visit:
    """One call while its model runs.

    Attributes:
        op: The layer or operation.
        call: Its number among the layer's calls in the same container, from 1, in the order in which the graph was built.
        turn: Its number among them, from 1, in the order in which they run.
        outputs: The outputs, in the structure in which the call returned them.
        inner: The calls inside it, in order.
        hidden: Whether it is an inner part of a built-in layer, e.g. the query projection of an attention layer.
        done: Whether it has returned.
    """

    op: keras.Operation | Argument
    call: int
    turn: int = 1
    outputs: object = None
    inner: list[Visit] = field(default_factory=list)
    hidden: bool = False
    done: bool = False


@dataclass(frozen=True, slots=True)
class Named:
    """A visit with its address, once it is known how often each layer was called."""

    key: str
    path: tuple[str, ...]
    calls: int
    visit: Visit


@dataclass(frozen=True, slots=True)
class Argument:
    """Placeholder for the missing Input layer of a container without a graph, such as a subclassed model."""

    name: str


class Recorder:
    """A hook that records one run of one model.

    Args:
        model: The model whose next call is recorded.
        on_output: Called with each output as soon as it exists, e.g. for a gradient tape to watch it.
    """

    def __init__(self, model: keras.Model, on_output: Callable[[object], None] | None = None) -> None:
        self.model = model
        self.root: Visit | None = None
        self.failed: Visit | None = None
        self._on_output = on_output
        self._stack: list[tuple[Visit, Counter[int], dict[int, list[int]]]] = []  # with the calls counted inside each so far
        self._graph: tf.Graph | None = None
        keras = import_keras()
        self._layer, self._loops = keras.layers.Layer, keras.layers.RNN

    def on_call(
        self, op: keras.Operation, args: tuple[object, ...], kwargs: dict[str, object], proceed: Callable[[], object]
    ) -> object:
        if not self._stack:
            if op is not self.model or self.root is not None:
                return proceed()
            self._graph = current_graph()
            visit = self.root = Visit(op, 1)
        else:
            around, counts, orders = self._stack[-1]
            if self._is_detail(op, around) or self._elsewhere(args):
                return proceed()
            counts[id(op)] += 1
            turn = counts[id(op)]
            numbers = orders.get(id(op), ())
            call = numbers[turn - 1] if turn <= len(numbers) else turn
            visit = Visit(op, call, turn, hidden=around.hidden or _hides(around.op))
            around.inner.append(visit)
        function = internals.function_of(op)
        if function is not None:
            visit.inner.extend(self._inputs(function, args, kwargs))
        self._stack.append((visit, Counter(), call_numbers(function) if function is not None else {}))
        try:
            outputs = proceed()
        except BaseException:
            self.failed = self.failed or visit
            raise
        finally:
            self._stack.pop()
        if (
            function is None
            and not visit.hidden
            and not _hides(op)
            and not part_labels(op)
            and (visit is self.root or visit.inner)
        ):
            visit.inner[:0] = self._arguments(op, args, kwargs)
        self._finish(visit, outputs)
        return outputs

    def _finish(self, visit: Visit, outputs: object) -> None:
        visit.outputs, visit.done = outputs, True
        if self._on_output is not None:
            self._on_output(outputs)

    def _inputs(self, function: keras.Model, args: tuple[object, ...], kwargs: dict[str, object]) -> Iterator[Visit]:
        """Yield a visit for each Input layer of a graph, which Keras never calls, with the tensor passed in for it."""
        given = args[0] if args else next(iter(kwargs.values()), None)
        for layer, tensor in internals.input_tensors(function, given):
            visit = Visit(layer, 1)
            self._finish(visit, tensor)
            yield visit

    def _arguments(self, op: keras.Operation, args: tuple[object, ...], kwargs: dict[str, object]) -> Iterator[Visit]:
        """Yield a visit for each tensor passed to a container without a graph, named after the parameter of its ``call``."""
        seen: set[int] = set()
        for path, x in argument_leaves(op, args, kwargs):
            if is_tensor(x) and id(x) not in seen:
                seen.add(id(x))
                _, _, rest = path.partition(".")
                yield Visit(Argument((rest if rest and not rest[0].isdigit() else path) or "input"), 1, outputs=x, done=True)

    def _is_detail(self, op: keras.Operation, around: Visit) -> bool:
        """Return whether a call is outside the structure: an operation in a layer's own code, or anything in an RNN loop."""
        if isinstance(around.op, self._loops):
            return True
        return not isinstance(op, self._layer) and internals.function_of(around.op) is None

    def _elsewhere(self, args: tuple[object, ...]) -> bool:
        """Return whether a call runs in the body of a loop or branch, or on symbolic tensors: its outputs cannot be kept."""
        keras = import_keras()
        return current_graph() is not self._graph or any(isinstance(x, keras.KerasTensor) for x in keras.tree.flatten(args))

    def named(self, known: Container[str] = ()) -> list[Named]:
        """Return every visit with its address, a container before its inner calls.

        Args:
            known: Addresses of a complete run, so that an interrupted run numbers its calls in the same way.
        """
        found: list[Named] = []
        if self.root is not None:
            _name(self.root.inner, (), None, set(), found, known, part_labels(self.model))
        return found


def _name(
    visits: list[Visit],
    path: tuple[str, ...],
    parent: str | None,
    used: set[str],
    found: list[Named],
    known: Container[str],
    given: Mapping[int, str] = MappingProxyType({}),
) -> None:
    """Label the calls of one container by the rule of `kfx.model.labels`; ``given`` holds addresses of parts by identity.

    The address of a layer wins over that of an argument.
    """
    totals = Counter(id(visit.op) for visit in visits)
    prefix = f"{parent}/" if parent is not None else ""
    labels: dict[int, str] = {}
    for visit in sorted(visits, key=lambda visit: isinstance(visit.op, Argument)):
        calls = totals[id(visit.op)]
        name = str(visit.op.name)
        first = numbered = call_label(name, visit.call, 2)
        if calls == 1 and (prefix + numbered not in known or prefix + name in known):
            first = name
        label = labels[id(visit)] = given.get(id(visit.op)) or free_label(first, used, inside=parent)
        used.add(prefix + label)
    for visit in visits:
        calls, label = totals[id(visit.op)], labels[id(visit)]
        here = (*path, *(label.split("/") if given else [label]))  # the address of a part may lead through another
        found.append(Named(prefix + label, here, calls, visit))
        _name(visit.inner, here, prefix + label, used, found, known)


def call_numbers(function: keras.Model) -> dict[int, list[int]]:
    """Return, by the id of each layer that a graph calls several times, the numbers of its calls in running order."""
    made: dict[int, list[object]] = {}
    for node in internals.nodes_of(function):
        made.setdefault(id(node.operation), []).append(node)
    shared = {op: {id(node): n for n, node in enumerate(nodes, 1)} for op, nodes in made.items() if len(nodes) > 1}
    found: dict[int, list[int]] = {op: [] for op in shared}
    for node in internals.running_order(function):
        if id(node.operation) in shared:
            found[id(node.operation)].append(shared[id(node.operation)][id(node)])
    return found


def _hides(op: object) -> bool:
    """Return whether calls inside a layer are hidden: it is a built-in layer of Keras and not a model."""
    return (
        internals.function_of(op) is None and internals.runs_keras_code(type(op)) and not isinstance(op, import_keras().Model)
    )
