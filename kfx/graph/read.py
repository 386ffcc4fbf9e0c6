"""Read a Keras model's own graph into a `LayerGraph`, without calling, building or changing anything.

Keras internals read here, none written: ``KerasTensor._keras_history``, ``Operation._inbound_nodes`` and
``Function._nodes_by_depth``, ``Sequential._functional``, ``Layer._layers``.
"""

from __future__ import annotations

from collections import Counter
from math import prod
from typing import Any

from kfx.graph.cost import call_cost
from kfx.graph.describe import family, settings
from kfx.graph.facts import Edge, LayerCall, LayerGraph, Tensor
from kfx.quiet import import_keras


def read_graph(model: Any) -> LayerGraph:
    """The facts about a model: its calls, its edges and what each costs.

    Args:
        model: A Keras model of any kind.

    Returns:
        The graph; ``kind`` says how sure it is.
    """
    reader = _Reader(import_keras())
    fn = reader.function_of(model)
    if fn is None:
        raise TypeError(f"cannot read {type(model).__name__!r} yet")
    reader.read_function(fn, None, (), {id(w): w for w in model.weights})
    weights = {id(w): w for w in model.weights}.values()
    trainable = {id(w): w for w in model.trainable_weights}.values()
    names = reader.output_names(fn)
    return LayerGraph(
        name=model.name,
        type=type(model).__name__,
        kind="exact",
        calls=tuple(reader.calls),
        edges=tuple(reader.edges),
        inputs=tuple(reader.made[id(t)][0] for t in fn.inputs),
        outputs=tuple((*reader.made[id(t)], name) for t, name in zip(fn.outputs, names, strict=True)),
        params=sum(map(_size, weights)),
        trainable=sum(map(_size, trainable)),
        weight_bytes=sum(map(_bytes, weights)),
    )


class _Reader:
    def __init__(self, keras: Any):
        self.keras = keras
        self.calls: list[LayerCall] = []
        self.edges: list[Edge] = []
        self.made: dict[int, tuple[str, int]] = {}  # id of a tensor -> (key, output index), of the level being read

    def function_of(self, op: Any) -> Any:
        if isinstance(op, self.keras.Sequential):
            return getattr(op, "_functional", None)
        return op if hasattr(op, "_nodes_by_depth") else None

    def output_names(self, fn: Any) -> list[str]:
        structure = getattr(fn, "_outputs_struct", None)
        if isinstance(structure, dict):
            return [str(path[-1]) for path, _ in self.keras.tree.flatten_with_path(structure)]
        return [""] * len(fn.outputs)

    def read_function(self, fn: Any, parent: str | None, prefix: tuple[str, ...], fresh: dict[int, Any]) -> None:
        """Add the calls of one graph; ``fresh`` holds the weights that were not counted anywhere yet."""
        nodes = [node for depth in sorted(fn._nodes_by_depth, reverse=True) for node in fn._nodes_by_depth[depth]]
        total = Counter(id(node.operation) for node in nodes)
        seen: Counter[int] = Counter()
        made: dict[int, tuple[str, int]] = {}
        for node in nodes:
            op = node.operation
            seen[id(op)] += 1
            label = op.name if total[id(op)] == 1 else f"{op.name}@{seen[id(op)]}"
            path = (*prefix, label)
            key = "/".join(path)
            flat = self.keras.tree.flatten_with_path((node.arguments.args, node.arguments.kwargs))
            for where, x in flat:
                if id(x) in made:
                    self.edges.append(Edge(*made[id(x)], key, ".".join(map(str, where[1:]))))
            made.update((id(t), (key, k)) for k, t in enumerate(node.outputs))
            self.read_call(op, node, parent, path, seen[id(op)], total[id(op)], fresh)
        self.made = made

    def read_call(self, op: Any, node: Any, parent: Any, path: Any, call: int, calls: int, fresh: dict[int, Any]) -> None:
        fn = self.function_of(op)
        is_layer = isinstance(op, self.keras.layers.Layer)
        kind = "input" if isinstance(op, self.keras.layers.InputLayer) else "model" if fn is not None else "layer" if is_layer else "op"
        own = {id(w): w for w in op.weights}.values() if is_layer else ()
        new = {id(w): w for w in own if id(w) in fresh}
        for i in new:
            del fresh[i]
        place = len(self.calls)
        self.calls.append(None)  # type: ignore[arg-type]
        inner_inputs: tuple[str, ...] = ()
        inner_outputs: tuple[tuple[str, int], ...] = ()
        if fn is not None:
            self.read_function(fn, "/".join(path), path, dict(new))
            inner_inputs = tuple(self.made[id(t)][0] for t in fn.inputs)
            inner_outputs = tuple(self.made[id(t)] for t in fn.outputs)
        builtin = type(op).__module__.startswith("keras.")
        inputs, outputs = tuple(map(_tensor, node.input_tensors)), tuple(map(_tensor, node.outputs))
        trained = {id(w) for w in op.trainable_weights} if is_layer else set()
        self.calls[place] = LayerCall(
            key="/".join(path),
            path=path,
            name=op.name,
            kind=kind,
            type=type(op).__name__,
            family=family(op, builtin=builtin, kind=kind),
            call=call,
            calls=calls,
            module="keras" if builtin else type(op).__module__,
            settings=settings(op),
            inputs=inputs,
            outputs=outputs,
            params=sum(_size(w) for w in new.values()),
            trainable=sum(_size(w) for i, w in new.items() if i in trained),
            own_params=sum(map(_size, own)),
            weight_bytes=sum(_bytes(w) for w in new.values()),
            dtype=str(getattr(op, "compute_dtype", outputs[0].dtype if outputs else "")),
            frozen=bool(own) and not op.trainable if is_layer else False,
            cost=call_cost(op, inputs, outputs),
            parent=parent,
            inner_inputs=inner_inputs,
            inner_outputs=inner_outputs,
        )


def _size(weight: Any) -> int:
    return prod(weight.shape)


def _bytes(weight: Any) -> int:
    bits = 8 if str(weight.dtype) == "bool" else int("".join(c for c in str(weight.dtype)[-3:] if c.isdigit()) or 32)
    return _size(weight) * bits // 8


def _tensor(x: Any) -> Tensor:
    return Tensor(None if x.shape is None else tuple(x.shape), str(x.dtype))
