"""Turn a model's stored configuration into a `LayerGraph` without creating any object of the file."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from kfx.errors import ModelFileError
from kfx.model.facts import Edge, LayerCall, LayerGraph, Tensor, trains_together
from kfx.model.files.layer import StoredLayer
from kfx.model.files.nodes import Ref, StoredNode, inputs_of, nodes_in, outputs_of, snake
from kfx.model.files.open import ModelFile, Stored
from kfx.model.labels import call_label, free_label
from kfx.model.layers.arguments import stored_training, training_note
from kfx.model.layers.cost import total_cost

Used = dict[tuple[str, int], dict[int, Any]]  # by layer and call: the outputs in use, each as a Tensor or None

_MOST_CALLS = 20_000  # a small file can describe models nested in models that are called very often


@dataclass(frozen=True)
class StoredModel:
    """A saved model as data.

    Attributes:
        graph: The facts that its configuration describes.
        file: The contents of its file.
        homes: By call, the start of its arrays' paths in the file, and those paths.
        configs: By call, the layer's arguments as the file holds them.
    """

    graph: LayerGraph
    file: ModelFile
    homes: Mapping[str, tuple[str, tuple[str, ...]]]
    configs: Mapping[str, dict[str, Any]]


def graph_of_file(stored: ModelFile, fallback_name: str) -> StoredModel:
    """Return the graph that a stored configuration describes, and where each call's weights are.

    Raises:
        ModelFileError: When it describes more than 20,000 calls.
    """
    top = StoredLayer(stored.config)
    reader = _Reader(stored)
    notes = list(stored.notes)
    inputs: tuple[str, ...] = ()
    outputs: tuple[tuple[str, int, str], ...] = ()
    known = top.is_model
    if known:
        inside = reader.read(top, _Place(None, (), "", fresh=True), ())
        inputs, outputs = inside.inputs, inside.outputs
    else:
        notes.append(
            f"The file holds no graph: {top.type} is a class of its own. "
            "Load it in Python with its class to see how its layers are wired."
        )
        reader.read_groups()
    rows = [call for call in reader.calls if call.parent is None]
    graph = LayerGraph(
        name=str(top.config.get("name", fallback_name)),
        type=top.type,
        kind="exact" if known else "opaque",
        calls=tuple(reader.calls),
        edges=tuple(sorted(reader.edges, key=lambda edge: reader.order[edge.target])),
        inputs=inputs,
        outputs=outputs,
        params=sum(call.params for call in rows),
        trainable=sum(call.trainable for call in rows),
        weight_bytes=sum(call.weight_bytes for call in rows),
        cost=total_cost(rows, known=known),
        notes=(*notes, *(training_note(value, keys) for value, keys in reader.training.items())),
        stored=True,
    )
    return StoredModel(graph, stored, reader.homes, reader.configs)


@dataclass(frozen=True)
class _Place:
    """A container's key and path, the start of its weights' paths in the file, and whether its weights count here."""

    parent: str | None
    path: tuple[str, ...]
    home: str | None
    fresh: bool


@dataclass(frozen=True)
class _Inside:
    inputs: tuple[str, ...]
    outputs: tuple[tuple[str, int, str], ...]
    tensors: tuple[Tensor, ...]


class _Reader:
    def __init__(self, stored: ModelFile):
        self.stored = stored
        self.knows_weights = bool(stored.weights) or not stored.notes
        self.calls: list[LayerCall] = []
        self.edges: list[Edge] = []
        self.order: dict[str, int] = {}
        self.homes: dict[str, tuple[str, tuple[str, ...]]] = {}
        self.configs: dict[str, dict[str, Any]] = {}
        self.training: dict[bool, list[str]] = {}  # keys of the calls for which the file stores each value

    def read(self, container: StoredLayer, place: _Place, given: tuple[Tensor, ...]) -> _Inside:
        """Add the calls of one container; ``given`` holds the tensors it is called with."""
        entries = [entry for entry in container.config["layers"] if isinstance(entry, dict)]
        layers = [StoredLayer(entry) for entry in entries]
        homes = self._homes(entries, layers, place.home) if place.home is not None else [None] * len(entries)
        nodes = nodes_in(container.config, entries, is_chain=container.is_chain)
        totals = Counter(node.layer for node in nodes)
        ends = outputs_of(container.config, nodes, is_chain=container.is_chain)
        used: Used = defaultdict(dict)
        for (name, call, number), spec in [(r, t) for node in nodes for _, r, t in node.tensors] + [(r, None) for r, _ in ends]:
            used[name, call][number] = used[name, call].get(number) or spec
        wanted = inputs_of(container.config)
        made: dict[Ref, tuple[str, int]] = {}
        tensors: dict[Ref, Tensor] = {}
        starts: dict[int, str] = {}
        for node in nodes:
            layer = layers[node.layer]
            key, path = self._key(call_label(node.name, node.call, totals[node.layer]), place)
            self.edges += [Edge(*made[source], key, where) for where, source, _ in node.tensors if source in made]
            inputs = tuple(tensors.get(source) or spec or Tensor(None, "") for _, source, spec in node.tensors)
            called: tuple[Tensor, ...] = ()
            if layer.type == "InputLayer":
                start = wanted.index(node.name) if node.name in wanted else len(wanted) + len(starts)
                called, starts[start] = given[start : start + 1], key
            here = _Place(place.parent, path, homes[node.layer], place.fresh and node.call == 1)
            outputs = self._call(layer, node, totals[node.layer], here, inputs, called, used)
            for number, tensor in enumerate(outputs):
                made[(node.name, node.call - 1, number)] = (key, number)
                tensors[(node.name, node.call - 1, number)] = tensor
        ends = [(source, name) for source, name in ends if source in made]
        starting = tuple(starts[place] for place in sorted(starts))
        return _Inside(starting, tuple((*made[s], name) for s, name in ends), tuple(tensors[s] for s, _ in ends))

    def _call(
        self,
        layer: StoredLayer,
        node: StoredNode,
        calls: int,
        here: _Place,
        inputs: tuple[Tensor, ...],
        called: tuple[Tensor, ...],
        used: Used,
    ) -> tuple[Tensor, ...]:
        """Add one call; returns its outputs."""
        key = "/".join(here.path)
        place = self.order[key] = len(self.calls)
        if place >= _MOST_CALLS:
            raise ModelFileError(f"The file describes a model of more than {_MOST_CALLS:,} calls, which no honest model makes.")
        self.calls.append(None)  # type: ignore[arg-type]
        arrays = self._arrays(here.home)
        sizes: dict[str, Any] = layer.sizes(arrays, here.home)
        self.configs[key] = layer.config
        if here.fresh and not layer.is_model:
            self.homes[key] = here.home or "", tuple(arrays)
        more: dict[str, Any] = {}
        if layer.is_model:
            inside = self.read(layer, _Place(key, here.path, here.home, here.fresh), inputs)
            children = [call for call in self.calls[place + 1 :] if call.parent == key]
            outputs, cost = inside.tensors, total_cost(children)
            more = {"inner_inputs": inside.inputs, "inner_outputs": tuple((k, n) for k, n, _ in inside.outputs)}
            if here.fresh:
                names = ("params", "trainable", "weight_bytes")
                sizes |= {name: sum(getattr(call, name) for call in children) for name in names}
                sizes["own_params"] = sizes["params"]
            trains = trains_together(children)
            sizes |= {"frozen": trains == "no" and any(call.frozen for call in children), "partly_frozen": trains == "partly"}
        else:
            first = tuple(t for t, (where, _, _) in zip(inputs, node.tensors, strict=True) if where.split(".")[0] == "0")
            found = [t for t in called if t.shape is not None] or layer.outputs(first or inputs, node.constants)
            outputs = _as_used(found, used.get((node.name, node.call - 1), {}), layer.dtype)
            cost = layer.cost(inputs, outputs, node.constants)
        words = layer.words(inputs, node.constants)
        training = None if layer.is_op else stored_training(node.constants, layer.called_class)
        if training is not None:
            self.training.setdefault(training, []).append(key)
            words["note"] = words.get("note") or training_note(training)
        if not here.fresh:
            sizes |= {"params": 0, "trainable": 0, "weight_bytes": 0}
        self.calls[place] = LayerCall(
            key=key,
            path=here.path,
            name=node.name,
            kind=layer.kind,
            call=node.call,
            calls=calls,
            inputs=inputs,
            outputs=outputs,
            dtype=outputs[0].dtype if outputs and layer.kind in ("input", "op") else layer.dtype,
            cost=cost,
            derivation=() if layer.is_model else layer.derivation(inputs, outputs),
            parent=here.parent,
            built=self.knows_weights or layer.kind in ("input", "op"),
            **words,
            **sizes,
            **more,
        )
        return outputs

    def _key(self, label: str, place: _Place) -> tuple[str, tuple[str, ...]]:
        """Return a free key and its path: a file may repeat names."""
        path = (*place.path, free_label(label, self.order, inside="/".join(place.path) or None))
        return "/".join(path), path

    def read_groups(self) -> None:
        """Add the layers of a model without a stored graph, by the names in the weights file."""
        groups: dict[str, dict[str, Stored]] = {}
        for path, array in self.stored.weights.items():
            parts = [p for p in path.split("/") if p not in ("layers", "_layers")]
            if len(parts) > 1 and "seed_generator" not in path and not path.startswith("optimizer/vars/"):
                groups.setdefault(parts[0] if parts[0] != "vars" else "own weights", {})[path] = array
        for name, arrays in groups.items():
            layer = StoredLayer({"class_name": "Layer", "module": "unknown"})
            self.order[name] = len(self.calls)
            self.homes[name] = "", tuple(arrays)
            more = {**layer.words(()), "note": "known from the stored weights only", **layer.sizes(arrays)}
            self.calls.append(LayerCall(key=name, path=(name,), name=name, kind="layer", **more))

    def _homes(self, entries: list[dict[str, Any]], layers: list[StoredLayer], home: str) -> list[str | None]:
        """Return the start of each layer's weights' paths: by class and number in ``.keras``, by name in ``.h5``."""
        if self.stored.legacy:
            return [f"{home}{entry.get('name') or (entry.get('config') or {}).get('name')}/" for entry in entries]
        seen: Counter[str] = Counter()
        found: list[str | None] = []
        for entry, layer in zip(entries, layers, strict=True):
            if "ops" in str(entry.get("module", "")).split("."):
                found.append(None)  # an operation has no weights and is not counted
                continue
            name = snake(layer.type)
            found.append(f"{home}layers/{name}_{seen[name]}/" if seen[name] else f"{home}layers/{name}/")
            seen[name] += 1
        return found

    def _arrays(self, home: str | None) -> dict[str, Stored]:
        if home is None:
            return {}
        weights = self.stored.weights
        found = {path: weights[path] for path in self._below.get(home, ())}
        if found or not self.stored.legacy or home.count("/") < 2:
            return found
        top, last = home.partition("/")[0], home.rstrip("/").rpartition("/")[2]
        return {path: weights[path] for path in self._below.get(f"{top}/", ()) if f"/{last}/" in path}

    @cached_property
    def _below(self) -> dict[str, list[str]]:
        """The paths of all arrays by the start of their path, at every level of groups."""
        found: dict[str, list[str]] = defaultdict(list)
        for path in self.stored.weights:
            if "seed_generator" not in path:
                for end in range(len(path)):
                    if path[end] == "/":
                        found[path[: end + 1]].append(path)
        return found


def _as_used(outputs: list[Tensor], used: dict[int, Any], dtype: str) -> tuple[Tensor, ...]:
    """Return the outputs, if possible as the calls that take them describe them; at least one, which may be unknown."""
    count = min(max(1, len(outputs), *(n + 1 for n in used)), 1000)
    found = [used.get(n) or (outputs[n] if n < len(outputs) else Tensor(None, "")) for n in range(count)]
    return tuple(replace(t, dtype=dtype) if t.shape is not None and not t.dtype else t for t in found)
