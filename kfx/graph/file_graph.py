"""Turn a model's stored configuration into a `LayerGraph`, with plain data only: no object of the file is ever made.

Keras's own classes are asked for family, settings, shapes and cost through a shell that holds the configuration's values;
classes that are not Keras's stay names.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from kfx.graph.arguments import text_of
from kfx.graph.cost import class_cost, op_cost, tensor_bytes, total_cost
from kfx.graph.describe import class_settings
from kfx.graph.facts import Cost, Edge, LayerCall, LayerGraph, Shape, Tensor
from kfx.graph.family import class_family, family_of_op
from kfx.graph.file_nodes import StoredNode, nodes_in, outputs_of, snake
from kfx.graph.internals import bases_of
from kfx.graph.model_file import ModelFile, Stored
from kfx.graph.weights import bits
from kfx.quiet import import_keras

_CONTAINERS = {"Functional", "Model", "Sequential"}
_NOT_TRAINED = {"BatchNormalization": 2, "Normalization": 3}  # arrays at the end that training does not change


def graph_of_file(stored: ModelFile, fallback_name: str) -> LayerGraph:
    """The graph a stored configuration describes."""
    config = stored.config["config"] if isinstance(stored.config.get("config"), dict) else {}
    name = str(config.get("name", fallback_name))
    kind = stored.config["class_name"]
    reader = _Reader(stored)
    notes = list(stored.notes)
    if isinstance(config.get("layers"), list):
        inside = reader.read(kind, config, None, (), "", (), True)
        inputs, outputs = inside.inputs, inside.outputs
    else:
        inputs, outputs = (), ()
        notes.append(
            f"The file holds no graph: {kind} is a class of its own. "
            "Load it in Python with its class to see how the layers are wired."
        )
        reader.read_groups()
    rows = [call for call in reader.calls if call.parent is None]
    params = sum(call.params for call in rows)
    known = isinstance(config.get("layers"), list)
    return LayerGraph(
        name=name,
        type=kind,
        kind="exact" if known else "opaque",
        calls=tuple(reader.calls),
        edges=tuple(sorted(reader.edges, key=lambda edge: reader.place[edge.target])),
        inputs=inputs,
        outputs=outputs,
        params=params,
        trainable=sum(call.trainable for call in rows),
        weight_bytes=sum(call.weight_bytes for call in rows),
        cost=total_cost(rows, known=known),
        notes=tuple(notes),
    )


@dataclass
class _Inside:
    inputs: tuple[str, ...] = ()
    outputs: tuple[tuple[str, int, str], ...] = ()
    shapes: list[Tensor] = field(default_factory=list)


class _Reader:
    def __init__(self, stored: ModelFile):
        self.stored = stored
        self.calls: list[LayerCall] = []
        self.edges: list[Edge] = []
        self.place: dict[str, int] = {}
        self.layers = import_keras().layers

    def read(
        self, kind: str, config: dict[str, Any], parent: str | None, path: Any, home: str, given: tuple[Tensor, ...]
    ) -> _Inside:
        """Add the calls of one container; ``home`` is where its weights start in the file, ``given`` what it is called with."""
        entries = [entry for entry in config["layers"] if isinstance(entry, dict)]
        homes = self._homes(entries, home)
        nodes = nodes_in(kind, config, entries)
        totals = Counter(node.layer for node in nodes)
        made: dict[tuple[str, int, int], tuple[str, int]] = {}
        tensors: dict[tuple[str, int, int], Tensor] = {}
        wanted = {source: spec for node in nodes for _, source, spec in node.tensors if spec is not None}
        starts: list[str] = []
        for node in nodes:
            entry = entries[node.layer]
            label = node.name if totals[node.layer] == 1 else f"{node.name}@{node.call}"
            here = (*path, label)
            key = "/".join(here)
            for where, source, _ in node.tensors:
                if source in made:
                    self.edges.append(Edge(*made[source], key, where))
            inputs = tuple(tensors.get(source) or spec or Tensor(None, "") for _, source, spec in node.tensors)
            outputs = self._call(
                entry, node, totals[node.layer], parent, here, homes[node.layer], inputs, wanted, given, len(starts), fresh
            )
            if entry.get("class_name") == "InputLayer":
                starts.append(key)
            for number, tensor in enumerate(outputs):
                made[(node.name, node.call - 1, number)] = (key, number)
                tensors[(node.name, node.call - 1, number)] = tensor
        ends = [(source, name) for source, name in outputs_of(kind, config, nodes) if source in made]
        return _Inside(tuple(starts), tuple((*made[s], name) for s, name in ends), [tensors[s] for s, _ in ends])

    def _call(
        self,
        entry: dict[str, Any],
        node: StoredNode,
        calls: int,
        parent: str | None,
        path: tuple[str, ...],
        home: str,
        inputs: tuple[Tensor, ...],
        wanted: dict[tuple[str, int, int], Tensor],
        given: tuple[Tensor, ...],
        number: int,
        fresh: bool,
    ) -> list[Tensor]:
        config = entry.get("config") if isinstance(entry.get("config"), dict) else {}
        kind, key = str(entry.get("class_name")), "/".join(path)
        cls = self._class(entry)
        place = self.place[key] = len(self.calls)
        self.calls.append(None)  # type: ignore[arg-type]
        arrays = self._arrays(home)
        first = fresh and node.call == 1
        size, nbytes = sum(_size(a) for a in arrays), sum(_bytes(a) for a in arrays)
        frozen = config.get("trainable") is False
        fixed = arrays[-_NOT_TRAINED[kind] :] if kind in _NOT_TRAINED else []
        shell = SimpleNamespace(**{k: _plain(v) for k, v in config.items() if isinstance(k, str)})
        shell.build = shell.call = None
        inner_inputs: tuple[str, ...] = ()
        inner_outputs: tuple[tuple[str, int], ...] = ()
        is_model = kind in _CONTAINERS and isinstance(config.get("layers"), list)
        is_op = cls is None and str(entry.get("module", "")).startswith("keras.src.ops")
        if is_model:
            inside = self.read(kind, config, key, path, home, inputs, first)
            inner_inputs, inner_outputs = inside.inputs, tuple((k, n) for k, n, _ in inside.outputs)
            outputs = inside.shapes
            children = [c for c in self.calls[place + 1 :] if c.parent == key]
            cost = total_cost(children, known=True)
            size = size or sum(c.own_params for c in children if c.call == 1)
            nbytes = nbytes or sum(c.weight_bytes for c in children if c.call == 1)
            trained = sum(c.trainable for c in children)
        else:
            outputs = self._outputs(cls, kind, shell, config, inputs, given, number)
            outputs = _as_used(outputs, wanted, (node.name, node.call - 1))
            trained = 0 if frozen else size - sum(_size(a) for a in fixed)
            cost = (
                class_cost(cls, shell, inputs, tuple(outputs)) if cls else Cost(None, None, None, f"{kind} is not known here")
            )
        self.calls[place] = LayerCall(
            key=key,
            path=path,
            name=node.name,
            kind="model" if is_model else "input" if kind == "InputLayer" else "op" if is_op else "layer",
            type=kind,
            family="model" if is_model else class_family(cls) if cls else _op_family(kind, len(inputs)) if is_op else "custom",
            call=node.call,
            calls=calls,
            module="keras.layers" if cls else "keras.ops" if is_op else str(entry.get("module") or "unknown"),
            settings=class_settings(cls, shell, inputs) if cls and not is_model else (),
            config=tuple(
                (k, text_of(v)) for k, v in config.items() if v is not None and k not in ("name", "layers", "trainable")
            )
            if not is_model
            else (),
            inputs=inputs,
            outputs=tuple(outputs),
            params=size if first else 0,
            trainable=trained if first else 0,
            own_params=size,
            weight_bytes=nbytes if first else 0,
            dtype=_dtype(config),
            frozen=frozen and bool(size),
            cost=cost,
            parent=parent,
            inner_inputs=inner_inputs,
            inner_outputs=inner_outputs,
            bases=bases_of(cls) if cls else (f"{entry.get('module')}.{kind}",),
            note="" if cls or is_model or is_op else "a class that is not known here",
        )
        return list(outputs)

    def read_groups(self) -> None:
        """The layers of a model without a stored graph, as far as the weights file names them."""
        groups: dict[str, list[Stored]] = {}
        for path, array in self.stored.weights.items():
            parts = [p for p in path.split("/") if p not in ("layers", "_layers")]
            if len(parts) > 1 and "seed_generator" not in path:
                groups.setdefault(parts[0] if parts[0] != "vars" else "own weights", []).append(array)
        for name, arrays in groups.items():
            size = sum(map(_size, arrays))
            self.place[name] = len(self.calls)
            self.calls.append(
                LayerCall(
                    key=name,
                    path=(name,),
                    name=name,
                    kind="layer",
                    type="Layer",
                    family="custom",
                    module="unknown",
                    params=size,
                    trainable=size,
                    own_params=size,
                    weight_bytes=sum(map(_bytes, arrays)),
                    note="known from the stored weights only",
                )
            )

    def _class(self, entry: dict[str, Any]) -> Any:
        module = str(entry.get("module", "keras.layers"))  # files of Keras 2 name no module
        cls = getattr(self.layers, str(entry.get("class_name")), None)
        ours = entry.get("registered_name") in (None, entry.get("class_name"))
        known = isinstance(cls, type) and module.split(".")[0] == "keras" and "ops" not in module.split(".") and ours
        return cls if known else None

    def _outputs(self, cls: Any, kind: str, shell: Any, config: Any, inputs: Any, given: Any, number: int) -> list[Tensor]:
        """Output tensors by Keras's own shape rule of the class, asked with plain values; empty where it cannot say."""
        if kind == "InputLayer":
            if number < len(given) and given[number].shape is not None:
                return [given[number]]
            shape = config.get("batch_shape") or config.get("batch_input_shape") or [None, *(config.get("shape") or [])]
            return [Tensor(_shape(shape), _dtype(config))]
        shapes = [t.shape for t in inputs]
        if cls is None or not shapes or None in shapes:
            return []
        try:
            found = cls.compute_output_shape(shell, shapes[0] if len(shapes) == 1 else list(shapes))
            several = isinstance(found, list) or (bool(found) and isinstance(found[0], tuple | list))
            return [Tensor(_shape(s), _dtype(config)) for s in (found if several else [found])]
        except Exception:
            return []

    def _homes(self, entries: list[dict[str, Any]], home: str) -> list[str]:
        """Where each layer's weights start in the file: by class and number in ``.keras``, by name in ``.h5``."""
        if self.stored.legacy:
            return [f"{home}{entry.get('name') or (entry.get('config') or {}).get('name')}/" for entry in entries]
        seen: Counter[str] = Counter()
        found = []
        for entry in entries:
            if str(entry.get("module", "")).startswith("keras.src.ops"):
                found.append("\0")  # an operation has no weights
                continue
            name = snake(str(entry.get("class_name")))
            seen[name] += 1
            found.append(f"{home}layers/{name}{f'_{seen[name] - 1}' if seen[name] > 1 else ''}/")
        return found

    def _arrays(self, home: str) -> list[Stored]:
        found = [a for path, a in self.stored.weights.items() if path.startswith(home) and "seed_generator" not in path]
        if found or not self.stored.legacy or home.count("/") < 2:
            return found
        last = home.rstrip("/").rpartition("/")[2]
        top = home.partition("/")[0]
        return [a for path, a in self.stored.weights.items() if path.startswith(f"{top}/") and f"/{last}/" in path]


def _op_family(kind: str, inputs: int) -> str:
    found = family_of_op(kind)
    return "custom" if found == "merge" and inputs < 2 else found


def _as_used(outputs: list[Tensor], wanted: dict[tuple[str, int, int], Tensor], ref: tuple[str, int]) -> list[Tensor]:
    """Outputs as those who take them say they are; at least one, of unknown shape."""
    used = max((n + 1 for name, call, n in wanted if (name, call) == ref), default=1)
    unknown = Tensor(None, "")
    return [wanted.get((*ref, n)) or (outputs[n] if n < len(outputs) else unknown) for n in range(max(used, len(outputs)))]


def _plain(value: Any) -> Any:
    """A configuration's value as a layer would hold it: lists as tuples, a stored object by its class's name."""
    if isinstance(value, list):
        return tuple(map(_plain, value))
    if isinstance(value, dict) and "class_name" in value:
        if value["class_name"] == "__lambda__":
            return "lambda"
        inner = value.get("config")
        return inner if isinstance(inner, str) else str(value["class_name"])
    return value


def _dtype(config: dict[str, Any]) -> str:
    dtype = config.get("dtype")
    if isinstance(dtype, dict):
        dtype = (dtype.get("config") or {}).get("name") if isinstance(dtype.get("config"), dict) else None
    dtype = str(dtype or "float32")
    return dtype.removeprefix("mixed_")


def _shape(given: Any) -> Shape | None:
    sizes = given if isinstance(given, list | tuple) else None
    return None if sizes is None else tuple(n if isinstance(n, int) and not isinstance(n, bool) else None for n in sizes)


def _size(array: Stored) -> int:
    return math.prod(array[0])


def _bytes(array: Stored) -> int:
    return math.prod(array[0]) * bits(array[1]) // 8
