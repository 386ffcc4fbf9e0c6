"""The calls that a stored configuration lists: one for each of a layer's ``inbound_nodes``, in Keras 3's form or Keras 2's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from kfx.keras_access.internals import name_in_path
from kfx.model.facts import Tensor

Ref = tuple[str, int, int]  # layer's name, which call of it from 0, which output from 0


@dataclass(frozen=True)
class StoredNode:
    """One call in a file: the layer's place in the list, its name, which call, and the tensors it is given.

    Attributes:
        tensors: ``(argument, maker, shape and dtype where the file holds them)`` of each tensor.
        constants: ``(argument, value)`` of all that it is given besides.
    """

    layer: int
    name: str
    call: int
    tensors: tuple[tuple[str, Ref, Tensor | None], ...]
    constants: tuple[tuple[str, Any], ...] = ()


def nodes_in(config: dict[str, Any], entries: list[dict[str, Any]], *, is_chain: bool) -> list[StoredNode]:
    """Every call of a container, each after all that it needs; in a chain each layer is fed by the one before."""
    names = [str(entry.get("name") or (entry.get("config") or {}).get("name")) for entry in entries]
    if is_chain:
        return _chain(config, names, entries)
    nodes = []
    for place, (entry, name) in enumerate(zip(entries, names, strict=True)):
        inbound = entry.get("inbound_nodes") or []
        if not inbound:
            nodes.append(StoredNode(place, name, 1, ()))
        for number, node in enumerate(inbound):
            constants = [(w, x) for w, x in _constants(node) if x is not None or entry.get("class_name") == "GetItem"]
            nodes.append(StoredNode(place, name, number + 1, tuple(_tensors(node)), tuple(constants)))
    return _in_order(_with_calls_there_are(nodes))


def outputs_of(config: dict[str, Any], nodes: list[StoredNode], *, is_chain: bool) -> list[tuple[Ref, str]]:
    """Which calls make a container's outputs, with the key of each in a dict of outputs."""
    if is_chain:
        return [((nodes[-1].name, 0, 0), "")] if nodes else []
    last = _last_calls(nodes)
    return [(_call_there_is(ref, last), name_in_path(path)) for path, ref in _refs(config.get("output_layers"), "")]


def inputs_of(config: dict[str, Any]) -> list[str]:
    """The names of a container's Input layers in the order in which it takes its inputs."""
    return [ref[0] for _, ref in _refs(config.get("input_layers"), "")]


def _with_calls_there_are(nodes: list[StoredNode]) -> list[StoredNode]:
    last = _last_calls(nodes)
    return [
        replace(node, tensors=tuple((where, _call_there_is(ref, last), spec) for where, ref, spec in node.tensors))
        for node in nodes
    ]


def _last_calls(nodes: list[StoredNode]) -> dict[str, int]:
    return {node.name: node.call - 1 for node in nodes}


def _call_there_is(ref: Ref, last: dict[str, int]) -> Ref:
    """A reference as it was meant: Keras counts the calls of a model that it uses at two levels of nesting on."""
    name, call, output = ref
    return (name, min(call, last.get(name, call)), output)


def snake(name: str) -> str:
    """A class's name as Keras names groups of weights: ``Conv2DTranspose`` -> ``conv2d_transpose``."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def _chain(config: dict[str, Any], names: list[str], entries: list[dict[str, Any]]) -> list[StoredNode]:
    """The layers of a Sequential, each fed by the one before; the first by nobody, with the shape the model was built for."""
    has_input = bool(entries) and entries[0].get("class_name") == "InputLayer"
    start = _sizes(config.get("build_input_shape"), "float32")
    first = () if has_input or start is None else (("0", ("", 0, 0), start),)
    built = [_sizes((entry.get("build_config") or {}).get("input_shape"), "") for entry in entries[1:]]
    fed = [first, *((("0", (name, 0, 0), spec),) for name, spec in zip(names, built, strict=False))]
    return [StoredNode(place, name, 1, fed[place]) for place, name in enumerate(names)]


def _refs(given: object, name: str) -> Iterator[tuple[str, Ref]]:
    """References in a structure of ``[layer, call, output]`` with their dict keys."""
    if isinstance(given, dict):
        for key in sorted(given):
            yield from _refs(given[key], f"{name}.{key}".strip("."))
    elif isinstance(given, list) and len(given) == 3 and isinstance(given[0], str) and isinstance(given[1], int):
        yield name, (given[0], given[1], int(given[2]))
    elif isinstance(given, list):
        for place, one in enumerate(given):
            yield from _refs(one, f"{name}.{place}".strip("."))


def _tensors(node: object) -> Iterator[tuple[str, Ref, Tensor | None]]:
    if isinstance(node, dict):  # Keras 3
        yield from _new_form(node.get("args"), "")
        yield from _new_form(node.get("kwargs"), "")
    elif isinstance(node, list):  # Keras 2: [[layer, call, output, kwargs], ...]
        entries = [node] if node and isinstance(node[0], str) else node
        for place, entry in enumerate(entries):
            if isinstance(entry, list) and len(entry) >= 3 and isinstance(entry[0], str):
                where = "0" if len(entries) == 1 else f"0.{place}"
                yield where, (entry[0], int(entry[1]), int(entry[2])), None
                for key, value in (entry[3] if len(entry) > 3 and isinstance(entry[3], dict) else {}).items():
                    if isinstance(value, list) and len(value) == 3 and isinstance(value[0], str):
                        yield key, (value[0], int(value[1]), int(value[2])), None


def _new_form(given: object, where: str) -> Iterator[tuple[str, Ref, Tensor | None]]:
    if isinstance(given, dict) and given.get("class_name") == "__keras_tensor__":
        config = given["config"]
        name, call, output = config["keras_history"][:3]
        spec = _sizes(config.get("shape"), str(config.get("dtype", "")))
        yield where, (str(name), int(call), int(output)), spec or Tensor(None, str(config.get("dtype", "")))
    elif isinstance(given, dict):
        for key in sorted(given, key=str):
            yield from _new_form(given[key], f"{where}.{key}".strip("."))
    elif isinstance(given, list):
        for place, one in enumerate(given):
            yield from _new_form(one, f"{where}.{place}".strip("."))


def _sizes(shape: object, dtype: str) -> Tensor | None:
    """A stored shape; None where it is none, such as a list of shapes."""
    if not isinstance(shape, list) or not all(n is None or isinstance(n, int) for n in shape):
        return None
    return Tensor(tuple(shape), dtype)


def _constants(node: object) -> Iterator[tuple[str, Any]]:
    """All that a call in Keras 3's form is given besides tensors, where it stands and as it was."""
    if isinstance(node, dict):
        yield from _leaves(node.get("args"), "")
        yield from _leaves(node.get("kwargs"), "")


def _leaves(given: object, where: str) -> Iterator[tuple[str, Any]]:
    if isinstance(given, dict) and "class_name" in given:
        kind, inner = given["class_name"], given.get("config")
        config = inner if isinstance(inner, dict) else {}
        if kind == "__slice__":
            yield where, slice(*(config.get(end) for end in ("start", "stop", "step")))
        elif kind in ("__tensor__", "__numpy__"):
            yield where, Tensor(_shape_of(config.get("value")), str(config.get("dtype", "")))
        elif kind != "__keras_tensor__":
            yield where, Ellipsis if kind == "__ellipsis__" else config.get("value", str(kind))
    elif isinstance(given, dict):
        for key in sorted(given, key=str):
            yield from _leaves(given[key], f"{where}.{key}".strip("."))
    elif isinstance(given, list):
        for place, one in enumerate(given):
            yield from _leaves(one, f"{where}.{place}".strip("."))
    else:
        yield where, given


def _shape_of(value: object) -> tuple[int, ...]:
    """The shape of a tensor that is stored as lists in lists."""
    shape: list[int] = []
    while isinstance(value, list) and len(shape) < 32:
        shape.append(len(value))
        value = value[0] if value else None
    return tuple(shape)


def _in_order(nodes: list[StoredNode]) -> list[StoredNode]:
    """Each call after all that it needs; a reference to nothing, or in a circle, is not waited for."""
    by_ref = {(node.name, node.call - 1): node for node in nodes}
    order: list[StoredNode] = []
    seen: set[tuple[int, int]] = set()
    for start in nodes:
        stack = [(start, False)]
        while stack:
            node, done = stack.pop()
            if done:
                order.append(node)
            elif (node.layer, node.call) not in seen:
                seen.add((node.layer, node.call))
                stack.append((node, True))
                needed = [by_ref.get(source[:2]) for _, source, _ in reversed(node.tensors)]
                stack += [(other, False) for other in needed if other is not None]
    return order
