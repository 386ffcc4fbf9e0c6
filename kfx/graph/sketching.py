"""Follow a graph as it grows, from bare symbolic inputs: what is new, what was replaced, what leads nowhere.

A follower keeps no strong reference to the user's tensors or layers: what the user drops is let go.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kfx.graph import internals
from kfx.graph.facts import LayerGraph
from kfx.graph.tensors import is_symbolic, read_around
from kfx.quiet import import_keras

_DEPTH = 2  # how deep lists and dicts in the user's namespace are searched for tensors


@dataclass(frozen=True)
class Outline:
    """A model marked on the graph that it shares with others: its name and the keys of its calls."""

    name: str
    keys: frozenset[str]


@dataclass(frozen=True)
class Sketched:
    """The graph at one moment.

    Attributes:
        graph: All that was ever built on the inputs and is still alive.
        new: Keys of calls that were not there at the moment before.
        replaced: Keys of calls that lead to nothing that the user's variables still hold.
        held: Key of a call -> names of the variables that hold its outputs.
        ends: Keys of calls whose outputs nothing takes, replaced ones left out.
        unused: ``(name, class)`` of layers that a variable holds and that were never called.
        outlines: The marked models.
    """

    graph: LayerGraph
    new: frozenset[str] = frozenset()
    replaced: frozenset[str] = frozenset()
    held: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ends: frozenset[str] = frozenset()
    unused: tuple[tuple[str, str], ...] = ()
    outlines: tuple[Outline, ...] = ()


class Follower:
    """Reads the graph around some inputs again and again, and tells what changed in between."""

    def __init__(self, inputs: Sequence[Any]):
        found = [x for _, x in internals.leaves(list(inputs))]
        if not found or not is_symbolic(found):
            kinds = ", ".join(type(x).__name__ for x in found) or "nothing"
            raise TypeError(f"a sketch starts at symbolic tensors, but was given {kinds}. Start with kfx.Input(shape=...).")
        self._inputs = [weakref.ref(x) for x in found]
        self._models: list[weakref.ref[Any]] = []
        self._seen: weakref.WeakSet[Any] = weakref.WeakSet()
        self._print: tuple[Any, ...] = ()
        self._last: Sketched | None = None

    @property
    def inputs(self) -> list[Any]:
        """Those of the inputs that are still alive."""
        return [x for x in (ref() for ref in self._inputs) if x is not None]

    def mark(self, model: Any) -> None:
        """Show a model's outline from now on, as long as the user keeps the model."""
        if internals.function_of(model) is None:
            raise TypeError(f"only a model with a graph of its own can be marked, not {type(model).__name__!r}.")
        if all(ref() is not model for ref in self._models):
            self._models.append(weakref.ref(model))

    def look(self, namespace: Mapping[str, Any] | None = None) -> Sketched | None:
        """The graph now; None when nothing changed since the last look.

        Args:
            namespace: The user's variables; without them nothing counts as replaced.
        """
        names = dict(_held(namespace or {}))
        inputs = self._all_inputs(names)
        if not inputs:
            return None
        pairs = _reach(inputs)
        models = [m for m in (ref() for ref in self._models) if m is not None]
        unused = _unused(namespace or {})
        mark = (
            frozenset(map(id, pairs)),
            tuple(sorted((name, id(x)) for name, xs in names.items() for x in xs)),
            tuple(map(id, models)),
            unused,
        )
        if mark == self._print:
            return None
        self._print = mark
        self._last = self._read(inputs, names, namespace, models, unused)
        return self._last

    def _all_inputs(self, names: Mapping[str, Sequence[Any]]) -> list[Any]:
        """The sketch's own inputs, and inputs that meet them on the way (several inputs of one graph)."""
        found = {id(x): x for x in self.inputs}
        size = 0
        while size != len(found):
            size = len(found)
            for node in _reach(list(found.values())):
                if node.is_input:
                    found.update((id(x), x) for x in node.outputs)
        return list(found.values())

    def _read(
        self,
        inputs: list[Any],
        names: Mapping[str, Sequence[Any]],
        namespace: Mapping[str, Any] | None,
        models: list[Any],
        unused: tuple[tuple[str, str], ...],
    ) -> Sketched:
        graph, pairs = read_around(inputs, downstream=True, name="sketch")
        keys = {id(node): key for node, key in pairs}
        nodes = {key: node for node, key in pairs}
        first = not self._seen
        new = frozenset() if first else frozenset(key for node, key in pairs if node not in self._seen)
        self._seen.update(node for node, _ in pairs)
        held: dict[str, list[str]] = {}
        alive: list[Any] = []
        for name, tensors in names.items():
            for tensor in tensors:
                made = internals.node_of(tensor)
                if made is not None and id(made[0]) in keys:
                    alive.append(made[0])
                    label = held.setdefault(keys[id(made[0])], [])
                    if name not in label and "." not in name:
                        label.append(name)
        replaced: frozenset[str] = frozenset()
        if namespace is not None and any(not node.is_input for node in alive):
            wanted = _upstream(alive)
            replaced = frozenset(key for node, key in pairs if id(node) not in wanted and not node.is_input)
        ends = frozenset(key for key, node in nodes.items() if not internals.consumers(node)) - replaced
        outlines = tuple(Outline(str(m.name), _keys_of(m, keys)) for m in models)
        return Sketched(graph, new - replaced, replaced, {k: tuple(v) for k, v in held.items()}, ends, unused, outlines)


def _reach(tensors: Sequence[Any]) -> list[Any]:
    """Every node up- and downstream of some tensors."""
    todo = [made[0] for made in map(internals.node_of, tensors) if made is not None]
    found: dict[int, Any] = {}
    while todo:
        node = todo.pop()
        if id(node) not in found:
            found[id(node)] = node
            todo += node.parent_nodes
            todo += internals.consumers(node)
    return list(found.values())


def _upstream(nodes: Sequence[Any]) -> set[int]:
    todo, found = list(nodes), set()
    while todo:
        node = todo.pop()
        if id(node) not in found:
            found.add(id(node))
            todo += node.parent_nodes
    return found


def _keys_of(model: Any, keys: Mapping[int, str]) -> frozenset[str]:
    function = internals.function_of(model)
    return frozenset(keys[id(node)] for node in internals.nodes_of(function) if id(node) in keys) if function else frozenset()


def _held(namespace: Mapping[str, Any]) -> Iterator[tuple[str, list[Any]]]:
    """Names of variables with the symbolic tensors they hold: directly, in lists and dicts, or as a model's outputs.

    A tensor that is held by more than its own variable is listed under ``name.…``, which keeps it alive but names no end.
    """
    keras = import_keras()

    def inside(value: Any, depth: int) -> list[Any]:
        if isinstance(value, keras.KerasTensor):
            return [value]
        if isinstance(value, keras.Model):
            return list(getattr(internals.function_of(value), "outputs", None) or [])
        if depth and isinstance(value, list | tuple | dict) and len(value) <= 1000:
            items = value.values() if isinstance(value, dict) else value
            return [x for item in items for x in inside(item, depth - 1)]
        return []

    for name, value in list(namespace.items()):
        if not name.startswith("_") and name not in ("In", "Out"):
            found = inside(value, _DEPTH)
            if found:
                yield (name if isinstance(value, keras.KerasTensor) else f"{name}.…"), found


def _unused(namespace: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Layers that a variable holds and that were never called."""
    keras = import_keras()

    def waits(name: str, value: Any) -> bool:
        is_layer = isinstance(value, keras.layers.Layer) and not isinstance(value, keras.Model)
        return is_layer and not name.startswith("_") and not value.built and not getattr(value, "_inbound_nodes", True)

    layers = {id(value): value for name, value in list(namespace.items()) if waits(name, value)}
    return tuple((str(layer.name), type(layer).__name__) for layer in layers.values())
