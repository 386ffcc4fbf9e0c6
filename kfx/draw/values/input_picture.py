"""An input as a picture: pixels of whatever range as RGB, and what was done to them, in words."""

from __future__ import annotations

from io import BytesIO
from typing import NamedTuple

import numpy as np

from kfx.draw.values.numbers import number_text

SMALL_AREA = 96 * 96  # pixels up to which a picture is kept exactly
LEAST_SIDE = 4  # pixels; anything smaller is a table of numbers rather than a picture


class Picture(NamedTuple):
    """An image ``(height, width, 3)`` uint8, and how the values became pixels: ``""`` where they were pixels already."""

    rgb: np.ndarray
    note: str


def picture(values: np.ndarray) -> Picture | None:
    """Return the pixels of an input, or None for something that is not a picture.

    Pictures are ``(height, width)`` or ``(height, width, channel)`` with 1, 3 or 4 channels. Whole numbers up to 255 are taken
    unchanged; floats from 0 to 1, from -1 to 1 or from 0 to 255 are stretched from that range, any others from
    smallest to largest, and the note says so.
    """
    values = np.asarray(values)
    if values.ndim == 2:
        values = values[..., None]
    if values.ndim != 3 or values.shape[-1] not in (1, 3, 4) or min(values.shape[:2]) < LEAST_SIDE:
        return None
    if values.dtype.kind not in "uifb":
        return None
    low, high, note = pixel_range(values)
    bad = values.size - int(np.isfinite(values).sum())
    if bad:
        note = f"{note}, {bad:,} not finite".removeprefix(", ")
    return Picture(pixels(values, low, high), note)


def pixels(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return ``(height, width, 1, 3 or 4)`` as ``(height, width, 3)`` uint8: black at ``low``, white at ``high``."""
    values = np.where(np.isfinite(values), values, 0).astype("float64")
    bytes_ = ((values - low) / (high - low) * 255).round().clip(0, 255).astype("uint8")
    if values.shape[-1] == 4:  # over white
        alpha = bytes_[..., 3:].astype("float64") / 255
        bytes_ = (bytes_[..., :3] * alpha + 255 * (1 - alpha)).round().astype("uint8")
    if bytes_.shape[-1] == 1:
        bytes_ = np.repeat(bytes_, 3, axis=-1)
    return np.ascontiguousarray(bytes_)


def pixel_range(values: np.ndarray) -> tuple[float, float, str]:
    """Return the values of black and of white, and a note where they are not those of pixels."""
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    if low >= 0 and high <= 1:
        return 0.0, 1.0, ""
    if low >= 0 and high <= 255:
        return 0.0, 255.0, ""
    if low >= -1 and high <= 1:
        return -1.0, 1.0, "values −1 to 1"
    return low, (high if high > low else low + 1), f"values {number_text(low)} to {number_text(high)}"


def png_of(rgb: np.ndarray) -> bytes:
    """Return RGB (or RGBA) pixels as a PNG file."""
    from PIL import Image

    out = BytesIO()
    Image.fromarray(rgb).save(out, "PNG", optimize=True)
    return out.getvalue()


def small_file(rgb: np.ndarray, most: int = 160) -> tuple[str, bytes]:
    """Return a picture of at most ``most`` pixels a side, as ``(media type, file)``: a small one exactly, as PNG; else JPEG."""
    from PIL import Image

    image = Image.fromarray(rgb)
    if max(image.size) > most:
        scale = most / max(image.size)
        image = image.resize([max(1, round(n * scale)) for n in image.size], Image.Resampling.LANCZOS)
    out = BytesIO()
    if image.width * image.height <= SMALL_AREA:
        image.save(out, "PNG")
        return "image/png", out.getvalue()
    image.save(out, "JPEG", quality=85)
    return "image/jpeg", out.getvalue()
