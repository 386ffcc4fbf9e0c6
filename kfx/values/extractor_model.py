"""The Keras model behind `kfx.feature_extractor` where a Functional one is not possible; loading a saved one imports it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kfx.keras_access.arguments import as_arguments
from kfx.keras_access.hooks import listening
from kfx.keras_access.importing import import_keras
from kfx.values.tap.opening import opening_of
from kfx.values.tap.program import pick
from kfx.values.tap.recorder import Recorder

if TYPE_CHECKING:
    import keras
else:
    keras = import_keras()


@keras.saving.register_keras_serializable(package="kfx")
class FeatureExtractor(keras.Model):
    """Run a model and return the values at some of its addresses.

    Args:
        model: The model; its layers are shared, not copied.
        addresses: The addresses.
        single: Return the only value instead of a dict by address.

    Example:
        >>> import kfx, numpy as np
        >>> inner = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="hidden"), keras.layers.Dense(2)])
        >>> kfx.FeatureExtractor(inner, ["hidden"])(np.ones((8, 4)))["hidden"].shape
        TensorShape([8, 3])
    """

    def __init__(self, model: keras.Model, addresses: Sequence[str], *, single: bool = False, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.model = model
        self.addresses = tuple(addresses)
        self.single = bool(single)
        self.built = True  # all weights are the model's, which is built

    def call(self, inputs: object, training: bool | None = None) -> object:
        """Return the values, in the structure in which the layers return them."""
        recorder = Recorder(self.model, opening=opening_of(self.model, self.addresses))
        with listening(recorder):
            args, kwargs = as_arguments(self.model, inputs)
            self.model(*args, **kwargs, **({} if training is None else {"training": training}))
        values = pick(recorder.named(), self.addresses)
        return values[self.addresses[0]] if self.single else values

    def get_config(self) -> dict[str, Any]:
        """Return the configuration that `from_config` takes, for saving."""
        return {
            **super().get_config(),
            "model": keras.saving.serialize_keras_object(self.model),
            "addresses": list(self.addresses),
            "single": self.single,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Mapping[str, object] | None = None) -> FeatureExtractor:
        """Return the model of a configuration, for loading."""
        config = dict(config)
        config["model"] = keras.saving.deserialize_keras_object(config["model"], custom_objects=custom_objects)
        return cls(**config)
