"""Record every call that a model makes while it runs: the layer, the call number, the container and the outputs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterator
from typing import TYPE_CHECKING, Any

from kfx.keras_access import internals
from kfx.keras_access.arguments import argument_leaves
from kfx.keras_access.importing import import_keras
from kfx.keras_access.no_call import part_labels
from kfx.keras_access.tensorflow.tensors import current_graph, distinct, is_tensor
from kfx.model.read.functional import is_open, is_wrapper
from kfx.model.read.inside.event import Event
from kfx.values.tap.beside import reshape_visits, run_each_step, with_states
from kfx.values.tap.inside import Inside, is_drawn_opened
from kfx.values.tap.opening import NOTHING, Opening
from kfx.values.tap.visit import Argument, Named, Visit, name_visits

if TYPE_CHECKING:
    import keras
    import tensorflow as tf


class Recorder:
    """A hook that records one run of one model.

    Args:
        model: The model whose next call is recorded.
        on_output: Called with each output as soon as it exists, e.g. for a gradient tape to watch it.
        opening: Whose code to note, so that operations in it have addresses too.
    """

    def __init__(
        self, model: keras.Model, on_output: Callable[[object], None] | None = None, opening: Opening = NOTHING
    ) -> None:
        self.model, self.opening = model, opening
        self._inside: Inside | None = None
        self._labels = part_labels(model)
        self._names: tuple[str, ...] = ()  # of the layers around, without the model
        self.root: Visit | None = None
        self.failed: Visit | None = None
        self._on_output = on_output
        self._stack: list[tuple[Visit, Counter[int], dict[int, list[int]]]] = []  # with the calls counted inside each so far
        self._graph: tf.Graph | None = None
        keras = import_keras()
        self._layer, self._loops, self._steps = keras.layers.Layer, keras.layers.RNN, keras.layers.TimeDistributed
        self._beside = False  # while the inside of a layer is run once more

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
            visit = Visit(op, call, turn, hidden=around.hidden or _hides(around.op, op), beside=self._beside)
            around.inner.append(visit)
        function = internals.function_of(op)
        if function is not None:
            visit.inner.extend(self._inputs(function, args, kwargs))
        self._stack.append((visit, Counter(), call_numbers(function) if function is not None else {}))
        try:
            outputs = self._run(visit, args, kwargs, proceed) if self.opening.goes_inside else proceed()
        except BaseException:
            self.failed = self.failed or visit
            raise
        finally:
            self._stack.pop()
        if self._inside is not None:
            around_it = self.current_event()
            if around_it is not None and around_it.opened:
                outputs = distinct(outputs, (args, kwargs))
            self._inside.leave(visit, outputs, around_it)
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

    def _run(self, visit: Visit, args: tuple[Any, ...], kwargs: dict[str, Any], proceed: Callable[[], object]) -> object:
        """Return the outputs of a call, with a note of what its code does if that is wanted."""
        op, before = visit.op, self._names
        if visit is self.root:
            if not self.opening:
                return proceed()
            self._inside = Inside(op, args, kwargs)
            self._inside.enter(visit, args, kwargs, opened=self._opens(op, ()))
            with self._inside.noting(self.current_event):
                return proceed()
        try:
            label = self._labels.get(id(op))
            self._names = (*before, *(label.split("/") if label is not None else [str(op.name)]))
            if self._inside is not None:
                self._inside.enter(visit, args, kwargs, opened=self._opens(op, self._names))
            return self._beside_it(visit, args, kwargs, proceed)
        finally:
            self._names = before

    def _beside_it(self, visit: Visit, args: tuple[Any, ...], kwargs: dict[str, Any], proceed: Callable[[], object]) -> object:
        """Return the outputs of a call, and record what is computed beside it."""
        op = visit.op
        if isinstance(op, self._loops):
            outputs, states = with_states(op, self._names, self.opening, proceed)
            visit.inner += states
            return outputs
        outputs = proceed()
        if isinstance(op, self._steps) and not self._beside and self.opening.goes_through(self._names):
            own, visit.inner, self._beside = visit.inner, [], True
            try:
                by_step = run_each_step(op, args, kwargs)
            finally:
                self._beside = False
            if by_step is None:
                visit.inner = own
            else:
                reshape_visits(visit.inner, by_step)
        return outputs

    def current_event(self) -> Event | None:
        """Return the event of the call whose code runs now."""
        return self._stack[-1][0].event if self._stack else None

    def position(self) -> tuple[tuple[int, int], ...]:
        """Return the layers around the code that runs now: the identity of each and the number of its call."""
        return tuple((id(visit.op), visit.turn) for visit, *_ in self._stack[1:])

    def _opens(self, op: object, names: tuple[str, ...]) -> bool:
        if internals.function_of(op) is not None or part_labels(op) or isinstance(op, (self._loops, self._steps)):
            return False
        return isinstance(op, self._layer) and self.opening.opens(names, drawn=is_drawn_opened(op))

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
            if self._inside is not None:
                self._inside.add_operations(self.root)
            name_visits(self.root.inner, (), None, set(), found, known, part_labels(self.model))
        return found


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


def _hides(op: object, inner: object = None) -> bool:
    """Return whether calls inside a layer are hidden: it is a built-in layer of Keras, no model and no wrapper of ``inner``."""
    if internals.function_of(op) is not None or not internals.runs_keras_code(type(op)) or isinstance(op, import_keras().Model):
        return False
    return inner is None or not (is_wrapper(op) and is_open(inner))
