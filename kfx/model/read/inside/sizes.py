"""The sizes of a run's tensors when the model is called with one example, for costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property, partial
from math import prod
from typing import Any

from kfx.keras_access.importing import import_keras
from kfx.keras_access.tensorflow.sizes import FirstOf, Sizes, sizes_given, sizes_in_turn
from kfx.keras_access.tensorflow.tensors import static_value
from kfx.model.read.inside.event import Event, Run
from kfx.model.read.inside.raw_ops import only_shape

_KEEPERS = """
    Placeholder Const ReadVariableOp Identity IdentityN Cast NoOp StopGradient AddV2 Sub Mul RealDiv Maximum Minimum Pow
    SelectV2 BiasAdd Neg Exp Log Sqrt Rsqrt Square SquaredDifference Erf Erfc Abs Sigmoid Tanh Relu Softmax LogSoftmax
    Softplus Elu Selu LeakyRelu Relu6 Equal NotEqual Greater GreaterEqual Less LessEqual LogicalAnd LogicalOr LogicalNot
    Mean Sum Max Min StridedSlice ExpandDims Squeeze ConcatV2 Einsum BatchMatMulV2
"""
_KEEP_EXAMPLES = frozenset(_KEEPERS.split())  # operations that neither move nor merge the axis of the examples


class AsRun:
    """Tells the sizes of tensors of a run as they are, where nothing is counted."""

    examples: int | None = None

    def __init__(self, run: Run) -> None:
        pass

    def of(self, x: Any) -> Sizes | None:
        """Return the sizes of a tensor; None if even their number is unknown."""
        rank = getattr(getattr(x, "shape", None), "rank", None)
        return None if rank is None else tuple(x.shape.as_list())

    def times(self, tensors: list[Any]) -> int | None:
        """Return 1: examples are not counted."""
        return 1

    def shape(self, x: Any) -> Sizes:
        """Return the shape of a tensor."""
        return tuple(x.shape.as_list())


class OneExample:
    """Tells the sizes of tensors of a run for one example of the container that was run.

    In a graph, TensorFlow infers them again with 1 in place of the number of examples. In a run with data, and where the code
    has put a fixed number of examples into sizes, the first axis of what depends on the inputs is divided by it.
    """

    def __init__(self, run: Run) -> None:
        import tensorflow as tf

        self.tf, self.run = tf, run
        given = [x for x in _tensors(tf, run.event.args, run.event.kwargs) if x.shape.rank]
        self.is_unknown = any(None in tuple(x.shape)[1:] for x in given)  # another axis than that of the examples
        counts = [x.shape[0] for x in given]
        self.examples: int | None = counts[0] if counts and None not in counts else None
        self.entrances = {id(x) for x in given}

    def of(self, x: Any) -> Sizes | None:
        """Return the sizes of a tensor, None for each that is unknown; None if even their number is."""
        if getattr(getattr(x, "shape", None), "rank", None) is None:
            return None
        sizes: Sizes = tuple(x.shape.as_list())
        if self.run.graph is None or self.examples is not None:
            return self._of_several(x, sizes, self.examples or 1)
        if None not in sizes or self.is_unknown or not hasattr(x, "op"):
            return sizes
        if self._keeps_examples:
            return (1, *sizes[1:])
        return self._inferred.get(x.name, sizes)

    def _of_several(self, x: Any, sizes: Sizes, examples: int) -> Sizes | None:
        """Return the sizes for one example of a tensor whose sizes for several are known."""
        if examples == 1 or id(x) not in self._fed:
            return sizes
        one = self._inferred.get(x.name) if self.run.graph is not None and hasattr(x, "op") else None
        if one and None not in one and None not in sizes and prod(one) * examples == prod(sizes):  # type: ignore[arg-type]
            return one
        first = sizes[0] if sizes else None
        return (first // examples, *sizes[1:]) if first is not None and first % examples == 0 else sizes

    def times(self, tensors: list[Any]) -> int | None:
        """Return how many examples of a layer make one of the container: the first axis of what the layer takes."""
        for x in tensors:
            sizes = self.of(x)
            if sizes != ():
                return None if sizes is None else sizes[0]
        return 1

    @cached_property
    def _keeps_examples(self) -> bool:
        """Return whether the first axis is that of the examples wherever a size is unknown: nothing moves or merges it."""
        for op in self.run.graph.get_operations():
            if op.type not in _KEEP_EXAMPLES and op.outputs:
                return False
            if any(x.shape.rank is None or None in x.shape[1:] for x in op.outputs):
                return False
            if op.type == "ConcatV2" and static_value(op.inputs[-1]) in (None, 0):
                return False
        return True

    @cached_property
    def _inferred(self) -> dict[str, Sizes | None]:
        return self._inferred_for(1)

    @cached_property
    def _inferred_twice(self) -> dict[str, Sizes | None]:
        return self._inferred_for(2)

    def shape(self, x: Any) -> Sizes:
        """Return the shape of a tensor for any number of examples, with axes that do not depend on it filled in."""
        sizes: Sizes = tuple(x.shape.as_list())
        if None not in sizes[1:] or self.run.graph is None or self.is_unknown or self.examples is not None:
            return sizes
        one, two = (found.get(getattr(x, "name", "")) for found in (self._inferred, self._inferred_twice))
        if not one or not two:
            return sizes
        return (sizes[0], *(a if a == b else None for a, b in zip(one[1:], two[1:], strict=True)))

    def _inferred_for(self, examples: int) -> dict[str, Sizes | None]:
        told: dict[str, FirstOf] = {}
        for inputs, outputs in self._stubs:
            told.update((x.name, partial(_sizes_of_stub, inputs, tuple(x.shape.as_list()))) for x in outputs)
        told |= {name: partial(_output_sizes, event, n, own) for name, (event, n, own) in self._loose_outputs.items()}
        placed = [op.outputs[0] for op in self.run.graph.get_operations() if op.type == "Placeholder"]
        loose = [x for x in placed if x.name not in told and x.shape.rank and x.shape[0] in (None, self.examples)]
        loose = [x for x in loose if id(x) not in self.run.stand_ins]
        given: dict[str, Sizes] = {x.name: (examples, *x.shape.as_list()[1:]) for x in loose}
        try:  # nearly always, each layer inside is called with one example
            if self._loose_outputs or examples != 1:
                return sizes_in_turn(self.run.graph, given, told)
            found = sizes_given(self.run.graph, given | {name: of({}) for name, of in told.items()})
            if all(found[name] == of(found) for name, of in told.items()):
                return found
        except ValueError:
            pass
        try:
            return sizes_in_turn(self.run.graph, given, told)
        except ValueError:  # the code has put the number of examples into sizes
            return {}

    @cached_property
    def _loose_outputs(self) -> dict[str, tuple[Event, int, Any]]:
        """The outputs of layers that were not run in which another axis than the first is unknown, by their names."""
        found, todo = dict[str, tuple[Event, int, Any]](), [*self.run.event.events]
        while todo:
            event = todo.pop()
            todo += event.events
            for n, x in enumerate(_tensors(self.tf, event.outputs)):
                is_stub = event.twin is None and not event.events and hasattr(x, "op") and x.op.type == "Placeholder"
                if is_stub and x.shape.rank and None in x.shape[1:]:
                    found[x.name] = event, n, x.shape
        return found

    @cached_property
    def _stubs(self) -> list[tuple[list[Any], list[Any]]]:
        """What each layer that was not run was given, and what it returned."""
        return list(self._stubs_in(self.run.event))

    def _stubs_in(self, event: Event) -> Iterator[tuple[list[Any], list[Any]]]:
        for inner in event.events:
            outputs = [x for x in _tensors(self.tf, inner.outputs) if hasattr(x, "op") and x.op.type == "Placeholder"]
            outputs = [x for x in outputs if x.shape.rank]
            if outputs:
                yield _tensors(self.tf, inner.args, inner.kwargs), outputs
            yield from self._stubs_in(inner)

    @cached_property
    def _fed(self) -> set[int]:
        """The identities of the tensors that depend on the container's inputs."""
        fed = set(self.entrances)
        stubs = {id(x): inputs for inputs, outputs in self._stubs for x in outputs}
        for op in self.run.operations.all():
            stub = [x for x in op.outputs if id(x) in stubs]
            inputs = stubs[id(stub[0])] if stub else op.inputs
            if not only_shape(op.type) and any(id(x) in fed for x in inputs):
                fed |= {id(x) for x in op.outputs}
        return fed


def _sizes_of_stub(inputs: list[Any], own: Sizes, found: Mapping[str, Sizes | None]) -> Sizes:
    """Return the sizes of what a layer that was not run returns: as many examples as it takes; one if nothing is known yet."""
    for x in inputs:
        sizes = found.get(x.name, (1,)) if hasattr(x, "op") else tuple(x.shape)
        if x.shape.rank != 0:
            same = x.shape.rank is None or x.shape[0] == own[0]
            return ((None if sizes is None else sizes[0]) if same else own[0], *own[1:])
    return own if own[0] is not None else (1, *own[1:])


def _output_sizes(event: Event, number: int, own: Any, found: Mapping[str, Sizes | None]) -> Sizes:
    """Return the sizes of one output of a layer that was not run, by Keras's shape rule, for the sizes of its inputs."""
    keras = import_keras()

    def symbolic(x: Any) -> Any:
        sizes = found.get(x.name) if hasattr(x, "op") else None
        return x if sizes is None else keras.KerasTensor(sizes, x.dtype.name)

    args, kwargs = keras.tree.map_structure(symbolic, (event.args, event.kwargs))
    try:
        made = keras.tree.flatten(event.op.compute_output_spec(*args, **kwargs))
    except Exception:  # a shape rule that does not take these sizes
        return tuple(own.as_list())
    return tuple([x for x in made if x is not None][number].shape)


def _tensors(tf: Any, *structures: Any) -> list[Any]:
    found = import_keras().tree.flatten(structures)
    return [x for x in found if isinstance(x, tf.Tensor)]
