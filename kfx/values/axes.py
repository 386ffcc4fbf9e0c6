"""Name the axes of a layer's values: batch, step, height, width, channel, unit, head, query, key."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from kfx.keras_access import internals
from kfx.keras_access.importing import import_keras
from kfx.model.facts import LayerCall

if TYPE_CHECKING:
    import keras

SPACE = {1: ("step",), 2: ("height", "width"), 3: ("depth", "height", "width")}
SCORES = ("batch", "head", "query", "key")
_SHAPE_KEPT = ("io", "norm", "merge")
_ATTENTION = ("MultiHeadAttention", "GroupedQueryAttention")


class AxisNames(NamedTuple):
    """What the names of the axes at one address follow from.

    Attributes:
        type: The layer's class.
        family: Its family, one of `kfx.model.facts.FAMILIES`.
        space: Number of axes that a convolution of the model, or the layer itself, moves along; 0 for none.
        first: Whether the channels come before them.
    """

    type: str
    family: str
    space: int
    first: bool

    def of(self, rank: int, place: int = 0) -> tuple[str, ...]:
        """Return a name for each axis of a tensor; ``axis_1`` and so on where nothing says what they are.

        Args:
            rank: Number of axes, that of the examples counted.
            place: The number of the tensor among those that the layer returns.
        """
        if rank == 4 and place == 1 and self.type in _ATTENTION:
            return SCORES
        own = self.family in ("conv", "pool") or self.family in _SHAPE_KEPT or self.type == "Activation"
        if own and self.space and rank == self.space + 2:
            space = SPACE[self.space]
            return ("batch", "channel", *space) if self.first else ("batch", *space, "channel")
        named = self.family not in ("custom", "model")
        if rank == 2 and named:
            return ("batch", "unit")
        if rank == 3 and (self.family in ("seq", "dense") or (named and not self.space)):
            return ("batch", "step", "unit")
        return ("batch", *(f"axis_{n}" for n in range(1, rank)))[:rank]


def axis_names(model: keras.Model, keys: Iterable[str], calls: Iterable[LayerCall]) -> dict[str, AxisNames]:
    """Return what names the axes at each address."""
    facts = {call.key: call for call in calls}
    layers = {str(layer.name): layer for layer in internals.all_layers(model)}
    spaces = {_space(layer) for layer in layers.values() if _moves(layer)}
    usual = spaces.pop() if len(spaces) == 1 else 0
    found = {}
    for key in keys:
        call, layer = facts.get(key), layers.get(key.rsplit("/", 1)[-1].partition("@")[0])
        order = getattr(layer, "data_format", None) or import_keras().config.image_data_format()
        own = _space(layer) if _moves(layer) else usual
        kind = ("", "custom") if call is None else (call.type, call.family)
        found[key] = AxisNames(*kind, own, order == "channels_first")
    return found


def _moves(layer: object) -> bool:
    """Return whether a layer moves a window along the axes of an image, a sequence or a volume."""
    layers = import_keras().layers
    return bool(getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None)) and isinstance(layer, layers.Layer)


def _space(layer: object) -> int:
    window = getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None)
    return len(window) if isinstance(window, tuple | list) and len(window) in SPACE else 0
