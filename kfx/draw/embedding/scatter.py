"""Draw many points as a picture: colours by label, or on a ramp."""

from __future__ import annotations

from colorsys import hsv_to_rgb

import numpy as np

from kfx.draw.values.input_picture import png_of

LIGHT = ("1D66C9", "D9660A", "2C8C1F", "C9247F", "7A3FC9", "8A5A00", "00A3B4", "C1121F", "475569", "A0A800")
DARK = ("6FABFF", "F7A95A", "98D977", "F58CC2", "CDA8FB", "D9A441", "4CD3E0", "FF8F86", "B4C0D0", "E3E65A")
WIDTH, HEIGHT, _PAD, _TIMES = 520, 420, 12, 2  # px, and dots for each


def label_colours(count: int, *, dark: bool = False) -> list[str]:
    """Return ``"#rrggbb"`` for each of some labels: ten of their own, then by turns of hue."""
    first = [f"#{one}" for one in (DARK if dark else LIGHT)[:count]]
    value = 0.95 if dark else 0.7
    turned = (hsv_to_rgb(0.13 + n * 0.618 % 1 % 1.0, 0.6, value) for n in range(len(first), count))
    return first + ["#" + "".join(f"{round(255 * x):02X}" for x in rgb) for rgb in turned]


def in_frame(points: np.ndarray) -> np.ndarray:
    """Return points scaled into a square from 0 to 1, both axes alike, the y axis downwards; NaN stays.

    Args:
        points: ``(points, 2)``.
    """
    known = points[np.isfinite(points).all(axis=1)]
    if not len(known):
        return np.full(points.shape, np.nan, "float32")
    low, high = known.min(axis=0), known.max(axis=0)
    span = float((high - low).max()) or 1.0
    placed = (points - (low + high) / 2) / span + 0.5
    return np.stack([placed[:, 0], 1 - placed[:, 1]], axis=1).astype("float32")


def scatter_png(points: np.ndarray, colours: np.ndarray) -> bytes:
    """Return a PNG on white.

    Args:
        points: As `in_frame` returns them.
        colours: ``(points, 3)`` uint8.
    """
    wide, tall, pad = WIDTH * _TIMES, HEIGHT * _TIMES, _PAD * _TIMES
    known = np.isfinite(points).all(axis=1)
    shown, inks = points[known].astype("float64"), colours[known]
    owner = np.full((tall, wide), -1, "int32")  # the point that is seen at each dot: the last one
    if not len(shown):
        return png_of(np.full((tall, wide, 3), 255, "uint8"))
    low, high = shown.min(axis=0), shown.max(axis=0)
    room = np.array([wide - 2 * pad, tall - 2 * pad])
    scale = (room / np.maximum(high - low, 1e-9)).min()
    middle = (low + high) / 2
    places = np.round((shown - middle) * scale + np.array([wide, tall]) / 2).astype("int64")
    radius = 5 if len(shown) < 1000 else 4 if len(shown) < 5000 else 3
    for dy in range(-radius, radius + 1):
        for dx in range(-radius, radius + 1):
            if dx * dx + dy * dy <= radius * radius:
                rows, columns = np.clip(places[:, 1] + dy, 0, tall - 1), np.clip(places[:, 0] + dx, 0, wide - 1)
                np.maximum.at(owner, (rows, columns), np.arange(len(shown), dtype="int32"))
    return png_of(np.vstack([inks, np.full((1, 3), 255, "uint8")])[owner])
