"""Note the operations of TensorFlow that a run makes, in a graph or with data, and the functions that made them."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from kfx.keras_access.tensorflow.functions import Callers


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

    def of(self, tensor: Any) -> RawOp | None:
        """Return the operation that made a tensor; None for one from before the run."""
        found = self._made.get(id(tensor))
        if found is None and self.graph is not None and hasattr(tensor, "op"):
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
    def noting(self, inputs: Sequence[Any] = ()) -> Iterator[None]:
        """Note each operation that this thread makes in the block; the tensors among ``inputs`` count as part of the run."""
        import tensorflow as tf
        from tensorflow.python.framework import op_callbacks  # no public name; covered by tests/model/read/test_real_run.py

        def note(kind: Any, inputs: Any, attributes: Any, outputs: Any, op_name: Any = None, graph: Any = None) -> None:
            if graph is self.graph and len(outputs):  # not in the body of a loop, or while a function is compiled
                op = RawOp(kind.decode() if isinstance(kind, bytes) else str(kind), tuple(inputs), tuple(outputs), attributes)
                self.count += 1
                op.number, op.call = self.count, self._call(sys._getframe(1))
                if op.call is not None:
                    op.call.ops.append(op)
                self._made.update((id(x), op) for x in outputs)

        self._made.update((id(x), RawOp("Placeholder", (), (x,))) for x in inputs if tf.is_tensor(x))
        op_callbacks.add_op_callback(note)
        try:
            yield
        finally:
            op_callbacks.remove_op_callback(note)
            for call in self._calls.values():
                call.frame = None  # which holds all variables of the functions that were running
            self._calls.clear()

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
