"""Maps of attribution as pictures: sizes laid over a grey photograph, signed shares on the ramp around zero."""

from __future__ import annotations

import numpy as np

from kfx.draw.values.colormap import ramp
from kfx.draw.values.scale import Limits, levels, limits, smaller

OPACITY = 0.8
MOST_SIDE = 416  # px of a picture that is kept in a notebook: two dots for each of its 208 px


def map_scale(values: np.ndarray, *, signed: bool) -> Limits:
    """Return the ends of a map's colours: from 0 to the largest, or equal ends around zero that 99.5 % of it lie within."""
    found = limits(values)
    if signed:
        return Limits(-found.high, found.high, True, found.clipped)
    high = float(np.max(values, initial=0.0, where=np.isfinite(values)))
    return Limits(0.0, high if high > 0 else 1.0, False, False)


def grey(rgb: np.ndarray) -> np.ndarray:
    """Return a picture ``(height, width, 3)`` without its colours."""
    light = rgb.astype("float64") @ np.array([0.299, 0.587, 0.114])
    return np.repeat(np.round(light).astype("uint8")[..., None], 3, axis=-1)


def overlaid(rgb: np.ndarray | None, values: np.ndarray, *, signed: bool, opacity: float = OPACITY) -> np.ndarray:
    """Return a map as a picture ``(height, width, 3)`` uint8.

    Args:
        rgb: The photograph, ``(height, width, 3)`` uint8, or None. Only a map of sizes is laid over it: the larger a value, the
            less of the photograph is seen.
        values: ``(rows, columns)``.
        signed: Use the ramp around zero.
        opacity: Of the largest value.
    """
    scale = map_scale(values, signed=signed)
    colours = ramp(signed)[levels(values, scale)]
    if signed or rgb is None:
        return np.ascontiguousarray(colours)
    tall, wide = rgb.shape[:2]
    rows, columns = (np.arange(n) * m // n for n, m in ((tall, values.shape[0]), (wide, values.shape[1])))
    share = np.clip(np.nan_to_num(values) / scale.high, 0, 1)
    cover = (opacity * np.minimum(1, 0.25 + share) * (share > 0))[rows][:, columns, None]
    return np.round(grey(rgb) * (1 - cover) + colours[rows][:, columns] * cover).astype("uint8")


def kept_small(values: np.ndarray) -> np.ndarray:
    """Return a map of at most `MOST_SIDE` rows and columns."""
    return smaller(np.asarray(values, "float32")[None], MOST_SIDE)[0][0]


def chip_colours(values: np.ndarray, *, signed: bool) -> list[tuple[str, str]]:
    """Return the ground and the ink of each word as ``#rrggbb``."""
    found = np.asarray(values, "float64")
    far = float(np.abs(found).max(initial=0)) or 1.0
    scale = Limits(-far, far, True, False)
    colours = ramp(True)[levels(found if signed else np.abs(found), scale)]
    inks = ["#111418" if rgb @ np.array([0.299, 0.587, 0.114]) > 115 else "#ffffff" for rgb in colours.astype("float64")]
    return [(f"#{r:02x}{g:02x}{b:02x}", ink) for (r, g, b), ink in zip(colours.tolist(), inks, strict=True)]
