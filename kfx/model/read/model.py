"""Read any Keras model, layer or symbolic tensors into a `LayerGraph`, and leave them as they were.

There are three ways, the most reliable first: Keras's own graph (*exact*); one run of the model's code, on shapes
only or, if it asks for values, on the data given (*traced*); the layers it holds, with no wiring (*opaque*).
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from kfx.errors import KfxError, TraceError
from kfx.keras_access import internals
from kfx.keras_access.no_call import has_no_call, step_of
from kfx.keras_access.not_a_model import require_model
from kfx.keras_access.untouched import untouched
from kfx.model.facts import LayerGraph, Shape
from kfx.model.read.asking import advice, read_in_part, why_unknown
from kfx.model.read.batch import require_batch
from kfx.model.read.builder import Level, Reading
from kfx.model.read.functional import list_sublayers, read_chain, read_function, read_nodes, read_run
from kfx.model.read.inputs import CallSpecs, given_data, given_specs, remembered_specs
from kfx.model.read.inside.event import Run
from kfx.model.read.inside.trace import can_trace, is_transparent, run_somehow
from kfx.model.read.inside.write import NEVER_CALLED, NOT_CALLED
from kfx.model.read.kept import keep, kept
from kfx.model.read.parts import list_parts, note_on_parts
from kfx.model.read.sizes.experts import active_params
from kfx.model.read.sizes.follow import input_shapes, sized
from kfx.model.read.sizes.kv_cache import kv_cache
from kfx.model.read.step import run_step
from kfx.model.read.symbolic import is_symbolic, read_tensors
from kfx.model.read.weights import Weight, measure
from kfx.model.read.wiring import Wiring

_WHOLE_NUMBERS = "Keras does not remember the inputs' dtype: this is what the model does with whole numbers."

_STEP = "The calls of one {}, in order; costs are those of its forward calls, without losses, gradients and updates."


def read_graph(model: Any, *, inputs: Any = None) -> LayerGraph:
    """Return the facts about a model: its calls, its edges and their costs.

    Args:
        model: A Keras model or layer of any kind; or a KerasTensor, or a list or dict of them, to read all that leads to them.
            A scikit-learn wrapper of `keras.wrappers` stands for its fitted model, else for the one that it would fit.
        inputs: What the model is called with: a shape with the batch axis first, e.g. ``(None, 28, 28, 1)``, an array, a
            tensor, a spec, a data set, or a list, tuple or dict of them in the structure that the model takes; where ``call``
            takes several arguments, a tuple or a dict by their names. For a model with a graph of its own, the sizes
            replace those that it leaves open, e.g. the length of a text, so that costs are numbers. Any other model is run
            once on shapes; not needed where Keras remembers an earlier call. If the model's code asks for values, it is
            called once on the first rows of arrays or the first batch of a data set. For a model without ``call``: a batch as
            ``fit`` hands it to ``train_step``, e.g. ``(x, y)``, to read the wiring of one step, which is recorded without
            training; without ``inputs``, such a model is read by its parts.

    Returns:
        The graph; ``kind`` says how reliable it is, ``notes`` what could not be read and what to do about it.

    Raises:
        TypeError: When ``model`` is not a Keras object, or ``inputs`` has no shape.
        ValueError: When a model with a graph of its own does not take such ``inputs``.
        KfxError: When the model's own attributes raise.

    Example:
        >>> import keras
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, name="scores")], name="tiny")
        >>> read_graph(model)
        <LayerGraph 'tiny': 2 calls, 10 parameters, exact>
    """
    return read_tensors(model) if is_symbolic(model) else read_layers(model, inputs=inputs)[0]


def read_layers(model: Any, *, inputs: Any = None) -> tuple[LayerGraph, dict[str, Any]]:
    """Return the facts about a model and the layer behind each call, by the call's key; see `read_graph`."""
    model = require_model(model)
    specs = None if inputs is None or has_no_call(model) else given_specs(model, inputs)
    shapes = None if specs is None or internals.function_of(model) is None else input_shapes(model, specs)
    if inputs is not None and has_no_call(model):
        require_batch(model, inputs)
    found = kept(model, specs) if inputs is None or specs is not None else None
    if found is not None:
        return found
    try:
        with _collector_paused():
            return _read_layers(model, specs, inputs, shapes)  # the reader is freed before collection resumes
    except KfxError:
        raise
    except Exception as error:
        raise KfxError(
            f"{type(model).__name__} could not be read: {type(error).__name__}: {str(error)[:300]}. "
            "The error comes from the model's own attributes; model.summary() may show where."
        ) from error


def _read_layers(
    model: Any, specs: CallSpecs | None, inputs: Any, shapes: list[Shape] | None
) -> tuple[LayerGraph, dict[str, Any]]:
    reader = _Reader(model, specs, inputs, shapes)
    try:
        graph, layers = reader.read_layers()
    finally:
        reader.reading.close()
    if reader.reading.equal.taken and not reader.took_values and (inputs is None or specs is not None):
        keep(model, specs, graph, layers)  # a plain graph is read as fast as it is compared
    return graph, layers


@contextlib.contextmanager
def _collector_paused() -> Iterator[None]:
    """Pause garbage collection, which takes a tenth of a reading: a reading makes some 50,000 small objects, none garbage."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


class _Reader:
    """Reads one model in the first of the three ways that works."""

    def __init__(self, model: Any, specs: CallSpecs | None, given: Any, shapes: list[Shape] | None):
        self.model, self.specs, self.given, self.shapes = model, specs, given, shapes
        self.reading = Reading()
        self.inputs: tuple[str, ...] = ()
        self.outputs: tuple[tuple[str, int, str], ...] = ()
        self.weights: dict[int, Weight] = {}
        self.took_values = False  # what was read depends on the data given

    def read_layers(self) -> tuple[LayerGraph, dict[str, Any]]:
        return self._read_or_build(), self.reading.ops

    def _read_or_build(self) -> LayerGraph:
        if internals.function_of(self.model) is not None or self.specs is None:
            return self._read(self.model)
        with untouched(self.model):
            return self._build_and_read(self.model, self.specs)

    def _build_and_read(self, model: Any, specs: CallSpecs) -> LayerGraph:
        """Read a model that may be built during the reading only."""
        built = getattr(model, "built", True)
        if isinstance(model, self.reading.keras.Sequential) and not built and len(specs.args) == 1:
            shape = getattr(specs.args[0], "shape", None)
            with self.reading.keras.StatelessScope():
                if shape is not None:
                    model.build(shape)
        graph = self._read(model)
        if built or graph.kind == "opaque":
            return graph
        note = "The model is not built yet: sizes are those it would have with these inputs."
        return replace(graph, notes=(note, *graph.notes))

    def _read(self, model: Any) -> LayerGraph:
        function = internals.function_of(model)
        if function is not None:
            return self._exact(function)
        if isinstance(model, self.reading.keras.Sequential) and not (self.specs and model.built):
            return self._chain(model)
        if has_no_call(model) and (internals.tracked_layers(model) or isinstance(model, self.reading.keras.Model)):
            return self._parts(model) if self.given is None else self._step(model)
        if is_transparent(model):
            return self._run(model, self.specs or remembered_specs(model))
        return self._single(model)

    def _exact(self, function: Any) -> LayerGraph:
        top = self._top()
        shapes = {} if self.shapes is None else sized(self.reading, function, self.shapes)
        read_function(self.reading, function, top, shapes)
        self.inputs = tuple(top.made[id(t)][0] for t in function.inputs)
        names = internals.structure_names(function, "outputs")
        self.outputs = tuple((*top.made[id(t)], name) for t, name in zip(function.outputs, names, strict=True))
        return self._freeze("exact")

    def _chain(self, model: Any) -> LayerGraph:
        only = internals.only_input(model)
        if only is not None:
            top = self._top()
            read_nodes(self.reading, internals.calls_of(only)[:1], top, {})
            key = self.reading.calls[0].key
            self.inputs, self.outputs = (key,), ((key, 0, ""),)
            self.reading.notes.append("The model has no layers yet: it returns its input. Add some with model.add(layer).")
            return self._freeze("exact")
        inside = read_chain(self.reading, model, self._top())
        self.inputs = inside.inputs if self.reading.calls and self.reading.calls[0].kind == "input" else ()
        self.outputs = tuple((key, number, "") for key, number in inside.outputs)
        if not model.layers:
            self.reading.notes.append("The model has no layers yet; add some with model.add(layer).")
        elif not model.built:
            self.reading.notes.append(
                "The model was never built, so shapes and parameters are unknown. "
                "Call model.build(input_shape), or give inputs=(None, ...) here."
            )
        return self._freeze("exact")

    def _run(self, model: Any, specs: CallSpecs | None) -> LayerGraph:
        if specs is None:
            return self._opaque(f"How the layers of {type(model).__name__} are wired is unknown: {why_unknown(model)}")
        if not can_trace():
            return self._opaque("How the layers are wired is unknown: tracing needs the TensorFlow backend.")
        had = len(internals.weights_of(model))
        with untouched(model):
            try:
                made, note = self._recorded(specs)
            except TraceError as error:
                return self._opaque(f"How the layers are wired is unknown: the model's call raised {error}. {self._advice()}")
            self.took_values = made.graph is None
            self.reading.notes += [note] if note else []
            inside = read_run(self.reading, made, self._top())
            self.inputs = inside.inputs
            self.outputs = tuple((*source, name) for source, name in zip(inside.outputs, inside.names, strict=True))
            if self.specs is None and any(c.depth == 0 and c.note in (NOT_CALLED, NEVER_CALLED) for c in self.reading.calls):
                self.reading.notes += filter(None, [read_in_part(model)])
            if model.built and len(self.weights) > had:
                self.reading.notes.append("Some layers are not built yet: sizes are those they would have with these inputs.")
            return self._freeze("traced")

    def _recorded(self, specs: CallSpecs) -> tuple[Run, str]:
        equal = self.reading.equal
        try:
            return run_somehow(self.model, specs, self.given, equal)
        except TraceError:
            if self.specs is not None:
                raise
            with contextlib.suppress(TraceError):
                made, note = run_somehow(self.model, specs.whole_numbers(), equal=equal)
                return made, " ".join(filter(None, (_WHOLE_NUMBERS, note)))
            raise

    def _advice(self) -> str:
        """Return what to do after a model's call raised with shapes alone, or with data."""
        if given_data(self.model, self.given) is not None:
            return "The data given were tried as well: see that the model runs on them."
        return advice(self.model, self.specs)

    def _opaque(self, note: str) -> LayerGraph:
        self.reading.notes.append(note)
        list_sublayers(self.reading, self.model, self._top())
        return self._freeze("opaque")

    def _step(self, model: Any) -> LayerGraph:
        """Read one training step of a model without ``call``."""
        if not step_of(model) or not can_trace():
            return self._parts(model, "an error")
        had = len(internals.weights_of(model))
        with untouched(model):
            try:
                run = run_step(model, self.given)
            except TraceError as error:
                failed = str(error)
            else:
                wiring = Wiring(self.reading, run, self._top())
                wiring.read(model)
                self.inputs, self.outputs = wiring.inputs, wiring.outputs
                self.reading.notes += [note for note in (_STEP.format(run.step), run.note) if note]
                if len(self.weights) > had:
                    self.reading.notes.append(
                        "Some parts are not built yet: sizes are those they would have with these inputs."
                    )
                return self._freeze("traced")
        return self._parts(model, failed)

    def _parts(self, model: Any, why: str = "") -> LayerGraph:
        """List what a model without ``call`` holds; ``why`` says why its step could not be read."""
        self.reading.notes.append(note_on_parts(model, why))
        list_parts(self.reading, model, self._top())
        return self._freeze("opaque")

    def _single(self, layer: Any) -> LayerGraph:
        """Read a layer by itself as one call, with the shapes of its only call where it has exactly one."""
        reading, top = self.reading, self._top()
        if not isinstance(layer, reading.layer_class):
            return self._freeze("exact")
        top.totals[id(layer)] = 1
        place, weights = reading.place(layer, top), reading.charge(layer, top)
        inputs, outputs = internals.only_call(layer)
        shown = [tuple(reading.tensor(t.shape, t.dtype) for t in tensors) for tensors in (inputs, outputs)]
        if not layer.built:
            reading.notes.append("The layer was never called, so shapes and parameters are unknown.")
        reading.write(place, layer, top, shown[0], shown[1], weights)
        self.outputs = tuple((place.key, number, "") for number in range(len(shown[1])))
        return self._freeze("exact")

    def _top(self) -> Level:
        self.reading.weights.trained = internals.trained_only(self.model)
        self.weights = self.reading.weights.of(internals.weights_of(self.model))
        return Level(None, (), dict(self.weights))

    def _freeze(self, kind: str) -> LayerGraph:
        model, reading = self.model, self.reading
        outside = sum(w.size for w in self.weights.values()) - sum(c.params for c in reading.calls if c.parent is None)
        if outside:
            reading.notes.append(f"{outside:,} parameters belong to the model itself or to layers outside its graph.")
        batches = [] if self.specs is None else self.specs.batches()
        return reading.freeze(
            kind,
            self.weights,
            name=str(model.name),
            type=type(model).__name__,
            inputs=self.inputs,
            outputs=self.outputs,
            trainable=sum(w.size for w in self.weights.values() if w.trainable),
            optimizer_params=_optimizer_params(model),
            active_params=active_params(model),
            kv_cache=kv_cache(reading.calls, reading.edges, reading.ops, batches[0] if len(batches) == 1 else 1),
        )


def _optimizer_params(model: Any) -> int:
    optimizer = getattr(model, "optimizer", None)
    if optimizer is None or not getattr(optimizer, "built", False):
        return 0
    return sum(measure(variable).size for variable in optimizer.variables)
