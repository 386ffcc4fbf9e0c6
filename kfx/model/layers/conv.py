"""Convolutions and pooling: layers that slide a window over maps or series."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import prod
from typing import TYPE_CHECKING

from kfx.model.facts import Shape, Tensor
from kfx.model.layers import rules
from kfx.model.layers.activations import bias_and_activation
from kfx.model.layers.knowledge import LayerKnowledge, Line, ShapeRule, Shapes

if TYPE_CHECKING:
    import keras

# ---- settings


def _settings(layer: keras.Layer, inputs: tuple[Tensor, ...]) -> list[str]:
    found = [
        rules.times(layer.kernel_size),
        *_unless_ones("stride", layer.strides),
        *_unless_ones("dilation", layer.dilation_rate),
    ]
    found += [f"groups {layer.groups}"] if getattr(layer, "groups", 1) != 1 else []
    found += [f"depth ×{layer.depth_multiplier}"] if getattr(layer, "depth_multiplier", 1) not in (1, None) else []
    return found + rules.padding_word(layer) + rules.activation_word(layer)


def _unless_ones(word: str, sizes: int | Sequence[int]) -> list[str]:
    text = rules.one_or_all(sizes)
    return [] if text == "1" else [f"{word} {text}"]


# ---- shapes


def _window(padding: str, n: int | None, size: int, stride: int, dilation: int = 1) -> tuple[str, int | None]:
    """Return the arithmetic and the result for one axis of a convolution or pooling."""
    have = rules.size_text(n)
    if padding in ("same", "causal"):
        return f"⌈{have} / {stride}⌉" if stride > 1 else f"stays {have}", None if n is None else -(-n // stride)
    shown = f"(({size} − 1) · {dilation} + 1)" if dilation > 1 else str(size)
    result = None if n is None else (n - (size - 1) * dilation - 1) // stride + 1
    return f"⌊({have} − {shown}) / {stride}⌋ + 1" if stride > 1 else f"{have} − {shown} + 1", result


def _transposed(padding: str, n: int | None, size: int, stride: int) -> tuple[str, int | None]:
    times_stride = f"{rules.size_text(n)} · {stride}" if stride > 1 else rules.size_text(n)
    if padding == "same":
        return times_stride if stride > 1 else f"stays {rules.size_text(n)}", n and n * stride
    more = max(size - stride, 0)
    return f"{times_stride} + {size} − {stride}" if more else times_stride, n and n * stride + more


def _filters(layer: keras.Layer, n: int | None) -> Line:
    return ("channels", f"{layer.filters} filters", layer.filters)


def _multiplied(layer: keras.Layer, n: int | None) -> Line:
    many = layer.depth_multiplier
    return rules.keep("channels", n) if many == 1 else ("channels", f"{rules.size_text(n)} · {many}", n and n * many)


def _convolved(channels: Callable[[keras.Layer, int | None], Line]) -> ShapeRule:
    def rule(layer: keras.Layer, shapes: list[Shape]) -> list[Line]:
        sizes = (layer.kernel_size, layer.strides, layer.dilation_rate)
        window = partial(_window, layer.padding)
        return rules.over_space(layer, shapes[0], window, *sizes, channels=partial(channels, layer))

    return rule


def _transpose_shape(layer: keras.Layer, shapes: list[Shape]) -> list[Line]:
    sizes = (layer.kernel_size, layer.strides)
    return rules.over_space(layer, shapes[0], partial(_transposed, layer.padding), *sizes, channels=partial(_filters, layer))


# ---- cost


def _channels(layer: keras.Layer, shape: tuple[int, ...]) -> int:
    return shape[-1] if layer.data_format == "channels_last" else shape[1]


def _cost(layer: keras.Layer, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    n = prod(outs[0])
    return n * prod(layer.kernel_size) * (_channels(layer, ins[0]) // layer.groups), bias_and_activation(layer, n)


def _depthwise_cost(layer: keras.Layer, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    n = prod(outs[0])
    return n * prod(layer.kernel_size), bias_and_activation(layer, n)


def _separable_cost(layer: keras.Layer, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    n = prod(outs[0])
    middle = _channels(layer, ins[0]) * layer.depth_multiplier  # channels between the two convolutions
    places = n // _channels(layer, outs[0])
    return places * middle * prod(layer.kernel_size) + n * middle, bias_and_activation(layer, n)


def _transpose_cost(layer: keras.Layer, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    return prod(ins[0]) * prod(layer.kernel_size) * layer.filters, bias_and_activation(layer, prod(outs[0]))


# ---- pooling


def _pool_settings(layer: keras.Layer, inputs: tuple[Tensor, ...]) -> list[str]:
    stride = [] if layer.strides == layer.pool_size else [f"stride {rules.one_or_all(layer.strides)}"]
    return [rules.times(layer.pool_size), *stride, *rules.padding_word(layer)]


def _pool_shape(layer: keras.Layer, shapes: list[Shape]) -> list[Line]:
    return rules.over_space(layer, shapes[0], partial(_window, layer.padding), layer.pool_size, layer.strides)


def _pool_cost(layer: keras.Layer, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    return 0, prod(outs[0]) * prod(layer.pool_size if isinstance(layer.pool_size, tuple | list) else (layer.pool_size,))


def _global_shape(layer: keras.Layer, shapes: list[Shape]) -> list[Line]:
    if layer.keepdims:
        return rules.over_space(layer, shapes[0], lambda n: ("one number for each map", 1))
    n = shapes[0][-1 if layer.data_format == "channels_last" else 0]
    return [("channels", f"one number for each of {rules.size_text(n)} channels", n)]


def _target(layer: keras.Layer, inputs: tuple[Tensor, ...]) -> list[str]:
    return [f"to {rules.times(layer.output_size)}"]


LAYERS = {
    "BaseConv": LayerKnowledge("conv", _settings, _convolved(_filters), _cost, rules.COUNTED),
    "BaseDepthwiseConv": LayerKnowledge("conv", _settings, _convolved(_multiplied), _depthwise_cost, rules.COUNTED),
    "BaseSeparableConv": LayerKnowledge("conv", _settings, _convolved(_filters), _separable_cost, rules.COUNTED),
    "BaseConvTranspose": LayerKnowledge("conv", _settings, _transpose_shape, _transpose_cost, rules.TRANSPOSED),
    "BasePooling": LayerKnowledge("pool", _pool_settings, _pool_shape, _pool_cost, rules.WINDOWS),
    "BaseGlobalPooling": LayerKnowledge(
        "pool", rules.named("keepdims"), _global_shape, rules.per_input(1), rules.INPUT_NUMBERS
    ),
    "BaseAdaptivePooling": LayerKnowledge("pool", _target, None, rules.per_input(1), rules.INPUT_NUMBERS),
}
