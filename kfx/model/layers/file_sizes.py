"""How many numbers a stored layer's arrays hold, how many of them training changes, and how many bytes they take."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from kfx.model.files.open import Stored
from kfx.model.read.weights import bits

_NOT_TRAINED = {"BatchNormalization": 2, "Normalization": 3}  # arrays at the end that training does not change
_WHOLE = ("int8", "uint8", "int4", "uint4")  # what Keras quantizes to


def stored_sizes(kind: str, config: dict[str, Any], arrays: Mapping[str, Stored], home: str | None = None) -> dict[str, int]:
    """The fields of a call that its stored weights tell.

    Args:
        kind: The layer's class, one of Keras's own, or ``""``.
        config: Its arguments.
        arrays: Its arrays by their paths in the file, in the file's order.
        home: Where those paths start.
    """
    spectral = _spectral(kind, config, home or "")
    wrapped = f"{spectral.removesuffix('vars/')}layer/vars/0"
    if spectral and f"{spectral}0" in arrays and arrays.get(wrapped) == arrays[f"{spectral}0"]:
        # the wrapped layer's kernel, which a .keras file holds at the wrapper too (not of a quantized layer: it got a new one)
        arrays = {path: stored for path, stored in arrays.items() if path != f"{spectral}0"}
    if kind in _NOT_TRAINED:
        fixed = list(arrays)[-_NOT_TRAINED[kind] :]
    else:
        vectors = [path for path in arrays if spectral and (path == f"{spectral}1" or _name(path) == "vector_u")]
        fixed = vectors + (_quantized(config, arrays) if kind else [])
    size = _size(arrays.values())
    return {
        "params": size,
        "trainable": size - _size(arrays[path] for path in fixed) if config.get("trainable") is not False else 0,
        "own_params": size,
        "weight_bytes": sum(math.prod(shape) * bits(dtype) // 8 for shape, dtype in arrays.values()),
    }


def _size(arrays: Any) -> int:
    return sum(math.prod(shape) for shape, _ in arrays)


def _name(path: str) -> str:
    return path.rpartition("/")[2].partition(":")[0]


def _inner(config: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Class and arguments of the layer that a wrapper holds."""
    found = config.get("layer")
    if not isinstance(found, dict) or not isinstance(found.get("config"), dict):
        return "", {}
    return str(found.get("class_name")), found["config"]


def _spectral(kind: str, config: dict[str, Any], home: str) -> str:
    """Where a SpectralNormalization, this layer or the one it wraps, keeps its own arrays: its kernel, then its vector."""
    while kind and kind != "SpectralNormalization":
        (kind, config), home = _inner(config), f"{home}layer/"
    return f"{home}vars/" if kind else ""


def _quantized(config: dict[str, Any], arrays: Mapping[str, Stored]) -> list[str]:
    """Of arrays beside one of whole numbers (kernel, scale, zero, order) training changes none but the bias, the second one."""
    groups = {path.rpartition("/")[0] for path, (_, dtype) in arrays.items() if dtype in _WHOLE}
    second = _has_bias(config)
    return [
        path
        for path in arrays
        if path.rpartition("/")[0] in groups and not (_name(path) == "bias" or (second and _name(path) == "1"))
    ]


def _has_bias(config: dict[str, Any]) -> bool:
    inner = _inner(config)[1]
    return bool(config.get("use_bias") or config.get("bias_axes")) or bool(inner and _has_bias(inner))
