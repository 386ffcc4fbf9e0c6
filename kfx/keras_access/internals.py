"""The Keras internals the readers look at: each is named here once, read and never written, and feature-tested.

A Keras release that moves one of them breaks this file and ``tests/graph/test_internals.py``, nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib import import_module
from types import ModuleType
from typing import Any, Protocol, TypeVar

from kfx.keras_access.importing import import_keras

Leaf = tuple[str, Any]
T_co = TypeVar("T_co", covariant=True)
_CONTAINERS = (list, tuple, dict)


class CachedByClass(Protocol[T_co]):
    """A function of a class whose results are cached."""

    def __call__(self, cls: type, /) -> T_co: ...

    def cache_clear(self) -> None: ...


def cache_by_class(of_class: Callable[[type], T_co]) -> CachedByClass[T_co]:
    """Cache the results of a function of a class. (A type checker does not take a class for Hashable, as `lru_cache` asks.)"""
    return lru_cache(maxsize=2048)(of_class)


def function_of(op: Any) -> Any:
    """The graph inside a container, or None: a Functional model, a `keras.Function`, a built Sequential."""
    if hasattr(op, "_nodes_by_depth"):
        return op
    function = getattr(op, "_functional", None)
    return function if function is not None and isinstance(op, import_keras().Sequential) else None


def nodes_of(function: Any) -> list[Any]:
    """Every call of a graph, each after all that it needs; calls that need not wait for each other stand in Keras's own
    order of the layers, and those of one layer in the order in which they were made.
    """
    by_depth = function._nodes_by_depth
    place = {id(op): i for i, op in enumerate(function.operations)}

    def made(node: Any) -> tuple[int, int]:
        calls = node.operation._inbound_nodes
        nth = next((i for i, call in enumerate(calls) if call is node), len(calls)) if len(calls) > 1 else 0
        return place.get(id(node.operation), len(place)), nth

    found: list[Any] = []
    for depth in sorted(by_depth, reverse=True):
        nodes = by_depth[depth]
        found += nodes if len(nodes) == 1 else sorted(nodes, key=made)
    return found


def running_order(function: Any) -> list[Any]:
    """Every call of a graph in the order in which Keras runs them."""
    by_depth = function._nodes_by_depth
    return [node for depth in sorted(by_depth, reverse=True) for node in by_depth[depth]]


def inputs_structure(function: Any) -> Any:
    """The symbolic inputs of a graph in the structure (list, dict ...) in which it takes them."""
    return getattr(function, "_inputs_struct", function.inputs)


def input_tensors(function: Any, given: Any) -> list[tuple[Any, Any]]:
    """``(Input layer, its tensor)`` of a graph that is called with ``given``; empty where Keras would refuse it anyway."""
    standardize = getattr(function, "_standardize_inputs", None)
    try:
        tensors = standardize(given) if standardize is not None else import_keras().tree.flatten(given)
    except Exception:  # the call itself is about to fail with Keras's own message
        return []
    nodes = [node_of(tensor) for tensor in function.inputs]
    return [(node[0].operation, x) for node, x in zip(nodes, tensors, strict=False) if node is not None and x is not None]


def structure_names(function: Any, side: str) -> list[str]:
    """The dict key of each flat input or output (``side``) of a graph; ``""`` where there is none."""
    structure = getattr(function, f"_{side}_struct", None)
    if not isinstance(structure, dict | list | tuple):
        return [""] * len(getattr(function, side))
    return [name_in_path(path) for path, _ in leaves(structure)]


def name_in_path(path: str) -> str:
    """``"scores.title"`` -> ``"scores.title"``, but ``""`` for a path of positions only."""
    return "" if not path or all(part.isdigit() for part in path.split(".")) else path


def leaves(structure: Any, path: str = "") -> list[Leaf]:
    """Leaves of lists, tuples and dicts with where they stand (``"0.title"``), in the order of ``keras.tree.flatten``."""
    if type(structure) is dict:
        try:
            items: Any = sorted(structure.items())
        except TypeError:
            items = structure.items()
    elif isinstance(structure, dict):
        items = structure.items()
    elif isinstance(structure, list | tuple):
        items = enumerate(structure)
    else:
        return [(path, structure)]
    found = []
    for key, value in items:
        where = f"{path}.{key}" if path else str(key)
        found += leaves(value, where) if isinstance(value, _CONTAINERS) else [(where, value)]
    return found


def argument_leaves(node: Any) -> list[Leaf]:
    """Everything a call was given, tensors and constants, with its place in the call: ``"0"``, ``"0.1"``, ``"mask"``."""
    args, kwargs = node.arguments.args, node.arguments.kwargs
    if len(args) == 1 and not kwargs and not isinstance(args[0], _CONTAINERS):
        return [("0", args[0])]
    return [*leaves(args), *leaves(kwargs)]


def node_of(tensor: Any) -> tuple[Any, int] | None:
    """The call that made a symbolic tensor and which of its outputs it is; None for a tensor that no operation made."""
    history = getattr(tensor, "_keras_history", None)
    if history is None or history.operation is None:
        return None
    return history.operation._inbound_nodes[history.node_index], history.tensor_index


def calls_of(op: Any) -> list[Any]:
    """Every symbolic call of a layer or operation, in the order in which they were made."""
    return list(getattr(op, "_inbound_nodes", ()))


def is_operation(value: Any) -> bool:
    """Whether something is a layer or operation of Keras's; asked without loading Keras."""
    return hasattr(value, "_inbound_nodes")


def is_layer(op: Any) -> bool:
    """Whether an operation is a layer."""
    return hasattr(op, "_layers")


def consumers(node: Any) -> list[Any]:
    """The calls that take an output of this one call (an operation lists those of all of its calls)."""
    mine = {id(tensor) for tensor in node.outputs}
    return [user for user in node.operation._outbound_nodes if any(id(t) in mine for t in user.input_tensors)]


def sublayers(op: Any) -> list[Any]:
    """Layers directly inside a layer, each once; an automatic input of a Sequential is no layer of the user's."""
    found = getattr(op, "layers", None) if isinstance(op, import_keras().Model) else getattr(op, "_layers", None)
    layer = import_keras().layers.Layer
    return list({id(x): x for x in found or () if isinstance(x, layer)}.values())


def tracked_layers(op: Any) -> list[Any]:
    """The layers that Keras found among a layer's attributes, in order; of a Sequential with an Input that the user gave."""
    return list(getattr(op, "_layers", None) or ())


def only_call(layer: Any) -> tuple[list[Any], list[Any]]:
    """Symbolic inputs and outputs of a layer that was called exactly once; of no use where it was called more often."""
    nodes: Sequence[Any] = getattr(layer, "_inbound_nodes", ())
    return (list(nodes[0].input_tensors), list(nodes[0].outputs)) if len(nodes) == 1 else ([], [])


def all_layers(op: Any) -> list[Any]:
    """The layer itself and every layer inside it at any depth, each once."""
    found: dict[int, Any] = {}
    todo = [op]
    while todo:
        layer = todo.pop()
        if id(layer) not in found:
            found[id(layer)] = layer
            todo.extend(getattr(layer, "_layers", ()))
    return list(found.values())


def weights_of(op: Any) -> list[Any]:
    """Weights of a layer and all inside it, each once, as ``layer.weights`` gives them, in one walk instead of one a level."""
    if getattr(op, "_trainable_variables", None) is None:
        if not hasattr(op, "_nodes_by_depth"):
            return list(getattr(op, "weights", ()))
        found = [weight for operation in op.operations for weight in weights_of(operation)]  # a keras.Function
        return list({id(weight): weight for weight in found}.values())
    if not op._layers and _keeps_weights(type(op)):
        return op._trainable_variables + op._non_trainable_variables
    held: dict[int, Any] = {}
    todo = [op]
    while todo:
        layer = todo.pop()
        if _keeps_weights(type(layer)):
            own = layer._trainable_variables + layer._non_trainable_variables
            todo += layer._layers[::-1]
        else:
            own = layer.weights
        if own:
            held.update(zip(map(id, own), own, strict=True))
    return list(held.values())


@cache_by_class
def _keeps_weights(cls: type) -> bool:
    """Whether layers of a class keep their weights where Keras does, and not in a property of the class's own making."""
    return getattr(cls, "weights", None) is import_keras().layers.Layer.weights


def trained_weights_of(op: Any) -> list[Any]:
    """Those of a layer's or function's weights that training changes, each once."""
    own = getattr(op, "trainable_weights", None)
    if own is not None or not hasattr(op, "_nodes_by_depth"):
        return list(own or ())
    found = [weight for operation in op.operations for weight in trained_weights_of(operation)]
    return list({id(weight): weight for weight in found}.values())


def shape_of(weight: Any) -> tuple[int, ...]:
    """A variable's shape; the public property makes a TensorShape each time, which costs more than all the rest."""
    shape = getattr(weight, "_shape", None)
    return shape if type(shape) is tuple else tuple(weight.shape)


def dtype_of(weight: Any) -> str:
    """The dtype a variable is stored in; the public property gives another one inside an autocast scope."""
    dtype = getattr(weight, "_dtype", None)
    return dtype if isinstance(dtype, str) else str(weight.dtype)


def remembered_shapes(layer: Any) -> dict[str, Any] | None:
    """The shapes a layer was built with by the name of each ``build`` argument, as Keras keeps them for loading."""
    return getattr(layer, "_build_shapes_dict", None)


@cache_by_class
def is_builtin(cls: type) -> bool:
    """Whether a class is Keras's own."""
    return cls.__module__.split(".")[0] == "keras"


@cache_by_class
def runs_keras_code(cls: type) -> bool:
    """Whether calling a layer of this class runs Keras's own ``call``, so that what it computes is known."""
    call = getattr(cls, "call", None)
    return (getattr(call, "__module__", None) or "").split(".")[0] == "keras"  # a function that `exec` made has none


@cache_by_class
def bases_of(cls: type) -> tuple[str, ...]:
    """The class and its ancestors up to Operation as ``module.Name``."""
    return tuple(f"{c.__module__}.{c.__qualname__}" for c in cls.__mro__ if c is not object)


@cache_by_class
def keras_names(cls: type) -> tuple[str, ...]:
    """Names of those classes in the method resolution order that are Keras's own, nearest first."""
    return tuple(c.__name__ for c in cls.__mro__ if is_builtin(c))


def global_state() -> ModuleType | None:
    """Return Keras's module of automatic names, seeds and scopes; None where a release of Keras has moved it."""
    try:
        return import_module("keras.src.backend.common.global_state")
    except ImportError:
        return None
