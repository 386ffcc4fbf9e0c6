"""What a layer is for: one of ten families, found through its class's ancestors."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from kfx.keras_access import internals

_CLASSES = {
    "io": "InputLayer",
    "conv": "BaseConv BaseConvTranspose BaseDepthwiseConv BaseSeparableConv",
    "dense": "Dense EinsumDense",
    "pool": """BasePooling BaseGlobalPooling BaseAdaptivePooling Flatten Reshape Permute RepeatVector UpSampling1D UpSampling2D
        UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D Cropping1D Cropping2D Cropping3D CenterCrop
        Resizing RandomCrop""",
    "norm": """BatchNormalization LayerNormalization GroupNormalization RMSNormalization UnitNormalization
        SpectralNormalization Normalization Rescaling Dropout BaseSpatialDropout AlphaDropout GaussianDropout GaussianNoise
        ActivityRegularization StochasticDepth LayerScale""",
    "seq": """RNN LSTMCell GRUCell SimpleRNNCell StackedRNNCells Bidirectional TimeDistributed ConvLSTM MultiHeadAttention
        GroupedQueryAttention Attention Embedding Masking""",
    "merge": "Merge CustomScaleLayer",
    "custom": "Layer Operation",  # activations, look-ups, augmentations, Lambda and whatever nobody named above
}
_FAMILY_OF = {name: family for family, names in _CLASSES.items() for name in names.split()}
_OPS = {
    "merge": """Add Subtract Multiply Divide TrueDivide FloorDivide Maximum Minimum Concatenate Stack Vstack Hstack Where Matmul
        Dot Einsum Tensordot Inner Outer Power Cross""",
    "conv": "Conv ConvTranspose DepthwiseConv SeparableConv",
    "pool": """AveragePool MaxPool AdaptiveAveragePool AdaptiveMaxPool Reshape Transpose ExpandDims Squeeze Flatten Ravel
        SwapAxes Moveaxis Permute GetItem Pad Resize Repeat Tile BroadcastTo Split Flip Roll Mean Max Min Sum Prod Slice Take
        Rot90 Unstack""",
    "norm": "BatchNorm LayerNorm RMSNorm Normalize Moments",
    "seq": "DotProductAttention RNN",
}
_FAMILY_OF_OP = {name: family for family, names in _OPS.items() for name in names.split()}


def family(op: Any, *, kind: str, inputs: int = 1) -> str:
    """One of `kfx.model.facts.FAMILIES`: by the nearest of Keras's own classes that the layer's class descends from."""
    if kind == "model":
        return "model"
    found = class_family(type(op))
    return "custom" if kind == "op" and found == "merge" and inputs < 2 else found


@lru_cache(maxsize=2048)
def class_family(cls: type) -> str:
    """The family of a class, a non-layer operation's by its name."""
    names = internals.keras_names(cls)
    if "Layer" in names:
        return next((_FAMILY_OF[name] for name in names if name in _FAMILY_OF), "custom")
    return family_of_op(names[0] if names else "")


def family_of_op(name: str) -> str:
    """The family of a non-layer operation by its class's name, e.g. ``"Matmul"``."""
    return _FAMILY_OF_OP.get(name, "custom")
