"""Normalisation, dropout and augmentation: layers that keep the shape and prepare or disturb the numbers."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING

from kfx.model.facts import Tensor
from kfx.model.layers import rules
from kfx.model.layers.arguments import text_of
from kfx.model.layers.knowledge import Formula, LayerKnowledge, Shapes, SizesRule

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


_NORM = LayerKnowledge("norm", rules.axis_word, rules.unchanged, source=rules.EQUATION)
_NOISE = LayerKnowledge("norm", _rate, rules.unchanged, rules.no_cost, rules.IDLE)
_AUGMENT = """RandomFlip RandomRotation RandomZoom RandomTranslation RandomShear RandomPerspective RandomBrightness
    RandomContrast RandomHue RandomSaturation RandomSharpness RandomColorJitter RandomColorDegeneration RandomPosterization
    RandomErasing RandomElasticTransform RandomGaussianBlur RandomGrayscale RandomInvert MixUp CutMix AugMix RandAugment"""

LAYERS = {
    "BatchNormalization": replace(
        _NORM, cost=rules.per_output(2), source="one scale and one shift at inference", stored_sizes=_last_fixed(2)
    ),
    "Normalization": replace(
        _NORM,
        settings=rules.no_words,
        cost=rules.per_output(2),
        source="subtract the mean, divide by the deviation",
        stored_sizes=_last_fixed(3),
    ),
    "LayerNormalization": replace(_NORM, cost=_normalised(5)),
    "GroupNormalization": replace(_NORM, settings=rules.named("groups"), cost=_normalised(5)),
    "RMSNormalization": replace(_NORM, cost=rules.per_output(4)),  # always scales; ``scale`` is its variable, not its argument
    "UnitNormalization": replace(_NORM, cost=rules.per_output(3)),
    "Rescaling": LayerKnowledge("norm", _rescaling, rules.unchanged, rules.per_output(2), "one scale and one shift"),
    **rules.each("Dropout BaseSpatialDropout AlphaDropout GaussianDropout GaussianNoise", _NOISE),
    "ActivityRegularization": replace(_NOISE, settings=rules.named("l1", "l2")),
    "StochasticDepth": LayerKnowledge("norm", cost=rules.no_cost, source=rules.IDLE),
    "LayerScale": LayerKnowledge("norm", cost=rules.per_output(1), source=rules.ELEMENT),
    **rules.each(_AUGMENT, LayerKnowledge(cost=rules.no_cost, source=rules.IDLE)),
}
