"""Read what attribution needs to know of a model: its outputs, what each call depends on, and where numbers begin."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kfx.keras_access.forward import call
from kfx.keras_access.hooks import listening
from kfx.keras_access.importing import import_keras
from kfx.keras_access.tensorflow.tensors import inner_tensors, is_tensor
from kfx.keras_access.untouched import stateless
from kfx.values.attribution.recorder import GivenRecorder, Position
from kfx.values.features import labelled
from kfx.values.tap.logits import logits_noted
from kfx.values.tap.program import only_tensors
from kfx.values.tap.visit import Argument

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

_SAME = frozenset({"Cast", "Identity", "Reshape", "ExpandDims", "Squeeze", "Transpose", "Placeholder"})  # numbers stay
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
    shape: tuple[int | None, ...]
    floating: bool
    inputs: frozenset[int]
    begins: frozenset[int] = frozenset()
    given: tuple[int | None, ...] = ()
    container: bool = False
    is_input: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """One run of a model on shapes.

    Attributes:
        calls: Its calls in the order in which they ran, inner ones included.
        logits: For each output whether a softmax or sigmoid makes it.
        outputs: For each output the numbers of the inputs that it depends on.
    """

    calls: tuple[CallFact, ...]
    logits: tuple[bool, ...]
    outputs: tuple[frozenset[int], ...]


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
        depends = _dependence(import_keras().tree.flatten(given))
        are_logits = tuple(logits.of(x) is not None for x in flat)
        found.append(Reading(_facts(recorder, depends), are_logits, tuple(map(depends, flat))))
        return tf.constant(0)

    if run_eagerly:
        run(inputs)
    else:
        tf.function(run, autograph=False).get_concrete_function(inputs)
    return found[0]


def _facts(recorder: GivenRecorder, depends: Callable[[Any], frozenset[int]]) -> tuple[CallFact, ...]:
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
        begins, arg = _begins(one.visit.op, [x for x in given if depends(x)], first, depends)
        is_input = isinstance(one.visit.op, Argument | import_keras().layers.InputLayer)
        where, floating, inner = positions[one.key], first.dtype.is_floating, bool(one.visit.inner)
        facts.append(CallFact(one.key, where, shape, floating, depends(first), begins, arg, inner, is_input))
    return tuple(facts)


def _begins(
    op: object, given: Sequence[Any], output: Any, depends: Callable[[Any], frozenset[int]]
) -> tuple[frozenset[int], tuple[int | None, ...]]:
    """Return the inputs whose whole numbers or words a call is the first to make floats of, and the form of these."""
    lookup = isinstance(op, import_keras().layers.Embedding)
    if not given or not output.dtype.is_floating or not all(_is_as_given(x, lookup) for x in given):
        return frozenset(), ()
    shape = given[0].shape
    return frozenset().union(*map(depends, given)), () if shape.rank is None else tuple(shape)


def _is_as_given(x: Any, lookup: bool) -> bool:
    """Return whether a tensor holds whole numbers or words, at most turned into floats on the way from an input."""
    if not x.dtype.is_floating or lookup:
        return True
    while hasattr(x, "graph") and x.op.type in _SAME:
        if not x.dtype.is_floating:
            return True
        if not len(x.op.inputs):
            return False
        x = x.op.inputs[0]
    return not x.dtype.is_floating


def _dependence(inputs: Sequence[Any]) -> Callable[[Any], frozenset[int]]:
    """Return a function from a tensor to the numbers of the inputs that its values depend on."""
    import tensorflow as tf

    every = frozenset(range(len(inputs)))
    if tf.executing_eagerly():
        return lambda x: every
    known: dict[int, frozenset[int]] = {}
    graph = tf.compat.v1.get_default_graph()
    for number, x in enumerate(inputs):
        for part in _parts(x):
            known[id(part.op)] = known.get(id(part.op), frozenset()) | {number}
    for op in graph.get_operations():  # in the order in which they were made
        if id(op) in known or op.type in _ONLY_SHAPES:
            continue
        found = frozenset().union(*(known.get(id(x.op), frozenset()) for x in op.inputs))
        if found:
            known[id(op)] = found

    def of(x: Any) -> frozenset[int]:
        parts: Iterable[Any] = _parts(x)
        return frozenset().union(*(known.get(id(part.op), frozenset()) for part in parts if hasattr(part, "graph")))

    return of


def _parts(x: Any) -> list[Any]:
    return [] if x is None else inner_tensors(x) or [x]
