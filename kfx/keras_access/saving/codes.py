"""Turn the codes of quantized layers back into the numbers that they stand for: codes and their scale are one kernel."""

from __future__ import annotations

from typing import Any

import numpy as np

from kfx.keras_access.internals import quantization_of

_CODED = ("kernel", "embeddings", "reverse_embeddings")


def numbers_behind(layer: Any) -> dict[int, np.ndarray | None]:
    """Return, by the identity of a layer's own variables, the numbers that codes stand for; None for their scales.

    Empty for a layer that is not quantized, or whose codes are stored in another way.
    """
    mode = quantization_of(layer)
    if mode not in ("int8", "int4"):
        return {}
    found: dict[int, np.ndarray | None] = {}
    for name in _CODED:
        codes = getattr(layer, f"_{name}", None)
        codes = getattr(layer, name, None) if codes is None else codes
        scale, zero = getattr(layer, f"{name}_scale", None), getattr(layer, f"{name}_zero", None)
        if codes is None or scale is None:
            continue
        try:
            numbers = _numbers(layer, name, codes, scale, zero, mode)
        except Exception:  # another release keeps them otherwise
            continue
        found[id(codes)] = numbers
        found |= {id(part): None for part in (scale, zero, getattr(layer, "g_idx", None)) if part is not None}
    return found


def _numbers(layer: Any, name: str, codes: Any, scale: Any, zero: Any, mode: str) -> np.ndarray:
    block = getattr(layer, "_int4_block_size", None)
    values, sizes = np.asarray(codes), np.asarray(scale)
    if mode == "int4":
        from keras.src import quantizers
        from keras.src.quantizers.quantizers import dequantize_with_sz_map

        names = ("_int4_unpacked_column_size", "_orig_output_dim", "output_dim")
        width = next(found for name in names if (found := getattr(layer, name, None)))
        values = np.asarray(quantizers.unpack_int4(codes, width, axis=-1))
        if zero is not None and block not in (None, -1):
            axis = -1 if name == "embeddings" else 0
            found = np.asarray(dequantize_with_sz_map(values, scale, zero, layer.g_idx, group_axis=axis))
            return found.reshape(getattr(layer, "original_kernel_shape", found.shape))
    elif hasattr(layer, "_adjust_scale_for_dequant"):
        sizes = np.asarray(layer._adjust_scale_for_dequant(scale))
    if name == "embeddings":
        sizes = sizes[..., None]
    found = (values.astype(np.float32) / sizes).astype(np.float32)
    return found.reshape(getattr(layer, "original_kernel_shape", found.shape)) if mode == "int4" else found
