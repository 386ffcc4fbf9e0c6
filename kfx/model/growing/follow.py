"""Follow a graph as it grows, from bare symbolic inputs: what is new, what was replaced, what leads nowhere.

A follower keeps no strong reference to the user's tensors or layers: what the user drops is let go.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kfx.keras_access import internals
from kfx.keras_access.importing import import_keras
from kfx.model.growing.facts import Outline, Sketched
from kfx.model.mistakes.explain import explain_mistake
from kfx.model.mistakes.on_graph import add_failed_call, tensors_of
from kfx.model.mistakes.traceback import FailedCall
from kfx.model.read.symbolic import is_symbolic, read_around

if TYPE_CHECKING:
    import keras

_DEPTH = 2  # how deep lists, dicts and the user's own objects are searched for tensors
_MOST_ITEMS = 1000  # of one list, dict or object


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
        self._begun = False
        self._print: tuple[Any, ...] = ()

    @property
    def inputs(self) -> list[Any]:
        """Those of the inputs that are still alive."""
        return [x for x in (ref() for ref in self._inputs) if x is not None]

    def mark(self, model: keras.Model) -> None:
        """Show a model's outline from now on, as long as the user keeps the model."""
        if internals.function_of(model) is None:
            raise TypeError(f"only a model with a graph of its own can be marked, not {type(model).__name__!r}.")
        if all(ref() is not model for ref in self._models):
            self._models.append(weakref.ref(model))

    def look(
        self, namespace: Mapping[str, Any] | None = None, failed: FailedCall | None = None, *, keep: bool = True
    ) -> Sketched | None:
        """The graph now; None when nothing changed since the last look.

        Args:
            namespace: The user's variables; without them nothing counts as replaced.
            failed: The Keras call that has just been refused; left out of a graph that it has nothing to do with.
            keep: What is new now is not new any more at the next look; False for a glance in the middle of a cell.
        """
        names = dict(_held(namespace or {}))
        inputs = self.all_inputs
        if not inputs:
            return None
        pairs = _reach(inputs)
        if failed is not None and not self._concerns(failed, pairs):
            failed = None
        models = [m for m in (ref() for ref in self._models) if m is not None]
        unused = _unused(namespace or {})
        mark = (
            frozenset(map(id, pairs)),
            tuple(sorted((name, id(x)) for name, xs in names.items() for x in xs)),
            tuple(map(id, models)),
            unused,
            failed is not None and id(failed.error),
        )
        seen = None
        if mark != self._print:
            self._print = mark
            seen = self._read(inputs, names, namespace, models, unused, failed)
        if keep:
            self._seen.update(pairs)
            self._begun = True
        return seen

    def _concerns(self, failed: FailedCall, nodes: Sequence[Any]) -> bool:
        mine = set(map(id, nodes))
        made = (internals.node_of(x) for x in tensors_of(failed))
        return any(node is not None and id(node[0]) in mine for node in made)

    @property
    def all_inputs(self) -> list[Any]:
        """The sketch's own inputs, and inputs that meet them on the way (several inputs of one graph)."""
        found = {id(x): x for x in self.inputs}
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
        failed: FailedCall | None,
    ) -> Sketched:
        around = [*inputs, *(tensors_of(failed) if failed else ())]
        graph, pairs = read_around(around, downstream=True, name="sketch")
        keys = {id(node): key for node, key in pairs}
        new = frozenset(key for node, key in pairs if node not in self._seen) if self._begun else frozenset()
        held, alive = _holders(names, keys)
        alive += [made[0] for made in map(internals.node_of, tensors_of(failed) if failed else ()) if made is not None]
        loose: frozenset[str] = frozenset()
        if namespace is not None and any(not node.is_input for node in alive):
            wanted = _upstream(alive)
            loose = frozenset(key for node, key in pairs if id(node) not in wanted and not node.is_input)
        replaced = loose - new
        ends = frozenset(key for node, key in pairs if not internals.consumers(node)) - replaced
        nowhere = (loose & new) | (ends & _outside_models(namespace or {}, pairs, models)) - (new - loose)
        graph = replace(graph, outputs=tuple((key, 0, "") for _, key in pairs if key in ends - nowhere))
        refused = None
        if failed is not None:
            variables = variable_names(namespace or {})
            graph, refused = add_failed_call(graph, keys, failed, explain_mistake(failed, variables))
        outlines = tuple(Outline(str(m.name), _keys_of(m, pairs)) for m in models)
        return Sketched(
            graph=graph,
            new=new - replaced,
            replaced=replaced,
            held=held,
            ends=ends,
            nowhere=nowhere,
            unused=unused,
            outlines=outlines,
            refused=refused,
        )


def sketch_failed_call(failed: FailedCall, namespace: Mapping[str, Any] | None = None) -> Sketched:
    """A refused call with all that leads to what it was given, where no sketch follows."""
    graph, pairs = read_around(tensors_of(failed), name=str(getattr(failed.op, "name", "")) or "sketch")
    keys = {id(node): key for node, key in pairs}
    names = dict(_held(namespace or {}))
    mistake = explain_mistake(failed, variable_names(namespace or {}))
    graph, refused = add_failed_call(graph, keys, failed, mistake)
    return Sketched(graph, held=_holders(names, keys)[0], refused=refused)


def is_input(tensor: keras.KerasTensor) -> bool:
    """Whether a symbolic tensor is what ``keras.Input`` gave."""
    made = internals.node_of(tensor)
    return made is not None and made[0].is_input


def variable_names(namespace: Mapping[str, Any]) -> dict[int, str]:
    """``id`` of a symbolic tensor -> the name of a variable that holds it."""
    keras_tensor = import_keras().KerasTensor
    found = {}
    for name, value in list(namespace.items()):
        if isinstance(value, keras_tensor) and not name.startswith("_"):
            found[id(value)] = name
    return found


def _holders(names: Mapping[str, Sequence[Any]], keys: Mapping[int, str]) -> tuple[dict[str, tuple[str, ...]], list[Any]]:
    """Key of a call -> the variables that hold its outputs; and the calls whose outputs anything holds."""
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
    return {key: tuple(label) for key, label in held.items() if label}, alive


def _outside_models(namespace: Mapping[str, Any], pairs: Sequence[tuple[Any, str]], marked: Sequence[Any]) -> set[str]:
    """Calls that no model needs, once there is a model on this graph; empty before."""
    keras = import_keras()
    models = [*marked, *(x for x in list(namespace.values()) if isinstance(x, keras.Model))]
    mine = {id(node) for node, _ in pairs}
    ends = []
    for function in filter(None, map(internals.function_of, models)):
        made = (internals.node_of(x) for x in function.outputs)
        ends += [node[0] for node in made if node is not None and id(node[0]) in mine]
    needed = _upstream(ends)
    return {key for node, key in pairs if id(node) not in needed} if ends else set()


def _reach(tensors: Sequence[keras.KerasTensor]) -> list[Any]:
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


def _keys_of(model: keras.Model, pairs: Sequence[tuple[Any, str]]) -> frozenset[str]:
    """Keys of the calls that belong to a model.

    One that begins in the middle of the graph has calls of its own in Keras, of the same layers: they count as those.
    """
    function = internals.function_of(model)
    if function is None:
        return frozenset()
    mine = internals.nodes_of(function)
    direct = {id(node) for node in mine}
    same = {id(node.operation) for node in mine} if not any(id(node) in direct for node, _ in pairs) else set()
    return frozenset(key for node, key in pairs if id(node) in direct or id(node.operation) in same)


def _held(namespace: Mapping[str, Any]) -> Iterator[tuple[str, list[Any]]]:
    """Names of variables with the symbolic tensors they hold: directly, in lists and dicts, or as a model's outputs.

    A tensor that is held by more than its own variable is listed under ``name.…``, which keeps it alive but names no end.
    """
    keras = import_keras()

    def inside(value: object, depth: int) -> list[Any]:
        if isinstance(value, keras.KerasTensor):
            return [value]
        if isinstance(value, keras.Model | keras.Function):
            return list(getattr(internals.function_of(value), "outputs", None) or [])
        if depth and isinstance(value, list | tuple | dict) and len(value) <= _MOST_ITEMS:
            items = value.values() if isinstance(value, dict) else value
            return [x for item in list(items) for x in inside(item, depth - 1)]
        if depth and type(value).__module__ == "__main__" and isinstance(getattr(value, "__dict__", None), dict):
            return [x for item in list(vars(value).values())[:_MOST_ITEMS] for x in inside(item, depth - 1)]
        return []

    for name, value in list(namespace.items()):
        if isinstance(name, str) and not name.startswith("_") and name not in ("In", "Out"):
            found = inside(value, _DEPTH)
            if found:
                yield (name if isinstance(value, keras.KerasTensor) else f"{name}.…"), found


def _unused(namespace: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Layers that a variable holds and that were never called, symbolically or with numbers as far as one can tell."""
    keras = import_keras()

    def waits(name: str, value: object) -> bool:
        is_layer = isinstance(value, keras.layers.Layer) and not isinstance(value, keras.Model)
        if not is_layer or name.startswith("_") or not internals.is_operation(value) or internals.calls_of(value):
            return False
        return not getattr(value, "built", True) or not internals.weights_of(value)

    layers = {id(value): value for name, value in list(namespace.items()) if isinstance(name, str) and waits(name, value)}
    return tuple((str(layer.name), type(layer).__name__) for layer in layers.values())
