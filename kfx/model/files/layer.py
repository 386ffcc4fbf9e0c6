"""Describe one layer from a saved model's configuration: class, arguments, weights, outputs and cost.

Family, settings, shapes and cost of Keras's own classes come from an uninitialised instance with the configuration's values;
other classes are names only. No code named in the file is run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from kfx.keras_access.importing import import_keras
from kfx.keras_access.internals import bases_of, is_operation_name
from kfx.model.facts import Cost, Shape, Tensor
from kfx.model.files.open import Stored
from kfx.model.files.sizes import stored_sizes
from kfx.model.layers.arguments import call_config, call_settings, text_of
from kfx.model.layers.cost import known_cost, tensor_bytes
from kfx.model.layers.knowledge import LayerKnowledge
from kfx.model.layers.registry import known, known_by_name, operation
from kfx.model.layers.rules import tuned_words
from kfx.model.layers.words import derivation, known_settings, merges_several, operation_settings, wrapped_words

Constants = Sequence[tuple[str, Any]]

_CONTAINERS = {"Functional", "Model", "Sequential"}
_NOT_SHOWN = {"name", "layers", "trainable", "dtype"}


class StoredLayer:
    """A layer's entry in a configuration.

    Attributes:
        config: Its constructor arguments, as Keras wrote them.
        type: Its class's name.
        cls: Keras's own class of that name, or None.
        is_op: True for a non-layer operation of Keras's.
        is_model: True for a container with its layers in the entry.
        is_chain: For a container: True if each layer takes the output of the one before, as in a Sequential.
    """

    def __init__(self, entry: dict[str, Any]):
        found = entry.get("config")
        self.config: dict[str, Any] = found if isinstance(found, dict) else {}
        self.type = str(entry.get("class_name"))
        self.module = str(entry.get("module") or "unknown")
        parts = str(entry.get("module", "keras.layers")).split(".")  # files of Keras 2 name no module
        cls = getattr(import_keras().layers, self.type, None)
        ours = parts[0] == "keras" and entry.get("registered_name") in (None, self.type)
        self.is_op = ours and ("ops" in parts or ("module" not in entry and _may_be_operation(self.type, self.config)))
        self.cls: Any = cls if isinstance(cls, type) and ours and not self.is_op else None
        if self.cls is not None:
            self.type = self.cls.__name__  # some are exported under another name
        self.is_chain = self.type == "Sequential" or (self.type not in _CONTAINERS and "output_layers" not in self.config)
        self.is_model = _holds_calls(self.type, self.config)
        self.shell = _shell(self.cls, self.config)
        self.known = self._known(str(entry.get("registered_name") or entry.get("class_name")))  # an .h5 file has no first

    def _known(self, registered: str) -> LayerKnowledge | None:
        if self.cls is not None:
            return known(self.cls)
        return operation(self.type) if self.is_op else known_by_name(self.module, self.type, registered)

    @property
    def kind(self) -> str:
        """The call's kind."""
        return "model" if self.is_model else "input" if self.type == "InputLayer" else "op" if self.is_op else "layer"

    @property
    def called_class(self) -> type | None:
        """Keras's own class whose ``call`` runs, or None."""
        return import_keras().Sequential if self.is_model else self.cls  # the parameters are those of a functional model

    @property
    def dtype(self) -> str:
        """The compute dtype."""
        given = self.config.get("dtype")
        if isinstance(given, dict):
            given = given["config"].get("name") if isinstance(given.get("config"), dict) else None
        return str(given or "float32").removeprefix("mixed_")

    def words(self, inputs: tuple[Tensor, ...], constants: Constants = ()) -> dict[str, Any]:
        """Return the fields of a call that describe the layer; ``constants`` holds the arguments that are not tensors."""
        if self.is_model:
            told = {
                "settings": call_settings(self.type, constants, is_op=False, cls=self.called_class),
                "config": call_config(constants, self.called_class),
            }
            return {"type": self.type, "family": "model", "module": "keras.layers", "bases": (), **told}
        family = merges_several(self.known.family if self.known else None, self.is_op, len(inputs))
        return {
            "type": self.type,
            "family": family,
            "module": "keras.layers" if self.cls else "keras.ops" if self.is_op else self.module,
            "bases": bases_of(self.cls) if self.cls else (f"{self.module}.{self.type}",),
            "settings": (*self.settings(inputs), *call_settings(self.type, constants, is_op=self.is_op, cls=self.cls)),
            "config": (
                *((k, text_of(_plain(v))) for k, v in self.config.items() if v is not None and k not in _NOT_SHOWN),
                *call_config(constants, self.cls),
            ),
            "note": "" if self.known else "a class that is not known here",
        }

    def settings(self, inputs: tuple[Tensor, ...]) -> tuple[str, ...]:
        """Return the most important arguments, as for a live layer."""
        if self.known is None or self.is_op:
            return operation_settings(self.shell) if self.is_op else ()
        inside = {name: self.config[name] for name in ("layer", "forward_layer") if _is_layer(self.config.get(name))}
        wrapped = {name: StoredLayer(entry)._as_wrapped() for name, entry in inside.items()}
        shell = _shell(self.cls, {**self.config, **wrapped})
        free = SimpleNamespace(**vars(shell))  # for a property of the class that hides the argument of its name
        found = known_settings(self.known, shell, inputs) or known_settings(self.known, free, inputs)
        policy = self.config.get("dtype")
        stored = policy.get("config") if isinstance(policy, dict) else None
        mode = stored.get("mode") if isinstance(stored, dict) else None
        return found + tuned_words(self.config.get("lora_rank"), mode)

    def _as_wrapped(self) -> str:
        return wrapped_words(self.type, self.config.get("units") or self.config.get("filters"), self.settings(()))

    def sizes(self, arrays: Mapping[str, Stored], home: str | None = None) -> dict[str, int]:
        """Return the fields of a call that its stored weights determine; the arrays' paths start with ``home``."""
        return stored_sizes(self.known, self.type if self.cls is not None else "", self.config, arrays, home)

    def outputs(self, inputs: tuple[Tensor, ...], constants: Constants = ()) -> list[Tensor]:
        """Return output tensors by the class's own shape rule; empty if the rule fails.

        The rule ignores other arguments, such as ``reverse=True`` of an embedding.
        """
        if self.type == "InputLayer":
            shape = self.config.get("batch_shape") or self.config.get("batch_input_shape")
            return [Tensor(_shape(shape or [None, *(self.config.get("shape") or [])]), self.dtype)]
        shapes = [t.shape for t in inputs if t.shape is not None]
        if not shapes or len(shapes) < len(inputs) or any(where != "training" for where, _ in constants):
            return []
        try:
            if self.cls is None:
                return self._registered_outputs(shapes)
            found = self.cls.compute_output_shape(self.shell, shapes[0] if len(shapes) == 1 else list(shapes))
            several = bool(found) and isinstance(found[0], tuple | list)
            return [Tensor(_shape(s), self.dtype) for s in (found if several else [found])]
        except Exception:
            return []

    def _registered_outputs(self, shapes: list[Shape]) -> list[Tensor]:
        """Return the output of a class that is not imported, by the shape rule that a user registered for it."""
        if self.is_op or self.known is None or self.known.shape is None:
            return []
        sizes = [size for _, _, size in self.known.shape(self.shell, [shape[1:] for shape in shapes])]
        return [Tensor(_shape([None, *sizes]), self.dtype)]

    def cost(self, inputs: tuple[Tensor, ...], outputs: tuple[Tensor, ...], constants: Constants = ()) -> Cost:
        """Return the cost of one call."""
        if self.known is None:
            return Cost(None, None, tensor_bytes(outputs), f"{self.type} is not known here")
        return known_cost(self.known, self.type, self.shell, inputs, outputs, constants if self.is_op else ())

    def derivation(self, inputs: tuple[Tensor, ...], outputs: tuple[Tensor, ...]) -> tuple[str, ...]:
        """Return the derivation of one call's output shape from its input."""
        return () if self.known is None or self.is_op else derivation(self.known, self.shell, inputs, outputs)


def _may_be_operation(kind: str, config: dict[str, Any]) -> bool:
    """Return whether an entry of an .h5 file, which names no modules, is an operation: a layer would have a dtype."""
    return not {"dtype", "trainable", "layers", "batch_shape", "batch_input_shape"} & config.keys() and is_operation_name(kind)


def _holds_calls(kind: str, config: dict[str, Any]) -> bool:
    """Return whether a configuration lists layers and their calls; a user's class may use the same keys for other things."""
    entries = config.get("layers")
    if not isinstance(entries, list) or kind in _CONTAINERS:
        return isinstance(entries, list)
    graph = "build_input_shape" in config or {"input_layers", "output_layers"} <= config.keys()
    return graph and all(isinstance(entry, dict) and "class_name" in entry for entry in entries)


def _shell(cls: type | None, config: dict[str, Any]) -> object:
    """Return an uninitialised layer with the configuration's values as attributes: enough for a shape rule."""
    shell: object = SimpleNamespace() if cls is None else object.__new__(cls)
    shell.__dict__.update((name, _plain(value)) for name, value in config.items())
    return shell


def _is_layer(value: object) -> bool:
    return isinstance(value, dict) and "class_name" in value


def _plain(value: object) -> object:
    """Return a configuration's value as a layer would hold it: lists as tuples, a stored object by its class's name."""
    if isinstance(value, list):
        return tuple(map(_plain, value))
    if isinstance(value, dict) and "class_name" in value:
        if value["class_name"] == "__lambda__":
            return "lambda"
        inner = value.get("config")
        return inner if isinstance(inner, str) else str(value["class_name"])
    if isinstance(value, dict) and value.keys() == {"value"} and isinstance(value["value"], list):
        return "lambda"  # the code of a function without a name
    return value


def _shape(given: object) -> Shape | None:
    if not isinstance(given, list | tuple):
        return None
    return tuple(n if isinstance(n, int) and not isinstance(n, bool) and n >= 0 else None for n in given)
