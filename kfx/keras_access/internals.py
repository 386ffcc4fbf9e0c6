"""Read private attributes of Keras's operations, layers and graphs; nothing here writes to them.

A Keras release that moves one of them breaks this file and ``tests/keras_access/test_internals.py``, nothing else.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from types import ModuleType
from typing import Any, Protocol, TypeVar

from kfx.keras_access.importing import import_keras

Leaf = tuple[str, Any]
T_co = TypeVar("T_co", covariant=True)
_CONTAINERS = (list, tuple, dict)
_QUANTIZED = ("int8", "uint8")  # dtypes of quantized kernels; one of 4 bits is stored two to a byte


class CachedByClass(Protocol[T_co]):
    """A function of a class whose results are cached."""

    def __call__(self, cls: type, /) -> T_co: ...

    def cache_clear(self) -> None: ...


def cache_by_class(of_class: Callable[[type], T_co]) -> CachedByClass[T_co]:
    """Cache the results of a function of a class. (To a type checker, a class is not Hashable, as `lru_cache` requires.)"""
    return lru_cache(maxsize=2048)(of_class)


def function_of(op: Any) -> Any:
    """Return the graph of a Functional model, a `keras.Function` or a built Sequential; None for anything else."""
    if hasattr(op, "_nodes_by_depth"):
        return op
    function = getattr(op, "_functional", None)
    return function if function is not None and isinstance(op, import_keras().Sequential) else None


def nodes_of(function: Any) -> list[Any]:
    """Return every call of a graph after all that it needs; independent calls are in Keras's order of the layers, and those
    of one layer in the order of their creation.
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
    """Return every call of a graph in the order in which Keras runs them."""
    by_depth = function._nodes_by_depth
    return [node for depth in sorted(by_depth, reverse=True) for node in by_depth[depth]]


def inputs_structure(function: Any) -> Any:
    """Return the symbolic inputs of a graph in their structure (list, dict ...)."""
    return getattr(function, "_inputs_struct", function.inputs)


def input_tensors(function: Any, given: Any) -> list[tuple[Any, Any]]:
    """Return ``(Input layer, its tensor)`` pairs of a graph called with ``given``, None for an optional input that is left out;
    empty if Keras would refuse the call.
    """
    standardize = getattr(function, "_standardize_inputs", None)
    try:
        tensors = standardize(given) if standardize is not None else import_keras().tree.flatten(given)
    except Exception:  # the call itself is about to fail with Keras's own message
        return []
    nodes = [node_of(tensor) for tensor in function.inputs]
    return [(node[0].operation, x) for node, x in zip(nodes, tensors, strict=False) if node is not None]


def structure_names(function: Any, side: str) -> list[str]:
    """Return the dict key of each flat input or output (``side``) of a graph; ``""`` for one without a key."""
    structure = getattr(function, f"_{side}_struct", None)
    if not isinstance(structure, dict | list | tuple):
        return [""] * len(getattr(function, side))
    return [name_in_path(path) for path, _ in leaves(structure)]


def name_in_path(path: str) -> str:
    """Return a path, e.g. ``"scores.title"``; ``""`` for a path of positions only."""
    return "" if not path or all(part.isdigit() for part in path.split(".")) else path


def leaves(structure: Any, path: str = "") -> list[Leaf]:
    """Return the leaves of lists, tuples and dicts with their paths (``"0.title"``), in the order of ``keras.tree.flatten``."""
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
    """Return a call's arguments, tensors and constants, with their paths: ``"0"``, ``"0.1"``, ``"mask"``."""
    args, kwargs = node.arguments.args, node.arguments.kwargs
    if len(args) == 1 and not kwargs and not isinstance(args[0], _CONTAINERS):
        return [("0", args[0])]
    return leaves(args) + keyword_leaves(node.operation, kwargs) if kwargs else leaves(args)


def keyword_leaves(op: Any, kwargs: dict[str, Any]) -> list[Leaf]:
    """Return the leaves of keyword arguments in the order in which ``call`` declares them: a query before its mask."""
    order = _declared(type(op))
    found: list[Leaf] = []
    for name in sorted(kwargs, key=lambda name: order.get(name, len(order))):
        found += leaves(kwargs[name], name)
    return found


@cache_by_class
def _declared(cls: type) -> dict[str, int]:
    """Return the number of each parameter of a class's ``call``."""
    try:
        return {name: number for number, name in enumerate(inspect.signature(cls.call).parameters)}  # type: ignore[attr-defined]
    except (AttributeError, TypeError, ValueError):
        return {}


def node_of(tensor: Any) -> tuple[Any, int] | None:
    """Return the call that made a symbolic tensor and the number of the output; None for a tensor of no operation."""
    history = getattr(tensor, "_keras_history", None)
    if history is None or history.operation is None:
        return None
    return history.operation._inbound_nodes[history.node_index], history.tensor_index


def calls_of(op: Any) -> list[Any]:
    """Return every symbolic call of a layer or operation, in the order of creation."""
    return list(getattr(op, "_inbound_nodes", ()))


def is_operation(value: Any) -> bool:
    """Return whether a value is a layer or operation of Keras, without loading Keras."""
    return hasattr(value, "_inbound_nodes")


@lru_cache(maxsize=512)
def is_operation_name(name: str) -> bool:
    """Return whether Keras has an operation, not a layer, of this name, such as ``Multiply`` of ``a * b``."""
    import_keras()
    modules = [module for path, module in list(sys.modules.items()) if path.startswith("keras.src.ops.")]
    return any(isinstance(found := getattr(module, name, None), type) and is_operation_class(found) for module in modules)


def is_operation_class(cls: type) -> bool:
    """Return whether a class is that of operations of Keras, not of layers."""
    keras = import_keras()
    return issubclass(cls, keras.Operation) and not issubclass(cls, keras.layers.Layer)


def is_layer(op: Any) -> bool:
    """Return whether an operation is a layer."""
    return hasattr(op, "_layers")


def consumers(node: Any) -> list[Any]:
    """Return the calls that take an output of this one call (Keras lists those of all calls of an operation together)."""
    mine = {id(tensor) for tensor in node.outputs}
    return [user for user in node.operation._outbound_nodes if any(id(t) in mine for t in user.input_tensors)]


def sublayers(op: Any) -> list[Any]:
    """Return the layers directly inside a layer, each once, without the automatic input of a Sequential."""
    found = getattr(op, "layers", None) if isinstance(op, import_keras().Model) else getattr(op, "_layers", None)
    layer = import_keras().layers.Layer
    return list({id(x): x for x in found or () if isinstance(x, layer)}.values())


def tracked_layers(op: Any) -> list[Any]:
    """Return the layers among a layer's attributes, in order; for a Sequential, with the Input that the user gave."""
    return list(getattr(op, "_layers", None) or ())


def only_input(op: Any) -> Any:
    """Return the Input layer of a Sequential that holds nothing else, and which Keras therefore does not build; else None."""
    keras = import_keras()
    held = tracked_layers(op) if isinstance(op, keras.Sequential) and function_of(op) is None else []
    return held[0] if len(held) == 1 and isinstance(held[0], keras.layers.InputLayer) else None


def only_call(layer: Any) -> tuple[list[Any], list[Any]]:
    """Return the symbolic inputs and outputs of a layer that was called exactly once; empty lists for any other."""
    nodes = calls_of(layer)
    return (list(nodes[0].input_tensors), list(nodes[0].outputs)) if len(nodes) == 1 else ([], [])


def all_layers(op: Any) -> list[Any]:
    """Return the layer itself and every layer inside it at any depth, each once."""
    found: dict[int, Any] = {}
    todo = [op]
    while todo:
        layer = todo.pop()
        if id(layer) not in found:
            found[id(layer)] = layer
            todo.extend(getattr(layer, "_layers", ()))
    return list(found.values())


def weights_of(op: Any) -> list[Any]:
    """Return ``layer.weights``: the weights of a layer and all inside it, each once, by one walk instead of one per level."""
    if getattr(op, "_trainable_variables", None) is None:
        return _in_function(op, weights_of) if hasattr(op, "_nodes_by_depth") else list(getattr(op, "weights", ()))
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


def own_weights_of(layer: Any) -> list[Any]:
    """Return the weights that a layer made itself, without those of the layers inside it."""
    return [*(getattr(layer, "_trainable_variables", None) or ()), *(getattr(layer, "_non_trainable_variables", None) or ())]


@cache_by_class
def _keeps_weights(cls: type) -> bool:
    """Return whether layers of a class have Keras's own ``weights`` property, not one of the class."""
    return getattr(cls, "weights", None) is import_keras().layers.Layer.weights


def trained_weights_of(op: Any) -> list[Any]:
    """Return the trainable weights of a layer or function, each once."""
    own = getattr(op, "trainable_weights", None)
    return _in_function(op, trained_weights_of) if own is None and hasattr(op, "_nodes_by_depth") else list(own or ())


def trained_only(model: Any) -> frozenset[int] | None:
    """Return the identities of the only variables that training a model changes; None where each variable's flag decides.

    Keras trains what ``model.trainable_weights`` lists: nothing if the model itself is frozen, whatever is thawed inside; else
    every variable whose own flag is on, even in a frozen layer; or what a class lists that overrides the property.
    """
    if getattr(type(model), "trainable_weights", None) is import_keras().layers.Layer.trainable_weights and model.trainable:
        return None
    return frozenset(map(id, trained_weights_of(model)))


def made_to_train(op: Any) -> set[int]:
    """Return the identities of the variables of a layer, and of all inside it, that were made to be trained."""
    return {id(v) for layer in all_layers(op) for v in getattr(layer, "_trainable_variables", ())}


def frozen_weights_of(op: Any) -> set[int]:
    """Return the identities of the weights of a layer, and of all inside it, that could train but do not.

    Those are variables made to be trained whose flag is off, and quantized kernels. Statistics and scales are none.
    """
    found: list[int] = []
    for layer in all_layers(op) if getattr(op, "_layers", ()) else (op,):
        found += [id(v) for v in getattr(layer, "_trainable_variables", ()) if not v.trainable]
        found += [id(v) for v in getattr(layer, "_non_trainable_variables", ()) if dtype_of(v) in _QUANTIZED]
    return set(found)


def _in_function(function: Any, weights: Callable[[Any], list[Any]]) -> list[Any]:
    """Return the weights of all operations of a `keras.Function`, each once."""
    return list({id(weight): weight for operation in function.operations for weight in weights(operation)}.values())


def shape_of(weight: Any) -> tuple[int, ...]:
    """Return a variable's shape; the public property makes a TensorShape each time, which is slow."""
    shape = getattr(weight, "_shape", None)
    return shape if type(shape) is tuple else tuple(weight.shape)


def dtype_of(weight: Any) -> str:
    """Return the dtype a variable is stored in; the public property returns another one inside an autocast scope."""
    dtype = getattr(weight, "_dtype", None)
    return dtype if isinstance(dtype, str) else str(weight.dtype)


def quantization_of(op: Any) -> str | None:
    """Return how a layer is quantized, e.g. ``"int8"``; the public property takes ten times as long."""
    policy = getattr(op, "_dtype_policy", None)
    if hasattr(policy, "default_policy"):  # a map of policies by the paths of layers
        return op.quantization_mode
    return getattr(policy, "quantization_mode", None)


def has_value(weight: Any) -> bool:
    """Return whether a variable exists in the backend; one that is made in a stateless scope does not."""
    return getattr(weight, "_value", weight) is not None


def handle_of(weight: Any) -> Any:
    """Return what TensorFlow reads a variable from, or the variable's value if there is no such thing."""
    value = getattr(weight, "_value", None)
    return getattr(value, "handle", value)


def remembered_shapes(layer: Any) -> dict[str, Any] | None:
    """Return the shapes a layer was built with, by the name of each ``build`` argument; Keras keeps them for loading."""
    return getattr(layer, "_build_shapes_dict", None)


@cache_by_class
def is_builtin(cls: type) -> bool:
    """Return whether Keras defines a class."""
    return cls.__module__.split(".")[0] == "keras"


@cache_by_class
def runs_keras_code(cls: type) -> bool:
    """Return whether layers of a class run Keras's own ``call``, so that their computation is known."""
    call = getattr(cls, "call", None)
    return (getattr(call, "__module__", None) or "").split(".")[0] == "keras"  # None for a function made by `exec`


@cache_by_class
def bases_of(cls: type) -> tuple[str, ...]:
    """Return the class and its ancestors, except object, as ``module.Name``."""
    return tuple(f"{c.__module__}.{c.__qualname__}" for c in cls.__mro__ if c is not object)


@cache_by_class
def keras_names(cls: type) -> tuple[str, ...]:
    """Return the names of Keras's own classes in the method resolution order, nearest first."""
    return tuple(c.__name__ for c in cls.__mro__ if is_builtin(c))


def global_state() -> ModuleType | None:
    """Return Keras's module of automatic names, seeds and scopes; None where a release of Keras has moved it."""
    try:
        return import_module("keras.src.backend.common.global_state")
    except ImportError:
        return None
