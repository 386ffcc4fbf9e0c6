"""Turn one recorded step into calls and edges: data and random draws, the parts in the order of their calls, the losses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from kfx.keras_access import internals
from kfx.keras_access.importing import import_keras
from kfx.keras_access.tensorflow.tensors import inner_tensors
from kfx.model.facts import Cost, Edge, LayerCall, Tensor
from kfx.model.layers.cost import tensor_bytes
from kfx.model.read.builder import Inside, Level, Place, Reading, Source
from kfx.model.read.functional import read_composite, read_inside, read_untraced
from kfx.model.read.inputs import CallSpecs, Spec
from kfx.model.read.inside.raw_ops import only_shape
from kfx.model.read.inside.trace import is_transparent
from kfx.model.read.parts import list_parts
from kfx.model.read.step import PartCall, Slope, StepRun

if TYPE_CHECKING:
    import keras

_SEVERAL = ("x", "y", "sample_weight")  # the names of what fit hands over as a tuple
_NOT_CALLED = "not called in one {}"
_HIDDEN = "called inside a loop or a condition of the {}, where no wiring is recorded"
Sources = dict[Source, None]  # what a tensor was made from, in order


class Wiring:
    """One step while it is read.

    Attributes:
        inputs: Keys of the data.
        outputs: The losses, or what the step returned where nothing was differentiated.
    """

    def __init__(self, reading: Reading, run: StepRun, level: Level) -> None:
        import tensorflow as tf

        self.tf, self.reading, self.run, self.level = tf, reading, run, level
        self.made: dict[int, Sources] = {}  # by identity of a tensor
        self.alive: list[Any] = [run]  # keeps tensors, whose identities are keys
        self.inputs: tuple[str, ...] = ()
        self.outputs: tuple[tuple[str, int, str], ...] = ()

    def read(self, model: keras.Model) -> None:
        """Add all calls of the step, and the parts of the model that it does not call."""
        self.inputs = tuple(self._box(name, "InputLayer", (x,), kind="input", costs=True) for name, x in self._data())
        calls = [event for event in self.run.events if isinstance(event, PartCall)]
        self.level.totals.update(Counter(id(call.op) for call in calls))
        for event in self.run.events:
            self._call(event) if isinstance(event, PartCall) else self._gradient(event) if event.by else self._losses(event)
        if not self.outputs:
            self._logs()
        called, hidden = {id(call.op) for call in calls}, {id(op) for op in self.run.hidden}
        for part in internals.sublayers(model):
            if id(part) not in called:
                note = (_HIDDEN if id(part) in hidden else _NOT_CALLED).format(self.run.step)
                list_parts(self.reading, model, self.level, only=[part], note=note)
        if hidden:
            names = ", ".join(dict.fromkeys(str(op.name) for op in self.run.hidden))
            self.reading.notes.append(f"Calls inside a loop or a condition of the step are not shown: {names}.")

    def _data(self) -> list[tuple[str, Any]]:
        """Return the tensors of the batch by the names that Keras gives to what fit hands over."""
        data = self.run.data
        if isinstance(data, tuple | list) and len(data) == 1:
            data = data[0]
        together = isinstance(data, tuple) and len(data) <= len(_SEVERAL) and not any(isinstance(x, tuple) for x in data)
        parts = zip(_SEVERAL, data, strict=False) if together else [("" if isinstance(data, dict) else "data", data)]
        found = [(f"{name}.{where}".strip("."), x) for name, part in parts for where, x in internals.leaves(part)]
        return [(name, x) for name, x in found if self.tf.is_tensor(x)]

    # ---- boxes

    def _call(self, call: PartCall) -> None:
        reading, level, op = self.reading, self.level, call.op
        arguments = [*internals.leaves(call.args), *internals.leaves(call.kwargs)]
        given = [(where, x) for where, x in arguments if self.tf.is_tensor(x) and not isinstance(x, self.tf.Variable)]
        constants = [(where, x) for where, x in arguments if x is not None and not self.tf.is_tensor(x)]
        sources = [(where, self._sources(x)) for where, x in given]  # before the place of the call: random draws come first
        place = reading.place(op, level)
        self._edges(place, sources)
        inputs = tuple(self._facts(x, internals.name_in_path(where.partition(".")[2])) for where, x in given)
        flat = [(where, x) for where, x in internals.leaves(call.outputs) if self.tf.is_tensor(x)]
        outputs = tuple(self._facts(x, internals.name_in_path(where)) for where, x in flat)
        weights = reading.charge(op, level)
        inside = self._inside(call, place.inside(weights), inputs, outputs)
        reading.write(place, op, level, inputs, outputs, weights, constants, inside)
        for number, (_, x) in enumerate(flat):
            self._made(x, (place.key, number))
        for x in call.losses:
            self._made(x, (place.key, 0))

    def _inside(self, call: PartCall, inner: Level, inputs: tuple[Tensor, ...], outputs: tuple[Tensor, ...]) -> Inside | None:
        op = call.op
        function = internals.function_of(op)
        if function is not None:
            return read_inside(self.reading, function, inner, inputs)
        if not internals.tracked_layers(op):
            return None
        if not is_transparent(op):
            return read_untraced(self.reading, op, inner, inputs, outputs)
        facts = import_keras().tree.map_structure(self._spec, (call.args, call.kwargs))
        return read_composite(self.reading, op, inner, CallSpecs(*facts))

    def _spec(self, x: Any) -> Any:
        if not self.tf.is_tensor(x) or isinstance(x, self.tf.Variable):
            return x
        facts = self._facts(x)
        return Spec(facts.shape if facts.shape is not None else (), facts.dtype)

    def _gradient(self, slope: Slope) -> None:
        """Add a gradient by tensors, such as that of a gradient penalty."""
        outputs = [x for x in import_keras().tree.flatten(slope.outputs) if isinstance(x, self.tf.Tensor)]
        inputs = [*slope.of, *slope.by]
        given = [(str(number), self._sources(x)) for number, x in enumerate(inputs)]
        key = self._box("gradient", "Gradient", outputs, inputs=inputs, sources=given)
        for number, x in enumerate(outputs):
            self._made(x, (key, number))

    def _losses(self, slope: Slope) -> None:
        """Add losses: tensors that are differentiated by weights; a name that the step returns one under is a setting."""
        logs = self.run.logs if isinstance(self.run.logs, dict) else {}
        names = {id(x): str(name) for name, x in logs.items()}
        several = sum(len(event.of) for event in self.run.events if isinstance(event, Slope) and not event.by) > 1
        for x in slope.of:
            self._end(f"loss_{len(self.outputs) + 1}" if several else "loss", "Loss", x, names.get(id(x), ""))

    def _logs(self) -> None:
        """Add what the step returns; where nothing is differentiated, it shows where the calls lead."""
        for where, x in internals.leaves(self.run.logs):
            if isinstance(x, self.tf.Tensor):
                name = where or "loss"
                self._end(name, "Loss" if "loss" in name else "Metric", x)

    def _end(self, name: str, type_: str, x: Any, setting: str = "") -> None:
        sources = [("0", self._sources(x))]
        key = self._box(name, type_, (x,), inputs=(x,), sources=sources, settings=(setting,) if setting else ())
        self.outputs += ((key, 0, name),)

    def _box(
        self,
        name: str,
        type_: str,
        tensors: Iterable[Any],
        *,
        kind: str = "op",
        inputs: Iterable[Any] = (),
        sources: Iterable[tuple[str, Sources]] = (),
        settings: tuple[str, ...] = (),
        costs: bool = False,
    ) -> str:
        """Add a box that is no layer; ``costs`` says whether its cost is known, which is none."""
        place, tensors = self.reading.place_named(name, self.level, "_", 1), tuple(tensors)
        outputs = tuple(map(self._facts, tensors))
        memory = tensor_bytes(outputs)
        self._edges(place, sources)
        self.reading.calls[place.row] = LayerCall(
            key=place.key,
            path=place.path,
            name=name,
            kind=kind,
            type=type_,
            family="io" if costs else "custom",
            module="keras.layers" if kind == "input" else "tensorflow",
            settings=settings,
            inputs=tuple(map(self._facts, inputs)),
            outputs=outputs,
            dtype=outputs[0].dtype if outputs else "",
            cost=Cost(0, 0, memory, "moves data only") if costs else Cost(None, None, memory, "not counted"),
            parent=self.level.parent,
        )
        if not sources:
            for number, x in enumerate(tensors):
                self._made(x, (place.key, number))
        return place.key

    def _edges(self, place: Place, given: Iterable[tuple[str, Sources]]) -> None:
        for where, sources in given:
            self.reading.edges += [Edge(*source, place.key, where) for source in sources]

    # ---- origins of tensors

    def _sources(self, tensor: Any) -> Sources:
        """Return what a tensor was made from: calls, data and random draws."""
        made, stack = self.made, [tensor]
        while stack:
            x = stack[-1]
            if id(x) in made:
                stack.pop()
                continue
            self.alive.append(x)
            op = self.run.origins.of(x) if isinstance(x, self.tf.Tensor) else None
            if op is None or only_shape(op.type):
                made[id(stack.pop())] = {}
            elif _is_random(op.type):
                self._box(_random_name(op.type), "Random", (x,), costs=True)
                stack.pop()
            else:
                waiting = [t for t in op.inputs if id(t) not in made and t.dtype != self.tf.resource and t is not x]
                if waiting:
                    stack += waiting
                else:
                    made[id(stack.pop())] = dict.fromkeys(source for t in op.inputs for source in made.get(id(t), {}))
        return made[id(tensor)]

    def _made(self, tensor: Any, source: Source) -> None:
        self.alive.append(tensor)
        self.made[id(tensor)] = {source: None}
        for inner in inner_tensors(tensor):
            self.made[id(inner)] = {source: None}

    def _facts(self, x: Any, name: str = "") -> Tensor:
        shape = getattr(x, "shape", None)
        sizes = None if shape is None or shape.rank is None else tuple(shape.as_list())
        return self.reading.tensor(sizes, x.dtype.name, name)


def _is_random(kind: str) -> bool:
    """Return whether an operation draws random numbers, which depend on nothing but a seed."""
    return ("Random" in kind or "TruncatedNormal" in kind) and "Shuffle" not in kind and "GetKey" not in kind


def _random_name(kind: str) -> str:
    words = {"Truncated": "truncated_normal", "Normal": "random_normal", "Int": "random_integers", "Uniform": "random_uniform"}
    return next((name for word, name in words.items() if word in kind), "random")
