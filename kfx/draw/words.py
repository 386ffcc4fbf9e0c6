"""Numbers, shapes and sizes as every face prints them."""

from __future__ import annotations

from kfx.graph.facts import Tensor


def exact(n: int | None) -> str:
    """``36,928``; ``?`` for unknown."""
    return "?" if n is None else f"{n:,}"


def short(n: float | None) -> str:
    """``896``, ``36.9 k``, ``25.6 M``, ``7.7 G``; ``?`` for unknown."""
    return "?" if n is None else _scaled(n, ("", " k", " M", " G", " T", " P"))


def size(n: float | None) -> str:
    """Bytes in decimal units: ``256 B``, ``1.0 kB``, ``102.5 MB``; ``?`` for unknown."""
    return "?" if n is None else _scaled(n, (" B", " kB", " MB", " GB", " TB", " PB"))


def _scaled(n: float, units: tuple[str, ...]) -> str:
    if n < 1000:
        return f"{n:.0f}{units[0]}"
    for unit in units[1:]:
        n /= 1000
        if n < 999.95 or unit == units[-1]:
            return f"{n:.1f}{unit}"
    raise AssertionError


def shape(tensor: Tensor) -> str:
    """``28×28×32`` without the batch axis, ``?`` for each unknown axis; ``scalar`` for one number an example."""
    if tensor.shape is None:
        return "?"
    return "×".join("?" if n is None else str(n) for n in tensor.shape[1:]) or "scalar"


def shapes(tensors: tuple[Tensor, ...]) -> str:
    """All outputs of a call: ``10``, ``32 · 32 · 32``, ``priority 1 · department 4``."""
    return " · ".join(f"{t.name} {shape(t)}".strip() for t in tensors) or "?"
