"""The Keras model that runs parts of a model without ``call``; loading a saved feature extractor of such a part imports it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kfx.keras_access.forward import call
from kfx.keras_access.importing import import_keras

if TYPE_CHECKING:
    import keras
else:
    keras = import_keras()


@keras.saving.register_keras_serializable(package="kfx")
class Parts(keras.Model):
    """Run parts of a model that has no ``call``, all on the same data.

    Args:
        parts: The parts; they are shared, not copied.
        labels: The address of each in the model.

    Example:
        >>> import numpy as np
        >>> part = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
        >>> Parts([part], ["encoder"])(np.ones((8, 4))).shape
        TensorShape([8, 3])
    """

    def __init__(self, parts: Sequence[keras.Layer], labels: Sequence[str], **kwargs: Any) -> None:
        super().__init__(**({"autocast": False} | kwargs))  # each part casts what it takes
        self.parts = list(parts)
        self.labels = tuple(labels)
        self.built = True  # all weights are the parts', which are built

    @property
    def part_labels(self) -> dict[int, str]:
        """The address of each part by the part's identity."""
        return dict(zip(map(id, self.parts), self.labels, strict=True))

    def call(self, inputs: object, training: bool = False) -> object:
        """Return the output of the only part, or a dict of outputs by address."""
        outputs = {label: call(part, inputs, training) for part, label in zip(self.parts, self.labels, strict=True)}
        return outputs if len(outputs) > 1 else outputs[self.labels[0]]

    def get_config(self) -> dict[str, Any]:
        """Return the configuration that `from_config` takes, for saving."""
        parts = [keras.saving.serialize_keras_object(part) for part in self.parts]
        return {"name": self.name, "parts": parts, "labels": list(self.labels)}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Mapping[str, object] | None = None) -> Parts:
        """Return the model of a configuration, for loading."""
        parts = [keras.saving.deserialize_keras_object(part, custom_objects=custom_objects) for part in config["parts"]]
        return cls(parts, config["labels"], name=config["name"])
