"""List the calls of a model that values can be taken from, as facts."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, NamedTuple

from kfx.keras_access import internals
from kfx.keras_access.arguments import as_one_value
from kfx.keras_access.forward import call, eagerly
from kfx.keras_access.hooks import listening
from kfx.keras_access.importing import import_keras
from kfx.keras_access.no_call import only_part, part_labels
from kfx.keras_access.tensorflow.tensors import is_tensor
from kfx.keras_access.untouched import stateless
from kfx.model.facts import LayerCall, Tensor
from kfx.model.layers.words import family
from kfx.model.read.asking import why_unknown
from kfx.model.read.inputs import Spec, given_specs, remembered_specs
from kfx.model.read.model import read_graph
from kfx.values.tap.opening import NOTHING, Opening
from kfx.values.tap.places import Target
from kfx.values.tap.program import cached
from kfx.values.tap.recorder import Recorder
from kfx.values.tap.visit import BESIDE, Argument, Made, Named

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

Calls = tuple[LayerCall, ...]
Position = tuple[tuple[int, int], ...]  # (id of the layer, number of its call in its container), outermost first


class Traced(NamedTuple):
    """The calls of one run.

    Attributes:
        calls: Those of layers that any address can name.
        inner: Those inside layers that the graph shows as one, e.g. the projections of an attention layer, and the operations
            of their code; "*" and "**" do not mean them.
        operations: The operations in the code of the layers that the graph shows opened.
        positions: The position of each call by address.
        targets: How to find each operation again, by address.
    """

    calls: Calls
    inner: Calls
    operations: Calls
    positions: dict[str, Position]
    targets: dict[str, Target]
    order: dict[str, int]


def addressable_calls(model: keras.Model, inputs: object, *, training: bool = False, run_eagerly: bool | None = None) -> Calls:
    """Return the calls that an address can name.

    A model with a graph of its own is read. Any other is traced once on the shapes of ``inputs``; nothing is computed
    unless the model is to run eagerly, and then these are the calls it makes for these inputs.
    """
    if internals.function_of(model) is not None:
        calls = cached(model, read_graph, lambda: read_graph(model).calls)
        if all(found.kind != "opaque" and found.note != "traced" for found in calls):
            return calls
    return traced_calls(model, inputs, training=training, run_eagerly=run_eagerly).calls


def traced_calls(
    model: keras.Model,
    inputs: object,
    *,
    training: bool = False,
    run_eagerly: bool | None = None,
    opening: Opening = NOTHING,
) -> Traced:
    """Return the calls of one run on the shapes of ``inputs``, or for these inputs if the model is to run eagerly.

    ``opening`` says in which layers' code to look for operations.
    """
    if run_eagerly:  # its code may look at the values and call other layers for others
        return _trace(model, inputs, training, True, opening)
    flat = [x for x in import_keras().tree.flatten(inputs) if hasattr(x, "shape")]
    signature = tuple((tuple(x.shape)[1:], getattr(x.dtype, "name", str(x.dtype))) for x in flat)
    key = (traced_calls, _layout(inputs), signature, training, opening)
    return cached(model, key, lambda: _trace(model, inputs, training, eagerly(model, run_eagerly), opening))


def specs_of(model: keras.Model, inputs: object = None) -> object:
    """Return specs of a model's inputs in their structure: those given, of its graph, or that Keras remembers of its call.

    Several arguments are a tuple, or a dict by their names.

    Raises:
        ValueError: They are unknown.
    """
    import tensorflow as tf

    tree = import_keras().tree
    model = only_part(model)
    function = internals.function_of(model)
    if function is not None:
        structure = internals.inputs_structure(function)
        return tree.map_structure(lambda x: tf.TensorSpec(x.shape, x.dtype), structure)
    if part_labels(model):
        return _common_specs(model, inputs)
    known = remembered_specs(model) if inputs is None else given_specs(model, inputs)
    if known is None:
        why = why_unknown(model)
        raise ValueError(f"Model {str(model.name)!r} has no graph of its own, and the shapes of its call are unknown: {why}")

    def spec(x: object) -> object:
        return tf.TensorSpec(x.shape, x.dtype) if isinstance(x, Spec) else x

    args, kwargs = tree.map_structure(spec, (known.args, known.kwargs))
    return as_one_value(model, args, kwargs)


def usable_specs(model: keras.Model, inputs: object) -> object:
    """Return specs of what a model is called with; None where Keras does not remember it, or not enough of it.

    Keras remembers the shapes of a call and not its dtypes, so that a model of whole numbers may refuse them.
    """
    if inputs is not None or internals.function_of(only_part(model)) is not None:
        return specs_of(model, inputs)
    try:
        specs = specs_of(model)
        traced_calls(model, specs)
    except Exception:  # the model's own code may raise anything
        return None
    return specs


def _layout(inputs: object) -> str:
    """Return the structure of some inputs as text: which are left out, and what is in a list, tuple or dict."""
    return str(import_keras().tree.map_structure(lambda x: None if x is None else "", inputs))


def _common_specs(model: keras.Model, inputs: object) -> object:
    """Return the specs of several parts that take the same inputs."""
    specs = [specs_of(part, inputs) for part in model.parts]
    if any(str(one) != str(specs[0]) for one in specs):
        raise ValueError(f"The addresses are in parts that take different inputs: {', '.join(model.labels)}. Ask for one part.")
    return specs[0]


def _trace(model: keras.Model, inputs: object, training: bool, run_eagerly: bool, opening: Opening) -> Traced:
    import tensorflow as tf

    named: list[Named] = []

    def run(x: object) -> tf.Tensor:
        recorder = Recorder(model, opening=opening)
        with stateless(model), listening(recorder):
            call(model, x, training)
        named[:] = recorder.named()
        return tf.constant(0)

    if run_eagerly:
        run(import_keras().tree.map_structure(_example_of, inputs))
    else:
        tf.function(run, autograph=False).get_concrete_function(inputs)
    return as_traced(model, named)


def as_traced(model: keras.Model, named: Sequence[Named]) -> Traced:
    """Return the calls of a recorded run."""
    where: dict[str, Position] = {}
    for one in named:
        above = where.get("/".join(one.path[:-1]), ())
        where[one.key] = (*above, (id(one.visit.op), one.visit.turn))
    made = {one.key: one.visit.op for one in named if isinstance(one.visit.op, Made)}
    calls, inner = described(model, named)
    return Traced(
        tuple(call for call in calls if call.key not in made),
        inner,
        tuple(call for call in calls if call.key in made),
        where,
        {key: op.target for key, op in made.items()} | {one.key: BESIDE for one in named if one.visit.beside},
        {one.key: n for n, one in enumerate(named)},
    )


def _example_of(x: tf.Tensor | tf.TensorSpec) -> tf.Tensor:
    """Return a tensor unchanged; for a spec, one example of zeros."""
    import tensorflow as tf

    if not isinstance(x, tf.TensorSpec):
        return x
    shape = [1 if n is None else n for n in x.shape]
    return tf.zeros(shape, x.dtype) if x.dtype != tf.string else tf.fill(shape, "")


def described(model: keras.Model, named: Sequence[Named], *, known_too: bool = True) -> tuple[Calls, Calls]:
    """Return facts about recorded calls, and apart from them those inside layers that the graph shows as one.

    They are the reader's where it has any, unless ``known_too`` is False: then they are as much as an address needs.
    """
    exact = known_too and internals.function_of(model) is not None
    known = {found.key: found for found in read_graph(model).calls} if exact else {}
    facts = [(one, known.get(one.key) or fact_of(one)) for one in named]
    return tuple(fact for one, fact in facts if not one.visit.hidden), tuple(fact for one, fact in facts if one.visit.hidden)


def fact_of(one: Named) -> LayerCall:
    """Return facts about a recorded call, from the call alone."""
    visit, op = one.visit, one.visit.op
    if isinstance(op, Made):
        return _operation(one, op)
    cls: type[object] = type(op)
    is_layer = isinstance(op, import_keras().layers.Layer)
    weights = {id(w): w for w in internals.weights_of(op)}.values() if is_layer else ()
    kind = _kind(one, is_layer)
    outputs = [x for x in import_keras().tree.flatten(visit.outputs) if is_tensor(x)]
    return LayerCall(
        key=one.key,
        path=one.path,
        name=str(op.name),
        kind=kind,
        type="InputLayer" if isinstance(op, Argument) else type(op).__name__,
        module="keras.layers" if internals.is_builtin(cls) or isinstance(op, Argument) else type(op).__module__,
        family="io" if isinstance(op, Argument) else family(op, kind=kind, inputs=1),
        call=visit.call,
        calls=one.calls,
        outputs=tuple(Tensor(None if x.shape.rank is None else tuple(x.shape), x.dtype.name) for x in outputs),
        own_params=sum(prod(w.shape) for w in weights),
        frozen=bool(weights) and not getattr(op, "trainable", True),
        dtype=str(getattr(op, "compute_dtype", "")),
        parent="/".join(one.path[:-1]) or None,
        bases=internals.bases_of(cls),
    )


def _operation(one: Named, op: Made) -> LayerCall:
    tensors = [x for x in import_keras().tree.flatten(one.visit.outputs) if is_tensor(x)]
    outputs = tuple(Tensor(None if x.shape.rank is None else tuple(x.shape), x.dtype.name) for x in tensors)
    return LayerCall(
        key=one.key,
        path=one.path,
        name=one.path[-1],
        kind="op",
        type=op.type,
        module="tensorflow",
        family=op.line.family if op.line is not None else "custom",
        settings=op.line.settings if op.line is not None else (),
        inputs=op.line.inputs if op.line is not None else (),
        outputs=outputs,
        dtype=outputs[0].dtype if outputs else "",
        parent="/".join(one.path[:-1]) or None,
        bases=op.bases,
    )


def _kind(one: Named, is_layer: bool) -> str:
    op = one.visit.op
    if isinstance(op, Argument | import_keras().layers.InputLayer):
        return "input"
    if internals.function_of(op) is not None:
        return "model"
    return "op" if not is_layer else "opaque" if any(not inner.hidden for inner in one.visit.inner) else "layer"
