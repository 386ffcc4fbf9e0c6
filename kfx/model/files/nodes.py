"""Read the calls in a stored configuration: one for each of a layer's ``inbound_nodes``, in Keras 3's form or Keras 2's."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kfx.keras_access.internals import name_in_path
from kfx.model.facts import Tensor
from kfx.model.walk import depth_first

Ref = tuple[str, int, int]  # layer's name, number of the call from 0, number of the output from 0


@dataclass(frozen=True)
class StoredNode:
    """One call in a file: the layer's place in the list and its name, the number of the call, and its arguments.

    Attributes:
        tensors: ``(argument, source, shape and dtype if the file holds them)`` of each tensor.
        constants: ``(argument, value)`` of all other arguments.
    """

    layer: int
    name: str
    call: int
    tensors: tuple[tuple[str, Ref, Tensor | None], ...]
    constants: tuple[tuple[str, Any], ...] = ()


def nodes_in(config: dict[str, Any], entries: list[dict[str, Any]], *, is_chain: bool) -> list[StoredNode]:
    """Return every call of a container after all that it needs; in a chain, each layer takes the output of the one before."""
    names = [str(entry.get("name") or (entry.get("config") or {}).get("name")) for entry in entries]
    if is_chain:
        return _chain(config, names, entries)
    nodes = []
    for place, (entry, name) in enumerate(zip(entries, names, strict=True)):
        inbound = entry.get("inbound_nodes") or []
        if not inbound:
            nodes.append(StoredNode(place, name, 1, ()))
        for number, node in enumerate(inbound):
            tensors, constants = _arguments(node)
            kept = tuple((w, x) for w, x in constants if x is not None or entry.get("class_name") == "GetItem")
            nodes.append(StoredNode(place, name, number + 1, tuple(tensors), kept))
    return _in_order(_corrected(nodes))


def outputs_of(config: dict[str, Any], nodes: list[StoredNode], *, is_chain: bool) -> list[tuple[Ref, str]]:
    """Return the calls that make a container's outputs, with the key of each in a dict of outputs."""
    if is_chain:
        return [((nodes[-1].name, 0, 0), "")] if nodes else []
    last = _last_calls(nodes)
    return [(_existing_call(ref, last), name_in_path(path)) for path, ref in _refs(config.get("output_layers"))]


def inputs_of(config: dict[str, Any]) -> list[str]:
    """Return the names of a container's Input layers in the order of its inputs."""
    return [ref[0] for _, ref in _refs(config.get("input_layers"))]


def _corrected(nodes: list[StoredNode]) -> list[StoredNode]:
    last = _last_calls(nodes)
    return [
        replace(node, tensors=tuple((where, _existing_call(ref, last), spec) for where, ref, spec in node.tensors))
        for node in nodes
    ]


def _last_calls(nodes: list[StoredNode]) -> dict[str, int]:
    return {node.name: node.call - 1 for node in nodes}


def _existing_call(ref: Ref, last: dict[str, int]) -> Ref:
    """Correct a reference to a model used at two levels of nesting: Keras counts its calls on from the inner level."""
    name, call, output = ref
    return (name, min(call, last.get(name, call)), output)


def snake(name: str) -> str:
    """Return the name of a class's group of weights: ``Conv2DTranspose`` -> ``conv2d_transpose``."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def _chain(config: dict[str, Any], names: list[str], entries: list[dict[str, Any]]) -> list[StoredNode]:
    """Return the layers of a Sequential, each with the one before as input; the first has the shape the model was built for."""
    has_input = bool(entries) and entries[0].get("class_name") == "InputLayer"
    start = _sizes(config.get("build_input_shape"), "float32")
    first = () if has_input or start is None else (("0", ("", 0, 0), start),)
    built = [_sizes((entry.get("build_config") or {}).get("input_shape"), "") for entry in entries[1:]]
    fed = [first, *((("0", (name, 0, 0), spec),) for name, spec in zip(names, built, strict=False))]
    return [StoredNode(place, name, 1, fed[place]) for place, name in enumerate(names)]


def _refs(given: object) -> list[tuple[str, Ref]]:
    """Return the references ``[layer, call, output]`` in a structure with their paths."""
    return [(path, _ref(x)) for path, x in _leaves(given, _is_ref) if _is_ref(x)]


Arguments = tuple[list[tuple[str, Ref, Tensor | None]], list[tuple[str, Any]]]  # tensors and constants of a call


def _arguments(node: object) -> Arguments:
    if isinstance(node, dict):
        return _keras_3_arguments(node)
    tensors: list[tuple[str, Ref, Tensor | None]] = []
    if isinstance(node, list):  # Keras 2: [[layer, call, output, kwargs], ...]
        entries = [node] if node and isinstance(node[0], str) else node
        for place, entry in enumerate(entries):
            if isinstance(entry, list) and len(entry) >= 3 and isinstance(entry[0], str):
                tensors.append(("0" if len(entries) == 1 else f"0.{place}", _ref(entry), None))
                for key, value in (entry[3] if len(entry) > 3 and isinstance(entry[3], dict) else {}).items():
                    if isinstance(value, list) and len(value) == 3 and isinstance(value[0], str):
                        tensors.append((key, _ref(value), None))
    return tensors, []


def _keras_3_arguments(node: dict[str, Any]) -> Arguments:
    tensors: list[tuple[str, Ref, Tensor | None]] = []
    constants: list[tuple[str, Any]] = []
    for where, x in (*_leaves(node.get("args")), *_leaves(node.get("kwargs"))):
        if not isinstance(x, dict):
            constants.append((where, x))
            continue
        kind, inner = x["class_name"], x.get("config")
        config = inner if isinstance(inner, dict) else {}
        dtype = str(config.get("dtype", ""))
        if kind == "__keras_tensor__":
            spec = _sizes(config.get("shape"), dtype)
            tensors.append((where, _ref(x["config"]["keras_history"]), spec or Tensor(None, dtype)))
        elif kind == "__slice__":
            constants.append((where, slice(*(config.get(end) for end in ("start", "stop", "step")))))
        elif kind in ("__tensor__", "__numpy__"):
            constants.append((where, Tensor(_shape_of(config.get("value")), dtype)))
        else:
            constants.append((where, Ellipsis if kind == "__ellipsis__" else config.get("value", str(kind))))
    return tensors, constants


def _ref(entry: Sequence[Any]) -> Ref:
    name, call, output = entry[:3]
    return str(name), int(call), int(output)


def _is_ref(given: object) -> bool:
    return isinstance(given, list) and len(given) == 3 and isinstance(given[0], str) and isinstance(given[1], int)


def _is_object(given: object) -> bool:
    return isinstance(given, dict) and "class_name" in given


def _leaves(given: object, is_leaf: Callable[[object], bool] = _is_object, where: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the leaves of dicts and lists with their paths, e.g. ``"0.title"``; ``is_leaf`` may stop at a dict or list."""
    if isinstance(given, dict | list) and not is_leaf(given):
        items = [(key, given[key]) for key in sorted(given, key=str)] if isinstance(given, dict) else enumerate(given)
        for key, value in items:
            yield from _leaves(value, is_leaf, f"{where}.{key}".strip("."))
    else:
        yield where, given


def _sizes(shape: object, dtype: str) -> Tensor | None:
    """Return a stored shape; None for anything else, such as a list of shapes."""
    if not isinstance(shape, list) or not all(n is None or isinstance(n, int) for n in shape):
        return None
    return Tensor(tuple(shape), dtype)


def _shape_of(value: object) -> tuple[int, ...]:
    """Return the shape of a tensor stored as nested lists."""
    shape: list[int] = []
    while isinstance(value, list) and len(shape) < 32:
        shape.append(len(value))
        value = value[0] if value else None
    return tuple(shape)


def _in_order(nodes: list[StoredNode]) -> list[StoredNode]:
    """Return each call after all that it needs; references to nothing, or in a circle, are ignored."""
    by_ref = {(node.name, node.call - 1): node for node in nodes}

    def needed_by(node: StoredNode) -> list[StoredNode]:
        return [by_ref[source[:2]] for _, source, _ in node.tensors if source[:2] in by_ref]

    return depth_first(nodes, needed_by, lambda node: (node.layer, node.call))
