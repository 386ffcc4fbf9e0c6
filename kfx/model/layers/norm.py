"""Normalisation, dropout and augmentation: layers that keep the shape and prepare or disturb the numbers."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING

from kfx.model.facts import Tensor
from kfx.model.layers.arguments import text_of
from kfx.model.layers.knowledge import (
    ELEMENT,
    EQUATION,
    IDLE,
    Formula,
    LayerKnowledge,
    Shapes,
    SizesRule,
    axis_word,
    each,
    named,
    no_cost,
    no_words,
    per_output,
    unchanged,
)

if TYPE_CHECKING:
    import keras


def _normalised(steps: int) -> Formula:
    """Count statistics over the input (``steps`` operations an element), then scale and shift where the layer has them."""

    def formula(layer: keras.Layer, ins: Shapes, outs: Shapes) -> tuple[float, float]:
        affine = bool(getattr(layer, "scale", False)) + bool(getattr(layer, "center", False))
        return 0, prod(outs[0]) * (steps + affine)

    return formula


def _last_fixed(count: int) -> SizesRule:
    """Divide the arrays of a layer that keeps ``count`` statistics after what it trains."""
    return lambda config, arrays: (arrays[:-count], arrays[-count:])


def _rate(layer: keras.Layer, inputs: tuple[Tensor, ...]) -> list[str]:
    rate = getattr(layer, "rate", None)
    return [f"rate {rate:g}"] if rate is not None else [f"σ {layer.stddev:g}"]


def _rescaling(layer: keras.Layer, inputs: tuple[Tensor, ...]) -> list[str]:
    return [f"× {text_of(layer.scale)}"] + ([f"+ {text_of(layer.offset)}"] if layer.offset else [])


_NORM = LayerKnowledge("norm", axis_word, unchanged, source=EQUATION)
_NOISE = LayerKnowledge("norm", _rate, unchanged, no_cost, IDLE)
_AUGMENT = """RandomFlip RandomRotation RandomZoom RandomTranslation RandomShear RandomPerspective RandomBrightness
    RandomContrast RandomHue RandomSaturation RandomSharpness RandomColorJitter RandomColorDegeneration RandomPosterization
    RandomErasing RandomElasticTransform RandomGaussianBlur RandomGrayscale RandomInvert MixUp CutMix AugMix RandAugment"""

LAYERS = {
    "BatchNormalization": replace(
        _NORM, cost=per_output(2), source="one scale and one shift at inference", stored_sizes=_last_fixed(2)
    ),
    "Normalization": replace(
        _NORM,
        settings=no_words,
        cost=per_output(2),
        source="subtract the mean, divide by the deviation",
        stored_sizes=_last_fixed(3),
    ),
    "LayerNormalization": replace(_NORM, cost=_normalised(5)),
    "GroupNormalization": replace(_NORM, settings=named("groups"), cost=_normalised(5)),
    "RMSNormalization": replace(_NORM, cost=per_output(4)),  # always scales; ``scale`` is its variable, not its argument
    "UnitNormalization": replace(_NORM, cost=per_output(3)),
    "Rescaling": LayerKnowledge("norm", _rescaling, unchanged, per_output(2), "one scale and one shift"),
    **each("Dropout BaseSpatialDropout AlphaDropout GaussianDropout GaussianNoise", _NOISE),
    "ActivityRegularization": replace(_NOISE, settings=named("l1", "l2")),
    "StochasticDepth": LayerKnowledge("norm", cost=no_cost, source=IDLE),
    "LayerScale": LayerKnowledge("norm", cost=per_output(1), source=ELEMENT),
    **each(_AUGMENT, LayerKnowledge(cost=no_cost, source=IDLE)),
}
