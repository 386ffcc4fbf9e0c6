"""How an output shape follows from the input shape and the layer's arguments: one line of arithmetic for each axis.

Sources: the output formulas in the Keras documentation of each layer. Each line's result is compared with the shape that Keras
itself computed; where they differ, or no formula is known, nothing is claimed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from math import prod
from typing import Any

from kfx.keras_access import internals
from kfx.model.facts import Shape, Tensor

AXES = {1: ("steps",), 2: ("height", "width"), 3: ("depth", "height", "width")}
Line = tuple[str, str, "int | None"]  # axis name, arithmetic without its result, result (None: unknown)


def explain(op: Any, inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> tuple[str, ...]:
    """Lines such as ``"height: 28 − 3 + 1 = 26"``, batch axis left out; empty where no formula is known to hold.

    Args:
        op: The Keras layer or operation.
        inputs: The tensors that the call receives.
        outputs: The tensors that it returns.
    """
    shapes = [t.shape for t in inputs]
    if len(outputs) != 1 or outputs[0].shape is None or not shapes or None in shapes or any(len(s) < 1 for s in shapes):
        return ()
    rule = _rule_of(type(op))
    if rule is None:
        return ()
    try:
        lines = rule(op, [tuple(s[1:]) for s in shapes])
    except (AttributeError, IndexError, TypeError, ValueError, ZeroDivisionError):
        return ()
    if tuple(result for _, _, result in lines) != tuple(outputs[0].shape[1:]):
        return ()
    return tuple(_sentence(*line) for line in lines)


@lru_cache(maxsize=2048)
def _rule_of(cls: type) -> Callable[[Any, list[Shape]], list[Line]] | None:
    """The rule of the nearest of Keras's own classes; none where the class computes its output by code of its own."""
    names = internals.keras_names(cls)
    if "Layer" in names and not internals.runs_keras_code(cls):
        return None
    return next((_RULES[name] for name in names if name in _RULES), None)


@lru_cache(maxsize=4096)
def _sentence(axis: str, arithmetic: str, result: int | None) -> str:
    """The result is left out where the words already hold it and nothing else, as in ``stays 28`` or ``32 filters``."""
    said = re.findall(r"\d+|\?", arithmetic) == [_n(result)]
    return f"{axis}: {arithmetic}" if said else f"{axis}: {arithmetic} = {_n(result)}"


def _n(value: int | None) -> str:
    return "?" if value is None else str(value)


def _tuple(value: Any, rank: int) -> tuple[int, ...]:
    return tuple(value) if isinstance(value, tuple | list) else (value,) * rank


def _split(shape: Shape, data_format: str | None) -> tuple[Shape, int | None, bool]:
    """Spatial axes, channels, and whether the channels stand last."""
    last = data_format != "channels_first"
    return (shape[:-1], shape[-1], True) if last else (shape[1:], shape[0], False)


def _join(spatial: list[Line], channels: Line, last: bool) -> list[Line]:
    return [*spatial, channels] if last else [channels, *spatial]


def _keep(axis: str, n: int | None) -> Line:
    return (axis, f"stays {_n(n)}", n)


def _window(axis: str, n: int | None, size: int, stride: int, dilation: int, padding: str) -> Line:
    """One axis of a convolution or pooling."""
    reach = (size - 1) * dilation + 1
    shown = f"(({size} − 1) · {dilation} + 1)" if dilation > 1 else str(size)
    if padding in ("same", "causal"):
        return (axis, f"⌈{_n(n)} / {stride}⌉" if stride > 1 else f"stays {_n(n)}", None if n is None else -(-n // stride))
    result = None if n is None else (n - reach) // stride + 1
    return (axis, f"⌊({_n(n)} − {shown}) / {stride}⌋ + 1" if stride > 1 else f"{_n(n)} − {shown} + 1", result)


def _windows(op: Any, spatial: Shape, size: Any, dilation: Any = 1) -> list[Line]:
    rank = len(spatial)
    sizes, strides, dilations = _tuple(size, rank), _tuple(op.strides, rank), _tuple(dilation, rank)
    return [
        _window(axis, n, k, s, d, op.padding)
        for axis, n, k, s, d in zip(AXES[rank], spatial, sizes, strides, dilations, strict=True)
    ]


def _conv(op: Any, shapes: list[Shape]) -> list[Line]:
    spatial, _, last = _split(shapes[0], op.data_format)
    lines = _windows(op, spatial, op.kernel_size, op.dilation_rate)
    return _join(lines, ("channels", f"{op.filters} filters", op.filters), last)


def _depthwise(op: Any, shapes: list[Shape]) -> list[Line]:
    spatial, channels, last = _split(shapes[0], op.data_format)
    lines = _windows(op, spatial, op.kernel_size, op.dilation_rate)
    many = op.depth_multiplier
    line = _keep("channels", channels) if many == 1 else ("channels", f"{_n(channels)} · {many}", channels and channels * many)
    return _join(lines, line, last)


def _transpose(op: Any, shapes: list[Shape]) -> list[Line]:
    spatial, _, last = _split(shapes[0], op.data_format)
    rank = len(spatial)
    lines = []
    for axis, n, k, s in zip(AXES[rank], spatial, _tuple(op.kernel_size, rank), _tuple(op.strides, rank), strict=True):
        if op.padding == "same":
            lines.append((axis, f"{_n(n)} · {s}" if s > 1 else f"stays {_n(n)}", n and n * s))
        else:
            more = max(k - s, 0)
            first = f"{_n(n)} · {s}" if s > 1 else _n(n)
            lines.append((axis, f"{first} + {k} − {s}" if more else first, n and n * s + more))
    return _join(lines, ("channels", f"{op.filters} filters", op.filters), last)


def _pool(op: Any, shapes: list[Shape]) -> list[Line]:
    spatial, channels, last = _split(shapes[0], op.data_format)
    return _join(_windows(op, spatial, op.pool_size), _keep("channels", channels), last)


def _global_pool(op: Any, shapes: list[Shape]) -> list[Line]:
    spatial, channels, last = _split(shapes[0], op.data_format)
    if op.keepdims:
        return _join([(axis, "one number for each map", 1) for axis in AXES[len(spatial)]], _keep("channels", channels), last)
    return [("channels", f"one number for each of {_n(channels)} channels", channels)]


def _dense(op: Any, shapes: list[Shape]) -> list[Line]:
    return [*_unchanged(op, shapes)[:-1], ("features", f"{op.units} units", op.units)]


def _flatten(op: Any, shapes: list[Shape]) -> list[Line]:
    known = None if None in shapes[0] else prod(shapes[0])
    return [("features", " · ".join(map(_n, shapes[0])) or "1", known)]


def _reshape(op: Any, shapes: list[Shape]) -> list[Line]:
    target = list(op.target_shape)
    if -1 in target:
        rest = prod(n for n in target if n != -1)
        target[target.index(-1)] = None if None in shapes[0] else prod(shapes[0]) // rest
    have, want = " · ".join(map(_n, shapes[0])), " · ".join(map(_n, target))
    total = "" if None in shapes[0] else f" ({have} = {want} = {prod(shapes[0])} numbers)"
    return [(f"axis {i + 1}", f"target {_n(n)}{total if i == 0 else ''}", n) for i, n in enumerate(target)]


def _unchanged(op: Any, shapes: list[Shape]) -> list[Line]:
    names = {0: (), 1: ("features",), 2: ("steps", "features"), 3: ("height", "width", "channels"), 4: (*AXES[3], "channels")}
    axes = names.get(len(shapes[0])) or tuple(f"axis {i + 1}" for i in range(len(shapes[0])))
    return [_keep(axis, n) for axis, n in zip(axes, shapes[0], strict=True)]


def _scale(op: Any, shapes: list[Shape]) -> list[Line]:
    spatial, channels, last = _split(shapes[0], getattr(op, "data_format", None))
    factors = _tuple(op.size, len(spatial))
    lines = [(a, f"{_n(n)} · {f}", n and n * f) for a, n, f in zip(AXES[len(spatial)], spatial, factors, strict=True)]
    return _join(lines, _keep("channels", channels), last)


def _pad(sign: int, attribute: str) -> Callable[[Any, list[Shape]], list[Line]]:
    mark = "+" if sign > 0 else "−"

    def rule(op: Any, shapes: list[Shape]) -> list[Line]:
        spatial, channels, last = _split(shapes[0], getattr(op, "data_format", None))
        amounts = getattr(op, attribute)
        pairs = [amounts] if len(spatial) == 1 else amounts
        lines = [
            (axis, f"{_n(n)} {mark} {a} {mark} {b}", n and n + sign * (a + b))
            for axis, n, (a, b) in zip(AXES[len(spatial)], spatial, pairs, strict=True)
        ]
        return _join(lines, _keep("channels", channels), last)

    return rule


def _concatenate(op: Any, shapes: list[Shape]) -> list[Line]:
    axis = op.axis - 1 if op.axis > 0 else op.axis % len(shapes[0])
    lines = _unchanged(op, [shapes[0]])
    along = [shape[axis] for shape in shapes]
    lines[axis] = (lines[axis][0], " + ".join(map(_n, along)), None if None in along else sum(along))
    return lines


def _merge(op: Any, shapes: list[Shape]) -> list[Line]:
    rank = max(map(len, shapes))
    padded = [(1,) * (rank - len(shape)) + tuple(shape) for shape in shapes]
    lines = []
    for axis, sizes in zip(_unchanged(op, [padded[0]]), zip(*padded, strict=True), strict=True):
        wide = [n for n in sizes if n != 1]
        result = wide[0] if wide else 1
        lines.append((axis[0], f"1 repeated {_n(result)} times" if 1 in sizes and wide else f"stays {_n(result)}", result))
    return lines


def _embedding(op: Any, shapes: list[Shape]) -> list[Line]:
    keep = [_keep("steps" if len(shapes[0]) == 1 else f"axis {i + 1}", n) for i, n in enumerate(shapes[0])]
    return [*keep, ("features", f"each index becomes {op.output_dim} numbers", op.output_dim)]


def _recurrent(op: Any, shapes: list[Shape]) -> list[Line]:
    units = ("features", f"{op.units} units", op.units)
    return [_keep("steps", shapes[0][0]), units] if op.return_sequences else [units]


def _repeat(op: Any, shapes: list[Shape]) -> list[Line]:
    return [("steps", f"repeated {op.n} times", op.n), _keep("features", shapes[0][0])]


def _permute(op: Any, shapes: list[Shape]) -> list[Line]:
    return [(f"axis {i + 1}", f"was axis {d}", shapes[0][d - 1]) for i, d in enumerate(op.dims)]


def _rules(rule: Callable[[Any, list[Shape]], list[Line]], names: str) -> dict[str, Callable[[Any, list[Shape]], list[Line]]]:
    return dict.fromkeys(names.split(), rule)


_RULES = {
    **_rules(_conv, "Conv1D Conv2D Conv3D SeparableConv1D SeparableConv2D"),
    **_rules(_depthwise, "DepthwiseConv1D DepthwiseConv2D"),
    **_rules(_transpose, "Conv1DTranspose Conv2DTranspose Conv3DTranspose"),
    **_rules(_pool, "MaxPooling1D MaxPooling2D MaxPooling3D AveragePooling1D AveragePooling2D AveragePooling3D"),
    **_rules(_global_pool, "BaseGlobalPooling"),
    **_rules(_dense, "Dense"),
    **_rules(_flatten, "Flatten"),
    **_rules(_reshape, "Reshape"),
    **_rules(_scale, "UpSampling1D UpSampling2D UpSampling3D"),
    **_rules(_pad(1, "padding"), "ZeroPadding1D ZeroPadding2D ZeroPadding3D"),
    **_rules(_pad(-1, "cropping"), "Cropping1D Cropping2D Cropping3D"),
    **_rules(_concatenate, "Concatenate"),
    **_rules(_merge, "Add Subtract Multiply Average Maximum Minimum"),
    **_rules(_embedding, "Embedding"),
    **_rules(_recurrent, "LSTM GRU SimpleRNN"),
    **_rules(_repeat, "RepeatVector"),
    **_rules(_permute, "Permute"),
    **_rules(
        _unchanged,
        "Activation ReLU LeakyReLU ELU PReLU Softmax BatchNormalization LayerNormalization GroupNormalization RMSNormalization "
        "UnitNormalization Dropout SpatialDropout1D SpatialDropout2D SpatialDropout3D AlphaDropout GaussianDropout "
        "GaussianNoise Rescaling Normalization ActivityRegularization Identity Masking MultiHeadAttention",
    ),
}
