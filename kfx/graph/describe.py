"""What a layer is for, and which of its settings a reader wants to see beside its name."""

from __future__ import annotations

from typing import Any

_FAMILY_BY_WORD = (  # first match of the class's name wins
    ("io", ("InputLayer",)),
    ("seq", ("LSTM", "GRU", "RNN", "Bidirectional", "TimeDistributed", "Attention", "Embedding", "ConvLSTM")),
    ("conv", ("Conv",)),
    ("norm", ("Normalization", "Dropout", "Noise", "Regularization", "Rescaling", "Discretization")),
    ("pool", ("Pool", "Reshape", "Flatten", "UpSampling", "ZeroPadding", "Cropping", "Permute", "RepeatVector", "Resizing")),
    ("merge", ("Add", "Concatenate", "Average", "Maximum", "Minimum", "Multiply", "Subtract", "Dot")),
    ("dense", ("Dense", "EinsumDense")),
)


def family(op: Any, *, builtin: bool, kind: str) -> str:
    """One of `kfx.graph.facts.FAMILIES` for an operation."""
    if kind == "model":
        return "model"
    name = type(op).__name__
    if builtin:
        for found, words in _FAMILY_BY_WORD:
            if any(word in name for word in words):
                return found
    return "custom"


def settings(op: Any) -> tuple[str, ...]:
    """The arguments that matter most, ready to print: kernel, strides and padding when unusual, activation, rate, units."""
    found = []
    kernel = getattr(op, "kernel_size", None) or getattr(op, "pool_size", None)
    if kernel:
        found.append("×".join(map(str, kernel if isinstance(kernel, tuple | list) else [kernel])))
    padding = getattr(op, "padding", None)
    if isinstance(padding, str) and padding != "valid":
        found.append(padding)
    activation = getattr(op, "activation", None)
    if activation is not None:
        found.append(getattr(activation, "__name__", type(activation).__name__))
    if isinstance(getattr(op, "rate", None), float):
        found.append(f"rate {op.rate:g}")
    return tuple(found)
