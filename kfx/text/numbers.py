"""Numbers, shapes, sizes and names as every face prints them."""

from __future__ import annotations

from functools import lru_cache

from kfx.model.facts import LayerCall, Tensor
from kfx.text.untrusted import visible


def exact(n: int | None) -> str:
    """``36,928``; ``?`` for unknown."""
    return "?" if n is None else f"{n:,}"


def short(n: float | None) -> str:
    """``896``, ``36.9 k``, ``25.6 M``, ``7.7 G``; ``?`` for unknown."""
    return "?" if n is None else _scaled(n, ("", " k", " M", " G", " T", " P"))


def size(n: float | None) -> str:
    """Bytes in decimal units: ``256 B``, ``1.0 kB``, ``102.5 MB``; ``?`` for unknown."""
    return "?" if n is None else _scaled(n, (" B", " kB", " MB", " GB", " TB", " PB"))


@lru_cache(maxsize=4096)
def _scaled(n: float, units: tuple[str, ...]) -> str:
    if n < 1000:
        return f"{n:.0f}{units[0]}"
    for unit in units[1:]:
        n /= 1000
        if n < 999.95 or unit == units[-1]:
            return f"{n:.1f}{unit}"
    raise AssertionError


def at_least(text: str, known: int, *, whole: bool) -> str:
    """``text`` where the sum is whole, ``≥ text`` where some of it is unknown, ``?`` where all of it is."""
    return text if whole else f"≥ {text}" if known else "?"


def flops(n: int) -> str:
    """``58.1 MFLOPs``, ``896 FLOPs``."""
    text = short(n)
    return f"{text}FLOPs" if " " in text else f"{text} FLOPs"


def percent(share: float) -> str:
    """``16.5 %`` of a share between 0 and 1; ``< 0.1 %`` where rounding would say nothing."""
    return "< 0.1 %" if 0 < share < 0.0005 else f"{share * 100:.1f} %"


def count(n: int, noun: str) -> str:
    """``1 layer``, ``1,041 layers``."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def held(layers: int, operations: int = 0, inputs: int = 0) -> str:
    """Return the contents of a folded box: ``6 layers · 9 operations``, or ``3 inputs`` if there is nothing else."""
    parts = ((layers, "layer"), (operations, "operation"), (inputs, "input"))
    return " · ".join(count(n, noun) for n, noun in parts if n)


def shape(tensor: Tensor) -> str:
    """``28×28×32`` without the batch axis, ``?`` for each axis of any length; ``scalar`` for one number an example.

    ``unknown`` where even the number of axes is not known.
    """
    if tensor.shape is None:
        return "unknown"
    return "×".join(["?" if n is None else str(n) for n in tensor.shape[1:]]) or "scalar"


@lru_cache(maxsize=4096)
def shapes(tensors: tuple[Tensor, ...]) -> str:
    """All outputs of a call: ``10``, ``32 · 32 · 32``, ``priority 1 · department 4``."""
    return " · ".join(f"{visible(t.name)} {shape(t)}".strip() for t in tensors) or "unknown"


def full_shape(tensor: Tensor) -> str:
    """``(batch, ?, 128) float32``: every axis, for where there is room."""
    if tensor.shape is None:
        return f"unknown shape, {tensor.dtype}"
    first = "batch" if tensor.shape[:1] == (None,) else f"batch {tensor.shape[0]}" if tensor.shape else ""
    axes = [first, *("?" if n is None else str(n) for n in tensor.shape[1:])] if first else []
    return f"({', '.join(axes)}) {tensor.dtype}"


def kind_of(call: LayerCall) -> str:
    """Return the type as users write it: ``Conv2D``, and ``Input`` for Keras's InputLayer."""
    return "Input" if call.kind == "input" else visible(call.type)


def settings(call: LayerCall, inside: str = "") -> str:
    """Return the text of the Settings column; ``inside`` describes the contents of a nested model."""
    if call.call > 1 and call.own_params > call.params:
        return "shared, counted once"
    own = " · ".join(map(visible, call.settings))
    is_model = any(base.endswith(".Model") for base in call.bases)  # whose settings are what its call was told
    return f"{own} · {inside}" if own and inside and is_model else own or inside
