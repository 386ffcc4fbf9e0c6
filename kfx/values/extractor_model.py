"""The Keras model behind `kfx.feature_extractor` where no Functional model will do; loading a saved one imports this file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kfx.keras_access.hooks import listening
from kfx.keras_access.importing import import_keras
from kfx.values.tap.program import pick
from kfx.values.tap.recorder import Recorder

keras = import_keras()


@keras.saving.register_keras_serializable(package="kfx")
class FeatureExtractor(keras.Model):
    """Runs a model and returns the values at some addresses of it.

    Args:
        model: The model; its layers are shared, not copied.
        addresses: Where.
        single: Return the only value instead of a dict by address.
    """

    def __init__(self, model: keras.Model, addresses: Sequence[str], *, single: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.model = model
        self.addresses = tuple(addresses)
        self.single = bool(single)
        self.built = True  # all weights are the model's, which is built

    def call(self, inputs: object, training: bool | None = None) -> Any:
        """The values, in the structure in which the layers return them."""
        recorder = Recorder(self.model)
        with listening(recorder):
            self.model(inputs) if training is None else self.model(inputs, training=training)
        values = pick(recorder.named(), self.addresses)
        return values[self.addresses[0]] if self.single else values

    def get_config(self) -> dict[str, Any]:
        """For saving."""
        return {
            **super().get_config(),
            "model": keras.saving.serialize_keras_object(self.model),
            "addresses": list(self.addresses),
            "single": self.single,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """For loading."""
        config = dict(config)
        config["model"] = keras.saving.deserialize_keras_object(config["model"], custom_objects=custom_objects)
        return cls(**config)
