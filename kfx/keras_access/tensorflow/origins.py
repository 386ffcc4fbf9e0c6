"""Find the TensorFlow operation that made a tensor: from the graph, or from notes taken during a real run."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, eq=False)
class RawOp:
    """One TensorFlow operation: the name of its type, e.g. ``"AddV2"``, and its tensors."""

    type: str
    inputs: Sequence[Any]
    outputs: Sequence[Any]


class GraphOrigins:
    """The origins of tensors in a TensorFlow graph."""

    def of(self, tensor: Any) -> RawOp | None:
        """Return the operation that made a tensor; None for a tensor outside a graph."""
        return tensor.op if hasattr(tensor, "op") else None

    def flows(self, tensor: Any) -> bool:
        """Return whether a tensor is part of the run, not a constant from outside."""
        return not hasattr(tensor, "numpy")


@dataclass
class NotedOrigins:
    """The origins of tensors in a real run; keeps all tensors alive."""

    made: dict[int, tuple[Any, RawOp]] = field(default_factory=dict)

    def of(self, tensor: Any) -> RawOp | None:
        """Return the operation that made a tensor; None for one from before the run."""
        found = self.made.get(id(tensor))
        return None if found is None else found[1]

    def flows(self, tensor: Any) -> bool:
        """Return whether a tensor is part of the run, not a constant from outside."""
        return id(tensor) in self.made

    @contextlib.contextmanager
    def noting(self, inputs: Sequence[Any]) -> Iterator[None]:
        """Note each operation that this thread runs inside the block; the tensors among ``inputs`` count as part of the run."""
        import tensorflow as tf
        from tensorflow.python.framework import op_callbacks  # no public name; covered by tests/model/read/test_real_run.py

        def note(kind: Any, inputs: Any, attributes: Any, outputs: Any, op_name: Any = None, graph: Any = None) -> None:
            if graph is None:  # not during the compilation of a function
                op = RawOp(kind.decode() if isinstance(kind, bytes) else str(kind), tuple(inputs), tuple(outputs))
                self.made.update((id(x), (x, op)) for x in outputs)

        self.made.update((id(x), (x, RawOp("Placeholder", (), (x,)))) for x in inputs if tf.is_tensor(x))
        op_callbacks.add_op_callback(note)
        try:
            yield
        finally:
            op_callbacks.remove_op_callback(note)


Origins = GraphOrigins | NotedOrigins
