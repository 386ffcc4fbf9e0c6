"""The settings of a layer that a reader wants to see beside its name, ready to print."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from kfx.keras_access import internals
from kfx.model.facts import Tensor
from kfx.model.layers.arguments import argument_names, call_settings, function_name, text_of
from kfx.text.untrusted import cut

Rule = Callable[[Any, tuple[Tensor, ...]], list[str]]


def settings(
    op: Any,
    *,
    inputs: tuple[Tensor, ...] = (),
    constants: Sequence[tuple[str, Any]] = (),
) -> tuple[str, ...]:
    """The arguments that matter most, e.g. ``("3×3", "stride 2", "same", "relu")``; never raises.

    Args:
        op: The layer or operation.
        inputs: What this call receives.
        constants: What this call was given besides tensors, as ``(place, value)``.
    """
    found = class_settings(type(op), op, inputs)
    return found + call_settings(type(op).__name__, constants, is_op=not internals.is_layer(op)) if constants else found


def class_settings(cls: type, op: Any, inputs: tuple[Tensor, ...]) -> tuple[str, ...]:
    """The settings of a class; ``op`` is anything that holds the arguments a layer of the class would hold."""
    try:
        return tuple(_rule_of(cls)(op, inputs))
    except Exception:
        return ()


@lru_cache(maxsize=2048)
def _rule_of(cls: type) -> Rule:
    names = internals.keras_names(cls)
    if "Layer" not in names:  # an operation may share its name with a layer
        return _operation
    return next((_RULES[name] for name in names if name in _RULES), _custom)


def times(sizes: Any) -> str:
    """``3×3`` for a pair of sizes."""
    return "×".join(str(n) for n in sizes) if isinstance(sizes, tuple | list) else str(sizes)


def _activation(layer: Any, attribute: str = "activation") -> list[str]:
    function = getattr(layer, attribute, None)
    name = "" if function is None else function_name(function)
    return [name] if name not in ("", "linear") else []


def _unless_ones(word: str, sizes: Any) -> list[str]:
    sizes = tuple(sizes) if isinstance(sizes, tuple | list) else (sizes,)
    if all(n == 1 for n in sizes):
        return []
    return [f"{word} {sizes[0] if len(set(sizes)) == 1 else times(sizes)}"]


def _padding(layer: Any) -> list[str]:
    return [layer.padding] if isinstance(layer.padding, str) and layer.padding != "valid" else []


def _convolution(layer: Any, inputs: tuple[Tensor, ...]) -> list[str]:
    found = [times(layer.kernel_size), *_unless_ones("stride", layer.strides), *_unless_ones("dilation", layer.dilation_rate)]
    found += [f"groups {layer.groups}"] if getattr(layer, "groups", 1) != 1 else []
    found += [f"depth ×{layer.depth_multiplier}"] if getattr(layer, "depth_multiplier", 1) not in (1, None) else []
    return found + _padding(layer) + _activation(layer)


def _pooling(layer: Any, inputs: tuple[Tensor, ...]) -> list[str]:
    stride = [] if layer.strides == layer.pool_size else [f"stride {_one(layer.strides)}"]
    return [times(layer.pool_size), *stride, *_padding(layer)]


def _one(sizes: Any) -> str:
    sizes = sizes if isinstance(sizes, tuple | list) else (sizes,)
    return str(sizes[0]) if len(set(sizes)) == 1 else times(sizes)


def _recurrent(layer: Any, inputs: tuple[Tensor, ...]) -> list[str]:
    units = getattr(layer, "units", None)
    if units is None and isinstance(getattr(layer, "cell", None), str):  # read from a file: only the class's name is known
        found = [layer.cell]
    elif units is None:
        units = layer.state_size
        found = [f"{type(layer.cell).__name__} {times(units)}"] if hasattr(layer, "cell") else [times(units)]
    else:
        found = [f"{units} units"]
    found += ["every step"] if getattr(layer, "return_sequences", False) else []
    found += ["with state"] if getattr(layer, "return_state", False) else []
    found += ["backwards"] if getattr(layer, "go_backwards", False) else []
    found += ["stateful"] if getattr(layer, "stateful", False) else []
    return found + [a for a in _activation(layer) if a != "tanh"]


def _wrapped(layer: Any) -> str:
    inner = layer.layer if hasattr(layer, "layer") else layer.forward_layer
    if isinstance(inner, str):  # read from a file, which is said already
        return inner
    return wrapped_words(
        type(inner).__name__, getattr(inner, "units", None) or getattr(inner, "filters", None), settings(inner)
    )


def wrapped_words(kind: str, size: Any, words: Sequence[str]) -> str:
    """A layer inside a wrapper: ``LSTM 16 every step``."""
    return " ".join([kind, *([str(size)] if size else []), *(w for w in words if not w.endswith(" units"))])


def _bidirectional(layer: Any, inputs: tuple[Tensor, ...]) -> list[str]:
    return [_wrapped(layer), layer.merge_mode if layer.merge_mode else "not merged"]


def _heads(layer: Any, inputs: tuple[Tensor, ...]) -> list[str]:
    return [f"{layer.num_heads} heads", f"size {layer.key_dim}"]


def _grouped(layer: Any, inputs: tuple[Tensor, ...]) -> list[str]:
    return [f"{layer.num_query_heads} heads", f"{layer.num_key_value_heads} shared", f"size {layer.head_dim}"]


def _embedding(layer: Any, inputs: tuple[Tensor, ...]) -> list[str]:
    return [f"{layer.input_dim:,} → {layer.output_dim:,}", *(["mask zeros"] if layer.mask_zero else [])]


def _input(layer: Any, inputs: tuple[Tensor, ...]) -> list[str]:
    dtype = str(layer.dtype)
    if dtype == "float32":
        return []
    words = {"int": "integers", "uint": "integers", "bool": "true or false", "string": "text"}
    kind = dtype.rstrip("0123456789")
    return [words[kind] if kind in words and dtype in ("int32", "int64", "bool", "string") else dtype]


def _merge(layer: Any, inputs: tuple[Tensor, ...]) -> list[str]:
    found = [f"{len(inputs)} inputs"] if inputs else []
    axis = getattr(layer, "axis", getattr(layer, "axes", -1))
    return found + ([f"axis {text_of(axis)}"] if axis != -1 else [])


def _axis(layer: Any, inputs: tuple[Tensor, ...]) -> list[str]:
    axis = getattr(layer, "axis", -1)
    axis = axis[0] if isinstance(axis, list | tuple) and len(axis) == 1 else axis
    rank = len(inputs[0].shape) if inputs and inputs[0].shape is not None else 0
    return [] if axis in (-1, rank - 1) else [f"axis {text_of(axis)}"]


def _noise(layer: Any, inputs: tuple[Tensor, ...]) -> list[str]:
    rate = getattr(layer, "rate", None)
    return [f"rate {rate:g}"] if rate is not None else [f"σ {layer.stddev:g}"]


def _resize(layer: Any, inputs: tuple[Tensor, ...]) -> list[str]:
    how = getattr(layer, "interpolation", "nearest")
    size = f"×{_one(layer.size)}" if hasattr(layer, "size") else f"{layer.height}×{layer.width}"
    return [size, *([how] if how not in ("nearest",) else [])]


def _sides(attribute: str) -> Rule:
    def rule(layer: Any, inputs: tuple[Tensor, ...]) -> list[str]:
        sides = getattr(layer, attribute)
        flat = [n for pair in sides for n in (pair if isinstance(pair, tuple | list) else (pair,))]
        return [str(flat[0]) if len(set(flat)) == 1 else text_of(sides)]

    return rule


def _named(*names: str, activation: str | None = None) -> Rule:
    """A rule that prints attributes as ``word value``; ``"word=attribute"`` renames one, ``"=attribute"`` drops the word."""

    def rule(layer: Any, inputs: tuple[Tensor, ...]) -> list[str]:
        found = []
        for entry in names:
            word, _, attribute = entry.partition("=")
            value = getattr(layer, attribute or word, None)
            if value is not None and value is not False:
                text = "" if value is True else cut(text_of(value), 40)
                found.append(f"{word} {text}".strip())
        return found + (_activation(layer, activation) if activation else [])

    return rule


def _custom(layer: Any, inputs: tuple[Tensor, ...]) -> list[str]:
    """Up to three plain arguments of a layer that no rule is written for."""
    found = []
    for name in argument_names(type(layer)):
        value = vars(layer).get(name)
        if isinstance(value, int | float | str) and not isinstance(value, bool):
            found.append(f"{name} {cut(text_of(value), 24)}")
    return found[:3]


def operation_settings(op: Any) -> tuple[str, ...]:
    """The settings of an operation of any class; ``op`` is anything that holds its arguments."""
    return tuple(_operation(op, ()))


def _operation(op: Any, inputs: tuple[Tensor, ...]) -> list[str]:
    """Arguments an operation keeps besides tensors: axis, new shape."""
    found = []
    for name, value in vars(op).items():
        if name.startswith("_") or name == "name" or value is None or value is False:
            continue
        value = value[0] if isinstance(value, tuple | list) and len(value) == 1 else value
        found.append(name if value is True else f"{name} {cut(text_of(value), 40)}")
    return found[:3]


_RULES: dict[str, Rule] = {
    "InputLayer": _input,
    "BaseConv": _convolution,
    "BaseConvTranspose": _convolution,
    "BaseDepthwiseConv": _convolution,
    "BaseSeparableConv": _convolution,
    "ConvLSTM": lambda layer, inputs: [times(getattr(layer, "cell", layer).kernel_size), *_recurrent_flags(layer)],
    "BasePooling": _pooling,
    "BaseGlobalPooling": _named("keepdims"),
    "BaseAdaptivePooling": lambda layer, inputs: [f"to {times(layer.output_size)}"],
    "Dense": _named(activation="activation"),
    "EinsumDense": _named("=equation", activation="activation"),
    "RNN": _recurrent,
    "LSTMCell": _recurrent,
    "GRUCell": _recurrent,
    "SimpleRNNCell": _recurrent,
    "StackedRNNCells": lambda layer, inputs: [f"{len(layer.cells)} cells"],
    "Bidirectional": _bidirectional,
    "TimeDistributed": lambda layer, inputs: [_wrapped(layer)],
    "SpectralNormalization": lambda layer, inputs: [_wrapped(layer)],
    "Wrapper": lambda layer, inputs: [_wrapped(layer)],
    "MultiHeadAttention": _heads,
    "GroupedQueryAttention": _grouped,
    "Attention": _named("causal", "dropout"),
    "Embedding": _embedding,
    "Masking": _named("mask=mask_value"),
    "Merge": _merge,
    "Dropout": _noise,
    "BaseSpatialDropout": _noise,
    "AlphaDropout": _noise,
    "GaussianDropout": _noise,
    "GaussianNoise": _noise,
    "BatchNormalization": _axis,
    "LayerNormalization": _axis,
    "RMSNormalization": _axis,
    "UnitNormalization": _axis,
    "GroupNormalization": _named("groups"),
    "Normalization": _named(),
    "Rescaling": lambda layer, inputs: [f"× {text_of(layer.scale)}"] + ([f"+ {text_of(layer.offset)}"] if layer.offset else []),
    "Activation": _named(activation="activation"),
    "ReLU": _named("max=max_value"),
    "LeakyReLU": _named("slope=negative_slope"),
    "ELU": _named("α=alpha"),
    "PReLU": _named(),
    "Softmax": _axis,
    "Reshape": lambda layer, inputs: [f"to {times(layer.target_shape)}"],
    "Permute": lambda layer, inputs: [f"axes {', '.join(map(str, layer.dims))}"],
    "RepeatVector": lambda layer, inputs: [f"×{layer.n}"],
    "Flatten": _named(),
    "Identity": _named(),
    "Lambda": lambda layer, inputs: [function_name(layer.function)],
    "UpSampling1D": _resize,
    "UpSampling2D": _resize,
    "UpSampling3D": _resize,
    "Resizing": _resize,
    "CenterCrop": lambda layer, inputs: [f"{layer.height}×{layer.width}"],
    "RandomCrop": lambda layer, inputs: [f"{layer.height}×{layer.width}"],
    "ZeroPadding1D": _sides("padding"),
    "ZeroPadding2D": _sides("padding"),
    "ZeroPadding3D": _sides("padding"),
    "Cropping1D": _sides("cropping"),
    "Cropping2D": _sides("cropping"),
    "Cropping3D": _sides("cropping"),
    "ActivityRegularization": _named("l1", "l2"),
    "Functional": lambda layer, inputs: [],
    "Sequential": lambda layer, inputs: [],
    "Model": lambda layer, inputs: [],
    "Function": lambda layer, inputs: [],
}


def _recurrent_flags(layer: Any) -> list[str]:
    found = ["every step"] if layer.return_sequences else []
    return found + (["with state"] if layer.return_state else [])
