"""Follow a graph as it grows from bare symbolic inputs, and find its new, replaced and unused calls.

A follower keeps no strong reference to the user's tensors or layers, so that a tensor that the user drops is freed.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kfx.keras_access import internals
from kfx.keras_access.importing import import_keras
from kfx.model.growing.facts import Outline, SketchState
from kfx.model.mistakes.explain import explain_mistake
from kfx.model.mistakes.on_graph import add_failed_call, tensors_of
from kfx.model.mistakes.traceback import FailedCall
from kfx.model.read.symbolic import is_symbolic, read_around

if TYPE_CHECKING:
    import keras

_DEPTH = 2  # how deep lists, dicts and the user's own objects are searched for tensors
MOST_REPLACED = 3  # cells whose replaced calls are shown; those of earlier cells are counted
_MOST_ITEMS = 1000  # of one list, dict or object


class Follower:
    """Reads the graph around some inputs again and again, and finds the changes in between."""

    def __init__(self, inputs: Sequence[Any]):
        found = [x for _, x in internals.leaves(list(inputs))]
        if not found or not is_symbolic(found):
            kinds = ", ".join(type(x).__name__ for x in found) or "nothing"
            raise TypeError(f"A sketch starts at symbolic tensors, but was given {kinds}. Start with kfx.Input(shape=...).")
        self._inputs = [weakref.ref(x) for x in found]
        self._models: list[weakref.ref[Any]] = []
        self._seen: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()  # node -> the moment it was first seen
        self._moment = 0
        self._print: tuple[Any, ...] = ()

    @property
    def inputs(self) -> list[Any]:
        """The inputs that are still alive."""
        return _alive(self._inputs)

    @property
    def all_inputs(self) -> list[Any]:
        """The inputs, and other inputs of the same graph."""
        found = {id(x): x for x in self.inputs}
        for node in _reach(_nodes_of(found.values()), downstream=True):
            if node.is_input:
                found.update((id(x), x) for x in node.outputs)
        return list(found.values())

    def mark(self, model: keras.Model) -> None:
        """Show a model's outline from now on, as long as the user keeps the model."""
        if internals.function_of(model) is None:
            raise TypeError(f"Only a model with a graph of its own can be marked, not {type(model).__name__!r}.")
        if all(ref() is not model for ref in self._models):
            self._models.append(weakref.ref(model))

    def look(
        self, namespace: Mapping[str, Any] | None = None, failed: FailedCall | None = None, *, keep: bool = True
    ) -> SketchState | None:
        """Return the graph now; None when nothing changed since the last look.

        Args:
            namespace: The user's variables; without them no call counts as replaced.
            failed: The Keras call that has just failed; ignored if it has nothing to do with the graph.
            keep: Calls that are new now are not new any more at the next look; False for a look in the middle of a cell.
        """
        inputs = self.all_inputs
        if not inputs:
            return None
        nodes = _reach(_nodes_of(inputs), downstream=True)
        if failed is not None and not {id(x) for x in nodes} & {id(x) for x in _nodes_of(tensors_of(failed))}:
            failed = None
        held, models, unused = dict(_held(namespace or {})), _alive(self._models), _unused(namespace or {})
        now = (
            frozenset(map(id, nodes)),
            tuple(sorted((name, id(x)) for name, xs in held.items() for x in xs)),
            tuple(map(id, models)),
            unused,
            failed is not None and id(failed.error),
        )
        state = None
        if now != self._print:
            self._print = now
            old = self._replaced_long_ago(nodes, held, failed) if namespace is not None else set()
            state = self._read(inputs, held, namespace, models, failed, old)
            state = replace(state, unused=unused, older=sum(id(node) in old for node in nodes))
        if keep:
            self._moment += 1
            for node in nodes:
                self._seen.setdefault(node, self._moment)
        return state

    def _replaced_long_ago(self, nodes: list[Any], held: Mapping[str, Sequence[Any]], failed: FailedCall | None) -> set[int]:
        """Return ids of replaced nodes that are not shown: all but those of the last few cells, and what these need."""
        tensors = [x for xs in held.values() for x in xs]
        alive = _nodes_of([*tensors, *(tensors_of(failed) if failed else ())])
        if all(node.is_input for node in alive):
            return set()
        wanted = set(map(id, _reach(alive)))
        loose = [node for node in nodes if id(node) not in wanted and not node.is_input and node in self._seen]
        newest = sorted({self._seen[node] for node in loose}, reverse=True)[:MOST_REPLACED]
        shown = [node for node in nodes if node not in self._seen or (id(node) not in wanted and self._seen[node] in newest)]
        needed = wanted | set(map(id, _reach(shown)))
        return {id(node) for node in loose if id(node) not in needed}

    def _read(
        self,
        inputs: list[Any],
        held: Mapping[str, Sequence[Any]],
        namespace: Mapping[str, Any] | None,
        models: list[Any],
        failed: FailedCall | None,
        old: set[int],
    ) -> SketchState:
        taken = tensors_of(failed) if failed else []
        graph, pairs = read_around([*inputs, *taken], downstream=True, name="sketch", without=old)
        keys = {id(node): key for node, key in pairs}
        new = frozenset(key for node, key in pairs if node not in self._seen) if self._moment else frozenset()
        holders, alive = _holders(held, keys)
        alive += _nodes_of(taken)
        loose: frozenset[str] = frozenset()
        if namespace is not None and any(not node.is_input for node in alive):
            wanted = set(map(id, _reach(alive)))
            loose = frozenset(key for node, key in pairs if id(node) not in wanted and not node.is_input)
        replaced = loose - new
        mine = {id(node) for node, _ in pairs}
        ends = frozenset(key for node, key in pairs if not mine & set(map(id, internals.consumers(node)))) - replaced
        nowhere = (loose & new) | (ends & _outside_models(namespace or {}, pairs, models)) - (new - loose)
        state = SketchState(
            graph=replace(graph, outputs=tuple((key, 0, "") for _, key in pairs if key in ends - nowhere)),
            new=new - replaced,
            replaced=replaced,
            held=holders,
            ends=ends,
            nowhere=nowhere,
            outlines=tuple(Outline(str(m.name), _keys_of(m, pairs)) for m in models),
        )
        return state if failed is None else _with_failed(state, keys, failed, namespace)


def sketch_failed_call(failed: FailedCall, namespace: Mapping[str, Any] | None = None) -> SketchState:
    """Return a failed call with all calls that lead to its inputs, where no sketch follows the graph."""
    graph, pairs = read_around(tensors_of(failed), name=str(getattr(failed.op, "name", "")) or "sketch")
    keys = {id(node): key for node, key in pairs}
    holders, _ = _holders(dict(_held(namespace or {})), keys)
    return _with_failed(SketchState(graph, held=holders), keys, failed, namespace)


def _with_failed(
    state: SketchState, keys: Mapping[int, str], failed: FailedCall, namespace: Mapping[str, Any] | None
) -> SketchState:
    mistake = explain_mistake(failed, variable_names(namespace or {}))
    graph, node = add_failed_call(state.graph, keys, failed, mistake)
    return replace(state, graph=graph, refused=node)


def is_input(tensor: keras.KerasTensor) -> bool:
    """Return True for a symbolic tensor that ``keras.Input`` returned."""
    return any(node.is_input for node in _nodes_of([tensor]))


def variable_names(namespace: Mapping[str, Any]) -> dict[int, str]:
    """Return ``id`` of each symbolic tensor -> the name of a variable that holds it."""
    keras_tensor = import_keras().KerasTensor
    return {
        id(value): name
        for name, value in list(namespace.items())
        if isinstance(value, keras_tensor) and not name.startswith("_")
    }


def _alive(refs: Sequence[weakref.ref[Any]]) -> list[Any]:
    return [x for x in (ref() for ref in refs) if x is not None]


def _nodes_of(tensors: Iterable[keras.KerasTensor]) -> list[Any]:
    """Return the nodes that made the tensors."""
    return [made[0] for made in map(internals.node_of, tensors) if made is not None]


def _holders(held: Mapping[str, Sequence[Any]], keys: Mapping[int, str]) -> tuple[dict[str, tuple[str, ...]], list[Any]]:
    """Return key of a call -> the variables that hold its outputs; and the calls whose outputs a variable or object holds."""
    holders: dict[str, list[str]] = {}
    alive: list[Any] = []
    for name, tensors in held.items():
        for node in _nodes_of(tensors):
            if id(node) in keys:
                alive.append(node)
                names = holders.setdefault(keys[id(node)], [])
                if name not in names and "." not in name:
                    names.append(name)
    return {key: tuple(names) for key, names in holders.items() if names}, alive


def _outside_models(namespace: Mapping[str, Any], pairs: Sequence[tuple[Any, str]], marked: Sequence[Any]) -> set[str]:
    """Return the calls that no model needs, if there is a model on this graph; else nothing."""
    keras = import_keras()
    models = [*marked, *(x for x in list(namespace.values()) if isinstance(x, keras.Model))]
    mine = {id(node) for node, _ in pairs}
    functions = filter(None, map(internals.function_of, models))
    ends = [node for function in functions for node in _nodes_of(function.outputs) if id(node) in mine]
    needed = set(map(id, _reach(ends)))
    return {key for node, key in pairs if id(node) not in needed} if ends else set()


def _reach(nodes: Sequence[Any], *, downstream: bool = False) -> list[Any]:
    """Return the nodes and every node that they need; with ``downstream`` also every node that needs one of these."""
    todo, found = list(nodes), {}
    while todo:
        node = todo.pop()
        if id(node) not in found:
            found[id(node)] = node
            todo += node.parent_nodes
            todo += internals.consumers(node) if downstream else ()
    return list(found.values())


def _keys_of(model: keras.Model, pairs: Sequence[tuple[Any, str]]) -> frozenset[str]:
    """Return the keys of the calls that belong to a model.

    A model that begins in the middle of the graph has calls of its own in Keras, of the same layers: they count as those.
    """
    function = internals.function_of(model)
    if function is None:
        return frozenset()
    mine = internals.nodes_of(function)
    direct = {id(node) for node in mine}
    same = {id(node.operation) for node in mine} if not any(id(node) in direct for node, _ in pairs) else set()
    return frozenset(key for node, key in pairs if id(node) in direct or id(node.operation) in same)


def _held(namespace: Mapping[str, Any]) -> Iterator[tuple[str, list[Any]]]:
    """Yield names of variables with the symbolic tensors they hold: directly, in lists and dicts, or as a model's outputs.

    A tensor that is held by more than its own variable is listed under ``name.…``, which keeps it alive but names no end.
    """
    keras = import_keras()

    def inside(value: object, depth: int) -> list[Any]:
        if isinstance(value, keras.KerasTensor):
            return [value]
        if isinstance(value, keras.Model | keras.Function):
            return list(getattr(internals.function_of(value), "outputs", None) or [])
        items: list[Any] = []
        if depth and isinstance(value, list | tuple | dict) and len(value) <= _MOST_ITEMS:
            items = list(value.values() if isinstance(value, dict) else value)
        elif depth and type(value).__module__ == "__main__" and isinstance(getattr(value, "__dict__", None), dict):
            items = list(vars(value).values())[:_MOST_ITEMS]
        return [x for item in items for x in inside(item, depth - 1)]

    for name, value in list(namespace.items()):
        if isinstance(name, str) and not name.startswith("_") and name not in ("In", "Out"):
            found = inside(value, _DEPTH)
            if found:
                yield (name if isinstance(value, keras.KerasTensor) else f"{name}.…"), found


def _unused(namespace: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return ``(name, class)`` of layers in variables that were never called, as far as their state shows."""
    keras = import_keras()

    def waits(name: str, value: object) -> bool:
        is_layer = isinstance(value, keras.layers.Layer) and not isinstance(value, keras.Model)
        if not is_layer or name.startswith("_") or not internals.is_operation(value) or internals.calls_of(value):
            return False
        return not getattr(value, "built", True) or not internals.weights_of(value)

    layers = {id(value): value for name, value in list(namespace.items()) if isinstance(name, str) and waits(name, value)}
    return tuple((str(layer.name), type(layer).__name__) for layer in layers.values())
