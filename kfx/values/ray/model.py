"""Pack a model for other processes: the bytes of a ``.keras`` file and the user's own classes and functions."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kfx.errors import EngineError
from kfx.keras_access import internals
from kfx.keras_access.importing import import_keras, silenced_stderr
from kfx.values.tap.failure import sentence

if TYPE_CHECKING:
    import keras

LIBRARIES = ("keras", "kfx", "tensorflow", "builtins")


@dataclass(frozen=True, slots=True)
class SentModel:
    """A packed model, from which another process builds the same model.

    Attributes:
        file: A ``.keras`` file.
        own: The user's classes and functions by name, pickled with their code where they are defined in ``__main__``.
    """

    file: bytes
    own: bytes

    def load(self) -> keras.Model:
        """Build the model.

        Raises:
            EngineError: A class or function cannot be imported here.
        """
        import pickle

        try:
            own = pickle.loads(self.own)
        except ImportError as error:
            raise EngineError(
                f"A worker cannot import the model's own classes: {error}. Install that module on every node, or send it along "
                "with ray.init(runtime_env={'py_modules': [...]}) before you extract."
            ) from error
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "model.keras")
            path.write_bytes(self.file)
            return _read(path, own)


def pack_model(model: keras.Model, custom_objects: Mapping[str, object] | None = None) -> SentModel:
    """Pack a model, and check that it can be built again.

    Args:
        model: A built model; it is not changed. One made under a `MirroredStrategy` becomes an ordinary one.
        custom_objects: Its own classes and functions by name; classes of its layers are found without.

    Raises:
        EngineError: It cannot be saved, or not built again.
    """
    from ray import cloudpickle

    own = {**_own_layers(model), **import_keras().saving.get_custom_objects(), **(custom_objects or {})}
    try:
        packed_own = cloudpickle.dumps(own)
    except Exception as error:  # cloudpickle raises what the objects raise
        raise EngineError(f"The model's own classes cannot be sent to workers: {_gist(error)}") from error
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.keras")
        try:
            with silenced_stderr():
                model.save(path)
        except Exception as error:  # a user's get_config may raise anything
            raise EngineError(
                f"The model {str(model.name)!r} cannot be saved, so that no worker can build it: {_gist(error)} "
                "Give its classes a get_config, or use engine='local'."
            ) from error
        _read(path, own)
        return SentModel(path.read_bytes(), packed_own)


def _own_layers(model: keras.Model) -> dict[str, type]:
    classes = {type(layer) for layer in (model, *internals.all_layers(model))}
    return {cls.__name__: cls for cls in classes if cls.__module__.split(".")[0] not in LIBRARIES}


def _read(path: Path, own: Mapping[str, object]) -> keras.Model:
    keras = import_keras()
    try:
        with silenced_stderr(), keras.utils.custom_object_scope(dict(own)):
            return keras.saving.load_model(path, custom_objects=dict(own), compile=False, safe_mode=False)
    except Exception as error:  # Keras raises TypeError, ValueError or what a from_config raises
        known = f" Known: {', '.join(map(repr, sorted(own)))}." if own else ""
        raise EngineError(
            f"A worker cannot build the model: {_gist(error)}{known} Name its own classes and functions: "
            "engine=kfx.Ray(custom_objects={'MyLayer': MyLayer, 'my_activation': my_activation})."
        ) from error


def with_precision(model: keras.Model, policy: str, custom_objects: Mapping[str, object] | None = None) -> keras.Model:
    """Return a copy of a model whose float32 layers compute under a Keras policy such as ``"mixed_bfloat16"``."""
    keras = import_keras()
    own = {**_own_layers(model), **(custom_objects or {})}
    config = keras.saving.serialize_keras_object(model)
    config.pop("compile_config", None)
    with keras.utils.custom_object_scope(own):
        copy = keras.saving.deserialize_keras_object(_under(config, policy), custom_objects=own, safe_mode=False)
    copy.set_weights(model.get_weights())
    return copy


def _under(config: object, policy: str) -> object:
    """Return a configuration with the policy in place of float32."""
    if isinstance(config, list | tuple):
        return type(config)(_under(one, policy) for one in config)
    if not isinstance(config, dict):
        return config
    if config.get("class_name") == "DTypePolicy" and config.get("config") == {"name": "float32"}:
        return {key: value for key, value in config.items() if key != "shared_object_id"} | {"config": {"name": policy}}
    return {key: _under(value, policy) for key, value in config.items()}


def _gist(error: BaseException) -> str:
    """Return the reason of an error without the configuration that Keras prints with it."""
    text = str(error).rpartition("Exception encountered: ")[2]
    text = next((line.strip() for line in text.splitlines() if line.strip()), "no message").split(". ")[0][:300]
    return sentence(f"{type(error).__name__}: {text}")
