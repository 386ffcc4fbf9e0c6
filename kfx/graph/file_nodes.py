"""The calls that a stored configuration lists: one for each of a layer's ``inbound_nodes``, in Keras 3's form or Keras 2's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kfx.graph.facts import Tensor

Ref = tuple[str, int, int]  # layer's name, which call of it from 0, which output from 0


@dataclass(frozen=True)
class StoredNode:
    """One call in a file: the layer's place in the list, its name, which call, and the tensors it is given.

    Attributes:
        tensors: ``(argument, maker, shape and dtype where the file holds them)`` of each tensor.
    """

    layer: int
    name: str
    call: int
    tensors: tuple[tuple[str, Ref, Tensor | None], ...]


def nodes_in(kind: str, config: dict[str, Any], entries: list[dict[str, Any]]) -> list[StoredNode]:
    """Every call of a container, each after all that it needs."""
    names = [str(entry.get("name") or (entry.get("config") or {}).get("name")) for entry in entries]
    if kind == "Sequential":
        return _chain(config, names, has_input=bool(entries) and entries[0].get("class_name") == "InputLayer")
    nodes = []
    for place, (entry, name) in enumerate(zip(entries, names, strict=True)):
        inbound = entry.get("inbound_nodes") or []
        if not inbound:
            nodes.append(StoredNode(place, name, 1, ()))
        for number, node in enumerate(inbound):
            nodes.append(StoredNode(place, name, number + 1, tuple(_tensors(node))))
    return _in_order(nodes)


def outputs_of(kind: str, config: dict[str, Any], nodes: list[StoredNode]) -> list[tuple[Ref, str]]:
    """Which calls make a container's outputs, with the key of each in a dict of outputs."""
    if kind == "Sequential":
        return [((nodes[-1].name, 0, 0), "")] if nodes else []
    return [(ref, name) for name, ref in _refs(config.get("output_layers"), "")]


def snake(name: str) -> str:
    """A class's name as Keras names groups of weights: ``Conv2DTranspose`` -> ``conv2d_transpose``."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def _chain(config: dict[str, Any], names: list[str], *, has_input: bool) -> list[StoredNode]:
    """The layers of a Sequential, each fed by the one before; the first by nobody, with the shape the model was built for."""
    built = config.get("build_input_shape")
    start = Tensor(tuple(n if isinstance(n, int) else None for n in built), "float32") if isinstance(built, list) else None
    first = () if has_input or start is None else (("0", ("", 0, 0), start),)
    fed = [first, *((("0", (name, 0, 0), None),) for name in names)]
    return [StoredNode(place, name, 1, fed[place]) for place, name in enumerate(names)]


def _refs(given: Any, name: str) -> Iterator[tuple[str, Ref]]:
    """References in a structure of ``[layer, call, output]`` with their dict keys."""
    if isinstance(given, dict):
        for key in sorted(given):
            yield from _refs(given[key], f"{name}.{key}".strip("."))
    elif isinstance(given, list) and len(given) == 3 and isinstance(given[0], str) and isinstance(given[1], int):
        yield name, (given[0], given[1], int(given[2]))
    elif isinstance(given, list):
        for one in given:
            yield from _refs(one, name)


def _tensors(node: Any) -> Iterator[tuple[str, Ref, Tensor | None]]:
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


def _new_form(given: Any, where: str) -> Iterator[tuple[str, Ref, Tensor | None]]:
    if isinstance(given, dict) and given.get("class_name") == "__keras_tensor__":
        config = given["config"]
        name, call, output = config["keras_history"][:3]
        shape = config.get("shape")
        sizes = tuple(n if isinstance(n, int) else None for n in shape) if isinstance(shape, list) else None
        yield where, (str(name), int(call), int(output)), Tensor(sizes, str(config.get("dtype", "")))
    elif isinstance(given, dict):
        for key in sorted(given, key=str):
            yield from _new_form(given[key], f"{where}.{key}".strip("."))
    elif isinstance(given, list):
        for place, one in enumerate(given):
            yield from _new_form(one, f"{where}.{place}".strip("."))


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
