"""Wrappers: layers that apply another layer. They know where it is and how they call it; its cost comes from itself."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from kfx.model.facts import Tensor
from kfx.model.layers.knowledge import InnerCalls, LayerKnowledge, Shapes, Wraps, no_words

if TYPE_CHECKING:
    import keras


def _both(layer: keras.Layer, ins: Shapes, outs: Shapes) -> InnerCalls:
    merged = prod(outs[0]) * {"sum": 1, "mul": 1, "ave": 2}.get(layer.merge_mode, 0)
    return InnerCalls(1, ins, outs, merged)


def _every_step(layer: keras.Layer, ins: Shapes, outs: Shapes) -> InnerCalls:
    return InnerCalls(ins[0][1], [(1, *s[2:]) for s in ins[:1]], [(1, *s[2:]) for s in outs])


def _merge_mode(layer: keras.Layer, inputs: tuple[Tensor, ...]) -> list[str]:
    return [layer.merge_mode or "not merged"]


LAYERS = {
    "Wrapper": LayerKnowledge(settings=no_words, wraps=Wraps(("layer",))),
    "SpectralNormalization": LayerKnowledge("norm"),
    "TimeDistributed": LayerKnowledge("seq", source="steps × the wrapped layer", wraps=Wraps(("layer",), _every_step)),
    "Bidirectional": LayerKnowledge(
        "seq", _merge_mode, source="both directions", wraps=Wraps(("forward_layer", "backward_layer"), _both)
    ),
}
