"""Note the operations of TensorFlow that a run makes, in a graph or with data, and the functions that made them."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from kfx.keras_access.hooks import surely_undone
from kfx.keras_access.tensorflow.functions import Callers


class _Noting(threading.local):
    """What is called in this thread with the outputs of an operation and those that stand for them, as by a patch."""

    def __init__(self) -> None:
        self.now: list[Callable[[Sequence[Any], Sequence[Any]], None]] = []


_noting = _Noting()


@contextlib.contextmanager
def told_of_operations(listener: Callable[..., Sequence[Any] | None]) -> Iterator[None]:
    """Tell a listener of each operation of TensorFlow that this thread makes in the block.

    Args:
        listener: Called with the operation's type, inputs, attributes, outputs, and its graph or None in a run with data. In
            a graph, it may return other outputs, which the code that made the operation then gets.
    """
    import tensorflow as tf
    from tensorflow.python.eager import context, execute
    from tensorflow.python.framework import op_callbacks  # no public name; covered by tests/model/read/test_real_run.py

    def tell(kind: Any, inputs: Any, attributes: Any, outputs: Any, op_name: Any = None, graph: Any = None) -> Any:
        new = listener(kind.decode() if isinstance(kind, bytes) else str(kind), inputs, attributes, outputs, graph)
        if new is None:
            return outputs  # with None, TensorFlow would give the next callback nothing
        for told in _noting.now:
            told(outputs, new)
        return new

    def forget() -> None:
        with contextlib.suppress(KeyError):  # it was removed already, or an interrupt came before it was added
            op_callbacks.remove_op_callback(tell)
        if not context.context().op_callbacks and tf.executing_eagerly():  # an interrupt came between the removal and this
            execute.execute = execute.quick_execute

    with surely_undone(forget):
        op_callbacks.add_op_callback(tell)
        yield


@contextlib.contextmanager
def told_of_replacements(listener: Callable[[Sequence[Any], Sequence[Any]], None]) -> Iterator[None]:
    """Tell a listener of the outputs of an operation and of those that another listener puts in their place, in this thread."""

    def forget() -> None:
        if listener in _noting.now:
            _noting.now.remove(listener)

    with surely_undone(forget):
        _noting.now.append(listener)
        yield


@dataclass(eq=False, slots=True)
class FunctionCall:
    """One call of a function of Keras or TensorFlow, such as `keras.ops.silu`, with the operations that it made."""

    word: str
    frame: FrameType | None
    ops: list[RawOp] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class RawOp:
    """One TensorFlow operation.

    Attributes:
        type: The name of its type, e.g. ``"AddV2"``.
        inputs: Its tensors.
        outputs: Those that it makes.
        attributes: Its other arguments, names and values in turn, in a run with data.
        call: The call of a public function that made it, or None.
        number: Its number in the order in which the operations were made, from 1.
    """

    type: str
    inputs: Sequence[Any]
    outputs: Sequence[Any]
    attributes: Sequence[Any] = ()
    call: FunctionCall | None = None
    number: int = 0

    def attribute(self, name: str) -> Any:
        """Return one of its arguments."""
        made = self.outputs[0]
        if not hasattr(made, "numpy"):
            return made.op.get_attr(name)
        return dict(zip(self.attributes[::2], self.attributes[1::2], strict=False)).get(name)


class Operations:
    """The operations of one run in the order in which they were made; keeps all their tensors alive."""

    def __init__(self, *, in_graph: Any = None) -> None:
        self.graph = in_graph
        self._made: dict[int, RawOp] = {}
        self._calls: dict[int, FunctionCall] = {}
        self._callers = Callers()
        self.count = 0  # of the operations made so far
        self.is_partial = False  # whether only some of the run's operations are noted

    def of(self, tensor: Any) -> RawOp | None:
        """Return the operation that made a tensor; None for one from before the run."""
        found = self._made.get(id(tensor))
        if found is None and self.graph is not None and not self.is_partial and hasattr(tensor, "op"):
            op = tensor.op
            found = RawOp(op.type, tuple(op.inputs), tuple(op.outputs), number=self.count)
            self._made.update((id(x), found) for x in found.outputs)
            return self._made.get(id(tensor), found)
        return found

    def all(self) -> list[RawOp]:
        """Return all operations in the order in which they were made."""
        if self.graph is None:
            return list({id(op): op for op in self._made.values()}.values())
        return [RawOp(op.type, tuple(op.inputs), tuple(op.outputs)) for op in self.graph.get_operations()]

    def flows(self, tensor: Any) -> bool:
        """Return whether a tensor is part of the run, not a constant from outside."""
        return not hasattr(tensor, "numpy") if self.graph is not None else id(tensor) in self._made

    def captured(self) -> dict[int, Any]:
        """Return the tensor or resource outside of the graph behind each of its captures, by the identity of the capture."""
        return {} if self.graph is None else {id(inner): outer for outer, inner in self.graph.captures}

    @contextlib.contextmanager
    def noting(self, inputs: Sequence[Any] = (), into: Callable[[], list[RawOp] | None] | None = None) -> Iterator[None]:
        """Note each operation that this thread makes in the block.

        Args:
            inputs: Tensors that count as part of the run.
            into: Returns the list to which an operation that is made now is added, or None not to note it.
        """
        import tensorflow as tf

        def note(kind: str, inputs: Sequence[Any], attributes: Sequence[Any], outputs: Sequence[Any], graph: Any) -> None:
            if graph is not self.graph or not len(outputs):  # in the body of a loop, or while a function is compiled
                return
            those = everything if into is None else into()
            if those is not None:
                op = RawOp(kind, tuple(inputs), tuple(outputs), attributes)
                self.count += 1
                op.number, op.call = self.count, self._call(sys._getframe(2))
                if op.call is not None:
                    op.call.ops.append(op)
                self._made.update((id(x), op) for x in outputs)
                those.append(op)

        everything: list[RawOp] = []
        self.take(x for x in inputs if tf.is_tensor(x))
        self.is_partial = into is not None
        try:
            with told_of_operations(note), told_of_replacements(self.replace):
                yield
        finally:
            for call in self._calls.values():
                call.frame = None  # which holds all variables of the functions that were running
            self._calls.clear()

    def take(self, tensors: Iterable[Any]) -> None:
        """Note that tensors are part of the run, without the operations that made them."""
        for x in tensors:
            if id(x) not in self._made:
                self._made[id(x)] = RawOp("Placeholder", (), (x,))

    def replace(self, before: Sequence[Any], after: Sequence[Any]) -> None:
        """Note that other tensors stand for the outputs of an operation, which is what a patch of it does."""
        op = self._made.get(id(before[0]))
        if op is not None:
            op.outputs = tuple(after)
            self._made.update((id(x), op) for x in after)

    def forget(self) -> None:
        """Forget all operations, so that they are freed without garbage collection."""
        for op in self._made.values():
            op.call = None
        self._made.clear()

    def _call(self, frame: FrameType) -> FunctionCall | None:
        found = self._callers.find(frame)
        if found is None:
            return None
        call = self._calls.get(id(found[0]))
        if call is None:
            call = self._calls[id(found[0])] = FunctionCall(found[1], found[0])
        return call
