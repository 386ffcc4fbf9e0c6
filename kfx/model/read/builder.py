"""What one reading of a model has found so far; the readers add to it and `read_graph` freezes it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from kfx.keras_access import internals
from kfx.keras_access.importing import import_keras
from kfx.model.facts import Edge, LayerCall, Shape, Tensor
from kfx.model.labels import call_label, free_label
from kfx.model.layers.arguments import config_of
from kfx.model.layers.cost import call_cost, total_cost
from kfx.model.layers.words import family, settings
from kfx.model.read.memo import Described
from kfx.model.read.weights import Weight, WeightSizes

Source = tuple[str, int]
Charged = tuple[dict[int, Weight], dict[int, Weight]]  # a layer's own, and those not counted before


@dataclass(frozen=True)
class Inside:
    """What a container holds: its inner inputs, the inner calls that make its outputs, and their dict keys."""

    kind: str = "layer"
    inputs: tuple[str, ...] = ()
    outputs: tuple[Source, ...] = ()
    note: str = ""
    names: tuple[str, ...] = ()


@dataclass
class Level:
    """One container while it is read: where it stands, how often each layer is called in it, and who made which tensor."""

    parent: str | None
    path: tuple[str, ...]
    fresh: dict[int, Weight]  # weights inside this container that no call was charged for yet, by identity
    totals: Counter[int] = field(default_factory=Counter)  # calls of each layer in this container, by identity
    seen: Counter[int] = field(default_factory=Counter)
    tensors: dict[int, Tensor] = field(default_factory=dict)  # identity of a tensor -> what is said of it, its name left out
    made: dict[int, Source] = field(default_factory=dict)  # identity of a tensor -> the call and output that made it
    turns: dict[int, int] = field(
        default_factory=dict
    )  # identity of a node -> which call of its layer it is, where not by place


class Reading:
    """Calls, edges and notes as they are found, in order."""

    def __init__(self) -> None:
        self.keras = import_keras()
        self.layer_class = self.keras.layers.Layer
        self.input_class = self.keras.layers.InputLayer
        self.calls: list[LayerCall] = []
        self.edges: list[Edge] = []
        self.notes: list[str] = []
        self.keys: set[str] = set()
        self.ops: dict[str, Any] = {}  # the layer or operation behind each call, by the call's key
        self.traces = 0
        self.described = Described()
        self.weights = WeightSizes()
        self._tensors: dict[tuple[Any, str, str], Tensor] = {}

    def label(self, op: Any, level: Level, node: Any = None) -> tuple[str, int, int]:
        """The name a call goes by in its container (``name@call`` if it is shared), which call it is, and of how many."""
        call, calls = level.seen.get(id(op), 0) + 1, level.totals.get(id(op), 0)
        level.seen[id(op)] = call
        if level.turns:
            call = level.turns.get(id(node), call)
        name = str(op.name)
        return self.free(call_label(name, call, calls), level), call, calls

    def free(self, label: str, level: Level, mark: str = "~", first: int = 2) -> str:
        """The label, or ``label~2`` where another call of that name already stands in the container."""
        found = free_label(label, self.keys, inside=level.parent, mark=mark, first=first)
        self.keys.add(found if level.parent is None else f"{level.parent}/{found}")
        return found

    def tensor(self, shape: Shape | None, dtype: str, name: str = "") -> Tensor:
        """A `Tensor`; equal ones are the same object."""
        key = (shape, dtype, name)
        found = self._tensors.get(key)
        if found is None:
            found = self._tensors[key] = Tensor(None if shape is None else tuple(shape), str(dtype), name)
        return found

    def ordered_edges(self) -> tuple[Edge, ...]:
        """Edges by the call that they enter, in the order of the calls; those of one call keep theirs."""
        place = {call.key: number for number, call in enumerate(self.calls)}
        return tuple(sorted(self.edges, key=lambda edge: place[edge.target]))

    def reserve(self) -> int:
        """Keep a place for a container's own call before the calls inside it."""
        self.calls.append(None)  # type: ignore[arg-type]
        return len(self.calls) - 1

    def charge(self, op: Any, level: Level) -> Charged:
        """All weights of a layer, and those of them that no call was charged for yet, which this call now is."""
        if not isinstance(op, self.layer_class):
            return {}, {}
        found = internals.weights_of(op)
        if not found:
            return {}, {}
        own, fresh = self.weights.of(found), level.fresh
        return own, {i: fresh.pop(i) for i in own if i in fresh}

    def write(
        self,
        place: int,
        op: Any,
        level: Level,
        name: tuple[str, int, int],
        inputs: tuple[Tensor, ...],
        outputs: tuple[Tensor, ...],
        weights: Charged,
        constants: Sequence[tuple[str, Any]] = (),
        inside: Inside | None = None,
    ) -> str:
        """Fill a reserved place with the facts of one call; returns its key."""
        label, call, calls = name
        path = (*level.path, label)
        cls = type(op)
        is_layer = isinstance(op, self.layer_class)
        kind = inside.kind if inside else ("input" if isinstance(op, self.input_class) else "layer") if is_layer else "op"
        own, new = weights
        trains = is_layer and op.trainable
        key = "/".join(path)
        params = sum([w.size for w in new.values()]) if new else 0
        self.ops[key] = op
        if inside is not None and inside.kind != "layer":
            children = [c for c in self.calls[place + 1 :] if c.parent == key]
            if inside.kind == "opaque" and internals.runs_keras_code(cls):  # a wrapper of Keras's, which has a formula
                cost = call_cost(op, inputs, outputs, inside={id(self.ops[c.key]): c.cost for c in children})
            else:
                cost = total_cost(children, known=inside.kind == "model", outputs=outputs)
            config, spoken = config_of(op, constants), settings(op, inputs=inputs, constants=constants)
            derivation: tuple[str, ...] = ()
        else:
            config, spoken, cost, derivation = self.described.say(op, inputs, outputs, constants)
        self.calls[place] = LayerCall.of(
            key=key,
            path=path,
            name=str(op.name),
            kind=kind,
            type=cls.__name__,
            family=family(op, kind=kind, inputs=len(inputs)),
            call=call,
            calls=calls,
            module=_module(op, is_layer),
            settings=spoken,
            config=config,
            inputs=inputs,
            outputs=outputs,
            params=params,
            trainable=sum([w.size for w in _trained(op, new)]) if trains and new else 0,
            own_params=params if len(own) == len(new) else sum([w.size for w in own.values()]),
            weight_bytes=sum([w.nbytes for w in new.values()]) if new else 0,
            dtype=str(op.compute_dtype) if is_layer and kind != "input" else outputs[0].dtype if outputs else "",
            frozen=bool(own) and not trains,
            cost=cost,
            parent=level.parent,
            inner_inputs=inside.inputs if inside else (),
            inner_outputs=inside.outputs if inside else (),
            bases=internals.bases_of(cls),
            note=inside.note if inside else "",
            derivation=derivation,
            built=not is_layer or bool(getattr(op, "built", True)),
        )
        return key


def _trained(op: Any, weights: dict[int, Weight]) -> list[Weight]:
    if internals.tracked_layers(op):  # there may be a frozen layer inside a trainable one
        trained = set(map(id, op.trainable_weights))
        return [w for i, w in weights.items() if i in trained]
    return [w for w in weights.values() if w.trainable]


def _module(op: Any, is_layer: bool) -> str:
    if not internals.is_builtin(type(op)):
        return type(op).__module__
    return "keras.layers" if is_layer else "keras.ops"
