"""Read what attribution needs to know of a model: its outputs, what each call depends on, and where numbers begin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kfx.keras_access.forward import call
from kfx.keras_access.hooks import listening
from kfx.keras_access.importing import import_keras
from kfx.keras_access.tensorflow.tensors import inner_tensors, is_tensor
from kfx.keras_access.untouched import stateless
from kfx.values.attribution.recorder import GivenRecorder, Position
from kfx.values.data.names import named_outputs
from kfx.values.features import labelled
from kfx.values.tap.logits import logits_noted
from kfx.values.tap.program import only_tensors
from kfx.values.tap.visit import Argument

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

Shape = tuple[int | None, ...]
_SAME = frozenset({"Cast", "Identity", "Reshape", "ExpandDims", "Squeeze", "Transpose", "StridedSlice", "Pack"})
_ONLY_SHAPES = frozenset({"Shape", "ShapeN", "Size", "Rank", "ZerosLike", "OnesLike"})  # tell nothing of the values


@dataclass(frozen=True, slots=True)
class CallFact:
    """What one call of a run returns.

    Attributes:
        key: Its address.
        position: Where it is, for another run.
        shape: Of its first tensor, the batch axis first; None in place of a length that is not known.
        floating: Whether that holds floating-point numbers.
        inputs: The numbers of the model's inputs that it depends on.
        begins: Those among them of which it is the first to make floating-point numbers.
        given: The shape of the whole numbers that it makes them of.
        container: Whether other calls are recorded inside it.
        is_input: Whether it is an input of the model or of a model inside it.
    """

    key: str
    position: Position
    shape: Shape
    floating: bool
    inputs: frozenset[int]
    begins: frozenset[int] = frozenset()
    given: Shape = ()
    container: bool = False
    is_input: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """One run of a model on shapes.

    Attributes:
        calls: Its calls in the order in which they ran, inner ones included.
        logits: For each output whether a softmax or sigmoid makes it.
        outputs: For each output the numbers of the inputs that it depends on.
        shapes: The name and shape of each output, the batch axis first.
    """

    calls: tuple[CallFact, ...]
    logits: tuple[bool, ...]
    outputs: tuple[frozenset[int], ...]
    shapes: tuple[tuple[str, Shape], ...]


def read_model(model: keras.Model, inputs: object, *, run_eagerly: bool) -> Reading:
    """Run a model once on the shapes of some inputs; on their values if it has to run eagerly.

    Eagerly it is not known what depends on which input: then every call is said to depend on all.
    """
    import tensorflow as tf

    found: list[Reading] = []

    def run(given: object) -> tf.Tensor:
        recorder = GivenRecorder(model)
        with stateless(model), listening(recorder), logits_noted() as logits:
            output = only_tensors(call(model, given, False))
        flat = [x for _, x in labelled("", output)]
        assert logits is not None
        known = _Dependence(import_keras().tree.flatten(given))
        are_logits = tuple(logits.of(x) is not None for x in flat)
        shapes = tuple((name, _shape_of(x)) for name, x in named_outputs(model, output).items())
        found.append(Reading(_facts(recorder, known), are_logits, tuple(map(known.of, flat)), shapes))
        return tf.constant(0)

    if run_eagerly:
        run(inputs)
    else:
        tf.function(run, autograph=False).get_concrete_function(inputs)
    return found[0]


def _facts(recorder: GivenRecorder, known: _Dependence) -> tuple[CallFact, ...]:
    named = recorder.named()
    positions: dict[str, Position] = {}
    for one in named:
        above = positions.get("/".join(one.path[:-1]), ())
        positions[one.key] = (*above, (id(one.visit.op), one.visit.turn))
    facts = []
    for one in named:
        outputs = [x for x in import_keras().tree.flatten(one.visit.outputs) if is_tensor(x)]
        if not outputs:
            continue
        first = outputs[0]
        shape = () if first.shape.rank is None else tuple(first.shape)
        given = recorder.arguments.get(id(one.visit), (None, []))[1]
        begins, arg = _begins(one.visit.op, [x for x in given if known.of(x)], first, known)
        is_input = isinstance(one.visit.op, Argument | import_keras().layers.InputLayer)
        where, floating, inner = positions[one.key], first.dtype.is_floating, bool(one.visit.inner)
        facts.append(CallFact(one.key, where, shape, floating, known.of(first), begins, arg, inner, is_input))
    return tuple(facts)


def _begins(op: object, given: Sequence[Any], output: Any, known: _Dependence) -> tuple[frozenset[int], Shape]:
    """Return the inputs whose whole numbers or words a call is the first to make floats of, and the form of these."""
    found: frozenset[int] = frozenset().union(*map(known.of, given))
    looked_up = isinstance(op, import_keras().layers.Embedding) or not found & known.floating
    if not given or not output.dtype.is_floating or not looked_up or not all(map(known.is_as_given, given)):
        return frozenset(), ()
    shape = given[0].shape
    return found, () if shape.rank is None else tuple(shape)


class _Dependence:
    """What the tensors of one run depend on.

    Attributes:
        floating: The numbers of the inputs that are floating-point numbers.
    """

    def __init__(self, inputs: Sequence[Any]) -> None:
        import tensorflow as tf

        self.floating = frozenset(n for n, x in enumerate(inputs) if x is not None and x.dtype.is_floating)
        self._every = frozenset(range(len(inputs))) if tf.executing_eagerly() else None
        self._known: dict[int, frozenset[int]] = {}
        self._as_given: set[int] = set()
        if self._every is not None:
            return
        for number, x in enumerate(inputs):
            for part in _parts(x):
                self._known[id(part.op)] = self._known.get(id(part.op), frozenset()) | {number}
                self._as_given.add(id(part.op))
        for op in tf.compat.v1.get_default_graph().get_operations():  # in the order in which they were made
            if id(op) not in self._known and op.type not in _ONLY_SHAPES:
                self._follow(op)

    def _follow(self, op: Any) -> None:
        before = [id(x.op) for x in op.inputs if id(x.op) in self._known]
        if not before:
            return
        self._known[id(op)] = frozenset().union(*(self._known[one] for one in before))
        same = op.type in _SAME or not any(x.dtype.is_floating for x in op.outputs)
        if same and all(one in self._as_given for one in before):
            self._as_given.add(id(op))

    def of(self, x: Any) -> frozenset[int]:
        """Return the numbers of the inputs that a tensor's values depend on; eagerly all, because it is not known."""
        if self._every is not None:
            return self._every
        return frozenset().union(*(self._known.get(id(part.op), frozenset()) for part in _parts(x) if hasattr(part, "graph")))

    def is_as_given(self, x: Any) -> bool:
        """Return whether nothing was calculated in floating-point numbers on the way from the inputs to a tensor."""
        if self._every is not None:
            return not x.dtype.is_floating
        return all(id(part.op) in self._as_given for part in _parts(x) if hasattr(part, "graph"))


def _shape_of(x: Any) -> Shape:
    return () if x.shape.rank is None else tuple(x.shape)


def _parts(x: Any) -> list[Any]:
    return [] if x is None else inner_tensors(x) or [x]


def signature_of(function: object, flat: Sequence[Any], eager: bool) -> tuple[object, ...]:
    """Return what a reading of a model by some inputs is kept under."""
    shapes = tuple(None if x is None else (type(x), tuple(x.shape)[1:], x.dtype.name) for x in flat)
    return (function, shapes, eager)
