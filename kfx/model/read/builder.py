"""The calls, edges and notes of one reading of a model; the readers add to them, and `Reading.freeze` makes the graph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from kfx.keras_access import internals
from kfx.keras_access.importing import import_keras
from kfx.model.facts import TRACED, Cost, Edge, LayerCall, LayerGraph, Shape, Tensor
from kfx.model.labels import call_label, free_label
from kfx.model.layers.arguments import training_note
from kfx.model.layers.cost import Times, call_cost, scaled, total_cost
from kfx.model.layers.words import family
from kfx.model.read.inside.equals import Equals
from kfx.model.read.inside.fingerprint import Fingerprints
from kfx.model.read.inside.traced import Tables
from kfx.model.read.memo import Described, of_arguments
from kfx.model.read.weights import Weight, WeightSizes
from kfx.text.numbers import count

Source = tuple[str, int]  # key of a call, number of one of its outputs
Charged = tuple[dict[int, Weight], dict[int, Weight]]  # weights by identity: all of a layer's, and those not counted before


@dataclass(frozen=True)
class Inside:
    """The calls inside a container: its inner inputs, the inner calls that make its outputs, and the outputs' dict keys."""

    kind: str = "layer"
    inputs: tuple[str, ...] = ()
    outputs: tuple[Source, ...] = ()
    note: str = ""
    names: tuple[str, ...] = ()


@dataclass
class Level:
    """One container during a reading.

    Attributes:
        parent: Its key; None for the top level.
        path: Its path.
        fresh: Weights inside it that no call was charged for yet, by identity.
        totals: The number of calls of each layer in it, by the layer's identity.
        seen: The number of calls of each layer read so far.
        tensors: The facts of each symbolic tensor in it without a name, by the tensor's identity.
        made: The call and output that made each tensor, by the tensor's identity.
        turns: The number of a call among its layer's calls by the node's identity, where it does not follow from the order.
        times: How many of the container's examples make one of the model's; None if unknown.
    """

    parent: str | None
    path: tuple[str, ...]
    fresh: dict[int, Weight]
    totals: Counter[int] = field(default_factory=Counter)
    seen: Counter[int] = field(default_factory=Counter)
    tensors: dict[int, Tensor] = field(default_factory=dict)
    made: dict[int, Source] = field(default_factory=dict)
    turns: dict[int, int] = field(default_factory=dict)
    times: Times = 1


class Place(NamedTuple):
    """The address of one call and the number of its row, kept free until its facts are known."""

    row: int
    key: str
    path: tuple[str, ...]
    call: int = 1
    calls: int = 1

    def inside(self, weights: Charged, times: Times = 1) -> Level:
        """Return the level for the calls inside this one, made with so many of its examples for one of the model's."""
        return Level(self.key, self.path, dict(weights[1]), times=times)


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
        self.unread: list[str] = []  # keys of the blocks that could not be read
        self.ops: dict[str, Any] = {}  # the layer or operation behind each call, by the call's key
        self.training: dict[bool, list[str]] = {}  # keys of the calls for which a graph of Keras's stores each value
        self.described = Described()
        self.prints = Fingerprints()
        self.weights = WeightSizes()
        self._tensors: dict[tuple[Any, str, str], Tensor] = {}
        self.equal = Equals(self.prints)
        self.tables = Tables(self.prints, self.tensor)

    def close(self) -> None:
        """Free what the runs of this reading made; nothing can be read with it afterwards."""
        self.equal.close()
        del self.tables  # which refers back to this reading

    def place(self, op: Any, level: Level, node: Any = None) -> Place:
        """Keep a row for a call before the calls inside it, under the layer's name, ``name@call`` if it is shared."""
        call, calls = level.seen.get(id(op), 0) + 1, level.totals.get(id(op), 0)
        level.seen[id(op)] = call
        if level.turns:
            call = level.turns.get(id(node), call)
        return self.place_named(call_label(str(op.name), call, calls), level, "~", 2, call, calls)

    def place_named(self, label: str, level: Level, mark: str = "~", first: int = 2, call: int = 1, calls: int = 1) -> Place:
        """Keep a row for a call under a label, or ``label~2`` where another call of the container has the label."""
        container = "" if level.parent is None else f"{level.parent}/"
        if container + label in self.keys:
            label = free_label(label, self.keys, inside=level.parent, mark=mark, first=first)
        key = container + label
        self.keys.add(key)
        self.calls.append(None)  # type: ignore[arg-type]
        return Place(len(self.calls) - 1, key, (*level.path, label), call, calls)

    def tensor(self, shape: Shape | None, dtype: str, name: str = "") -> Tensor:
        """Return a `Tensor`; equal ones are the same object."""
        key = (shape, dtype, name)
        found = self._tensors.get(key)
        if found is None:
            found = self._tensors[key] = Tensor(None if shape is None else tuple(shape), str(dtype), name)
        return found

    def charge(self, op: Any, level: Level) -> Charged:
        """Return all weights of a layer, and those of them that no call was charged for before this one."""
        found = internals.weights_of(op) if isinstance(op, self.layer_class) else ()
        if not found:
            return {}, {}
        own, fresh = self.weights.of(found), level.fresh
        return own, {i: fresh.pop(i) for i in own if i in fresh}

    def write(
        self,
        place: Place,
        op: Any,
        level: Level,
        inputs: tuple[Tensor, ...],
        outputs: tuple[Tensor, ...],
        weights: Charged,
        constants: Sequence[tuple[str, Any]] = (),
        inside: Inside | None = None,
        note: str = "",
        *,
        times: Times = 1,
        own: Cost | None = None,
    ) -> None:
        """Fill a row with the facts of its call.

        Args:
            times: How many of the call's examples make one of the model's; None if unknown.
            own: The cost of a layer without a formula, for one example of the model, from the operations of its code.
        """
        row, key, path, call, calls = place
        cls = type(op)
        is_layer = isinstance(op, self.layer_class)
        kind = inside.kind if inside else ("input" if isinstance(op, self.input_class) else "layer") if is_layer else "op"
        held, new = weights
        params, trainable, weight_bytes = _totals(new) if new else (0, 0, 0)
        fixed = {i for i, weight in held.items() if not weight.trainable} if held else held
        whole = len(fixed) == len(held)
        stopped = bool(fixed) and ((whole and not op.trainable) or not self.frozen_weights_of(op).isdisjoint(fixed))
        self.ops[key] = op
        if inside is not None and inside.kind != "layer":
            children = [c for c in self.calls[row + 1 :] if c.parent == key]
            if inside.kind == "opaque" and internals.runs_keras_code(cls):  # a wrapper of Keras's, which has a formula
                cost = call_cost(op, inputs, outputs, inside={id(self.ops[c.key]): c.cost for c in children})
            else:
                cost = total_cost(children, known=inside.kind == "model", outputs=outputs)
            config, spoken = of_arguments(op, inputs, constants)
            derivation: tuple[str, ...] = ()
            if inside.kind == "opaque":
                cost = scaled(cost, times)
        else:
            config, spoken, cost, derivation = self.described.say(op, inputs, outputs, constants)
            cost = cost if times == 1 else scaled(cost, times)
            if own is not None:
                cost = replace(own, activation_bytes=cost.activation_bytes)
        self.calls[row] = LayerCall.of(
            key=key,
            path=path,
            name=str(op.name),
            kind=kind,
            type=cls.__name__,
            family=family(op, kind=kind, inputs=len(inputs)),
            call=call,
            calls=calls,
            module=_module(cls),
            settings=spoken,
            config=config,
            inputs=inputs,
            outputs=outputs,
            params=params,
            trainable=trainable,
            own_params=params if len(held) == len(new) else sum([w.size for w in held.values()]),
            weight_bytes=weight_bytes,
            dtype=str(op.compute_dtype) if is_layer and kind != "input" else outputs[0].dtype if outputs else "",
            frozen=stopped and whole,
            partly_frozen=stopped and not whole,
            cost=cost,
            parent=level.parent,
            inner_inputs=inside.inputs if inside else (),
            inner_outputs=inside.outputs if inside else (),
            bases=internals.bases_of(cls),
            note=(inside.note if inside else "") or note or (_partly(params, trainable) if stopped and not whole else ""),
            derivation=derivation,
            built=not is_layer or bool(getattr(op, "built", True)),
        )

    def frozen_weights_of(self, op: Any) -> set[int]:
        """Return the identities of the weights of a layer that could train but do not, also because the model is frozen."""
        trained = self.weights.trained
        return internals.frozen_weights_of(op) | (set() if trained is None else internals.made_to_train(op) - trained)

    def _unread_notes(self) -> list[str]:
        """Return a sentence for each reason why blocks could not be read."""
        reasons: dict[str, list[str]] = {}
        unread = set(self.unread)
        for call in self.calls:
            if call.key in unread:
                reasons.setdefault(call.note, []).append(call.key)
        blocks = sum(call.note == TRACED for call in self.calls) + len(unread)
        found = [
            f"{len(keys)} of {count(blocks, 'block')} {'is' if len(keys) == 1 else 'are'} unread ({_counted(keys)}): {why}."
            for why, keys in reasons.items()
        ]
        return [*found, "Give inputs= with sizes for all axes, or with data, to read them."] if found else []

    def freeze(self, kind: str, weights: Mapping[int, Weight], **facts: Any) -> LayerGraph:
        """Return the graph of all that was read; ``facts`` holds the fields that follow from neither calls nor weights."""
        order = {call.key: number for number, call in enumerate(self.calls)}
        return LayerGraph(
            kind=kind,
            calls=tuple(self.calls),
            edges=tuple(sorted(self.edges, key=lambda edge: order[edge.target])),
            params=sum(w.size for w in weights.values()),
            weight_bytes=sum(w.nbytes for w in weights.values()),
            weights_sized=all(w.sized for w in weights.values()),
            cost=total_cost([call for call in self.calls if call.parent is None], known=kind != "opaque"),
            unread=tuple(self.unread),
            notes=(*self.notes, *self._unread_notes(), *(training_note(value, keys) for value, keys in self.training.items())),
            **facts,
        )


def _counted(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _partly(params: int, trainable: int) -> str:
    return f"{trainable:,} of its {params:,} parameters train, the others are frozen" if trainable else ""


def _totals(weights: Mapping[int, Weight]) -> tuple[int, int, int]:
    """Return the scalars of a layer's weights, how many of them training changes, and the bytes of all."""
    scalars = trainable = nbytes = 0
    for weight in weights.values():
        scalars += weight.size
        nbytes += weight.nbytes
        trainable += weight.size if weight.trainable else 0
    return scalars, trainable, nbytes


@internals.cache_by_class
def _module(cls: type) -> str:
    if not internals.is_builtin(cls):
        return cls.__module__
    return "keras.layers" if issubclass(cls, import_keras().layers.Layer) else "keras.ops"
