"""Convolutions and pooling: layers that slide a window over maps or series."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING

from kfx.model.facts import Shape, Tensor
from kfx.model.layers.activations import bias_and_activation
from kfx.model.layers.knowledge import (
    AXES,
    COUNTED,
    INPUT_NUMBERS,
    TRANSPOSED,
    WINDOWS,
    LayerKnowledge,
    Line,
    Shapes,
    activation_word,
    as_tuple,
    join_channels,
    keep,
    named,
    one_or_all,
    padding_word,
    per_input,
    size_text,
    split_channels,
    times,
)

if TYPE_CHECKING:
    import keras

# ---- settings


def _settings(layer: keras.Layer, inputs: tuple[Tensor, ...]) -> list[str]:
    found = [times(layer.kernel_size), *_unless_ones("stride", layer.strides), *_unless_ones("dilation", layer.dilation_rate)]
    found += [f"groups {layer.groups}"] if getattr(layer, "groups", 1) != 1 else []
    found += [f"depth ×{layer.depth_multiplier}"] if getattr(layer, "depth_multiplier", 1) not in (1, None) else []
    return found + padding_word(layer) + activation_word(layer)


def _unless_ones(word: str, sizes: int | Sequence[int]) -> list[str]:
    text = one_or_all(sizes)
    return [] if text == "1" else [f"{word} {text}"]


# ---- shapes


def _window(axis: str, n: int | None, size: int, stride: int, dilation: int, padding: str) -> Line:
    """Return the line of one axis of a convolution or pooling."""
    reach = (size - 1) * dilation + 1
    shown = f"(({size} − 1) · {dilation} + 1)" if dilation > 1 else str(size)
    have = size_text(n)
    if padding in ("same", "causal"):
        return (axis, f"⌈{have} / {stride}⌉" if stride > 1 else f"stays {have}", None if n is None else -(-n // stride))
    result = None if n is None else (n - reach) // stride + 1
    return (axis, f"⌊({have} − {shown}) / {stride}⌋ + 1" if stride > 1 else f"{have} − {shown} + 1", result)


def _windows(layer: keras.Layer, spatial: Shape, size: int | Sequence[int], dilation: int | Sequence[int] = 1) -> list[Line]:
    """Return the lines of the spatial axes of a convolution or pooling."""
    rank = len(spatial)
    numbers = (as_tuple(size, rank), as_tuple(layer.strides, rank), as_tuple(dilation, rank))
    return [_window(axis, n, k, s, d, layer.padding) for axis, n, k, s, d in zip(AXES[rank], spatial, *numbers, strict=True)]


def _shape(layer: keras.Layer, shapes: list[Shape]) -> list[Line]:
    spatial, _, last = split_channels(shapes[0], layer.data_format)
    lines = _windows(layer, spatial, layer.kernel_size, layer.dilation_rate)
    return join_channels(lines, ("channels", f"{layer.filters} filters", layer.filters), last)


def _depthwise_shape(layer: keras.Layer, shapes: list[Shape]) -> list[Line]:
    spatial, n, last = split_channels(shapes[0], layer.data_format)
    lines = _windows(layer, spatial, layer.kernel_size, layer.dilation_rate)
    many = layer.depth_multiplier
    return join_channels(
        lines, keep("channels", n) if many == 1 else ("channels", f"{size_text(n)} · {many}", n and n * many), last
    )


def _transpose_shape(layer: keras.Layer, shapes: list[Shape]) -> list[Line]:
    spatial, _, last = split_channels(shapes[0], layer.data_format)
    rank = len(spatial)
    lines: list[Line] = []
    for axis, n, k, s in zip(
        AXES[rank], spatial, as_tuple(layer.kernel_size, rank), as_tuple(layer.strides, rank), strict=True
    ):
        times_stride = f"{size_text(n)} · {s}" if s > 1 else size_text(n)
        if layer.padding == "same":
            lines.append((axis, times_stride if s > 1 else f"stays {size_text(n)}", n and n * s))
        else:
            more = max(k - s, 0)
            lines.append((axis, f"{times_stride} + {k} − {s}" if more else times_stride, n and n * s + more))
    return join_channels(lines, ("channels", f"{layer.filters} filters", layer.filters), last)


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
    stride = [] if layer.strides == layer.pool_size else [f"stride {one_or_all(layer.strides)}"]
    return [times(layer.pool_size), *stride, *padding_word(layer)]


def _pool_shape(layer: keras.Layer, shapes: list[Shape]) -> list[Line]:
    spatial, channels, last = split_channels(shapes[0], layer.data_format)
    return join_channels(_windows(layer, spatial, layer.pool_size), keep("channels", channels), last)


def _pool_cost(layer: keras.Layer, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    return 0, prod(outs[0]) * prod(layer.pool_size if isinstance(layer.pool_size, tuple | list) else (layer.pool_size,))


def _global_shape(layer: keras.Layer, shapes: list[Shape]) -> list[Line]:
    spatial, n, last = split_channels(shapes[0], layer.data_format)
    if layer.keepdims:
        return join_channels([(axis, "one number for each map", 1) for axis in AXES[len(spatial)]], keep("channels", n), last)
    return [("channels", f"one number for each of {size_text(n)} channels", n)]


def _target(layer: keras.Layer, inputs: tuple[Tensor, ...]) -> list[str]:
    return [f"to {times(layer.output_size)}"]


LAYERS = {
    "BaseConv": LayerKnowledge("conv", _settings, _shape, _cost, COUNTED),
    "BaseDepthwiseConv": LayerKnowledge("conv", _settings, _depthwise_shape, _depthwise_cost, COUNTED),
    "BaseSeparableConv": LayerKnowledge("conv", _settings, _shape, _separable_cost, COUNTED),
    "BaseConvTranspose": LayerKnowledge("conv", _settings, _transpose_shape, _transpose_cost, TRANSPOSED),
    "BasePooling": LayerKnowledge("pool", _pool_settings, _pool_shape, _pool_cost, WINDOWS),
    "BaseGlobalPooling": LayerKnowledge("pool", named("keepdims"), _global_shape, per_input(1), INPUT_NUMBERS),
    "BaseAdaptivePooling": LayerKnowledge("pool", _target, None, per_input(1), INPUT_NUMBERS),
}
