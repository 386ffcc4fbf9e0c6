"""Count the numbers in a stored layer's arrays: all of them, those that training changes, and their bytes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from kfx.model.files.open import Stored
from kfx.model.layers.knowledge import LayerKnowledge
from kfx.model.read.weights import bits

_WHOLE = ("int8", "uint8", "int4", "uint4")  # dtypes of quantized weights


def stored_sizes(
    knowledge: LayerKnowledge | None,
    kind: str,
    config: dict[str, object],
    arrays: Mapping[str, Stored],
    home: str | None = None,
) -> dict[str, int]:
    """Return the fields of a call that its stored weights determine.

    Args:
        knowledge: The knowledge about the layer's class, or None.
        kind: The name of a class of Keras's own, or ``""``.
        config: The layer's arguments.
        arrays: Its arrays by their paths in the file, in the file's order.
        home: The start of those paths.
    """
    trained, others = _divided(knowledge, kind, config, arrays, home or "")
    params, trainable = _size(trained) + _size(others), 0 if config.get("trainable") is False else _size(trained)
    quantized = any(dtype in _WHOLE for _, dtype in others)
    return {
        "params": params,
        "trainable": trainable,
        "own_params": params,
        "frozen": bool(params) and not trainable and (config.get("trainable") is False or quantized),
        "partly_frozen": bool(trainable) and quantized,
        "weight_bytes": sum(math.prod(shape) * (bits(dtype) or 0) // 8 for shape, dtype in (*trained, *others)),
    }


def _divided(
    knowledge: LayerKnowledge | None, kind: str, config: dict[str, object], arrays: Mapping[str, Stored], home: str
) -> tuple[Sequence[Stored], Sequence[Stored]]:
    """Divide arrays into those that training changes and the others; one that the file holds twice counts once."""
    if knowledge is not None and knowledge.stored_sizes is not None:
        try:
            trained, others = (
                [(tuple(map(int, shape)), str(dtype)) for shape, dtype in part]
                for part in knowledge.stored_sizes(config, list(arrays.values()))
            )
            return trained, others
        except Exception:  # a user's function that does not fit this file
            return list(arrays.values()), []
    spectral = _spectral(kind, config, home)
    wrapped = f"{spectral.removesuffix('vars/')}layer/vars/0"
    if spectral and f"{spectral}0" in arrays and arrays.get(wrapped) == arrays[f"{spectral}0"]:
        # the wrapped layer's kernel, which a .keras file holds at the wrapper too (not of a quantized layer: it got a new one)
        arrays = {path: stored for path, stored in arrays.items() if path != f"{spectral}0"}
    vectors = [path for path in arrays if spectral and (path == f"{spectral}1" or _name(path) == "vector_u")]
    fixed = {*vectors, *(_quantized(config, arrays) if kind else ())}
    return [a for path, a in arrays.items() if path not in fixed], [a for path, a in arrays.items() if path in fixed]


def _size(arrays: Iterable[Stored]) -> int:
    return sum(math.prod(shape) for shape, _ in arrays)


def _name(path: str) -> str:
    return path.rpartition("/")[2].partition(":")[0]


def _inner(config: dict[str, object]) -> tuple[str, dict[str, object]]:
    """Return class and arguments of the layer that a wrapper holds."""
    found = config.get("layer")
    if not isinstance(found, dict) or not isinstance(found.get("config"), dict):
        return "", {}
    return str(found.get("class_name")), found["config"]


def _spectral(kind: str, config: dict[str, object], home: str) -> str:
    """Return the path of a SpectralNormalization's arrays, its kernel and its vector, for this layer or the one it wraps."""
    while kind and kind != "SpectralNormalization":
        (kind, config), home = _inner(config), f"{home}layer/"
    return f"{home}vars/" if kind else ""


def _quantized(config: dict[str, object], arrays: Mapping[str, Stored]) -> list[str]:
    """Return the arrays next to one of integers (kernel, scale, zero, order): training changes only the bias."""
    groups = {path.rpartition("/")[0] for path, (_, dtype) in arrays.items() if dtype in _WHOLE}
    second = _has_bias(config)
    return [
        path
        for path in arrays
        if path.rpartition("/")[0] in groups and not (_name(path) == "bias" or (second and _name(path) == "1"))
    ]


def _has_bias(config: dict[str, object]) -> bool:
    inner = _inner(config)[1]
    return bool(config.get("use_bias") or config.get("bias_axes")) or bool(inner and _has_bias(inner))
