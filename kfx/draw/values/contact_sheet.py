"""Many maps as one picture: a contact sheet with each channel's number beneath its map."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

import numpy as np

from kfx.draw.values.colormap import ramp

CELL = 56  # px of a map's side at least
GAP = 8  # px between maps
CAPTION = 14  # px beneath each map
INK = (0xFF, 0xFF, 0xFF)
CHIP = (0x4A, 0x53, 0x5F)  # the letters' own ground: around it the sheet is transparent, and may be dark
_SHADES = 16  # from the chip to the ink, for smooth letters
_COLOURS = 256 - _SHADES - 1  # a palette holds 256: these of the ramp, the shades, and nothing
_SIDE = 3  # px of the chip at both sides of its letters


def contact_sheet(
    levels: np.ndarray, names: Sequence[str], *, signed: bool = False, columns: int = 6, cell: int = CELL
) -> bytes:
    """Return a PNG of maps in rows; small pixels are enlarged, never smoothed. The ground is transparent.

    Args:
        levels: ``(map, row, column)`` uint8 as `kfx.draw.values.scale.levels` gives them.
        names: The text under each.
        signed: Use the ramp around zero.
        columns: Maps in a row.
        cell: Width of a map in px; its height follows from its form, from a quarter to four times as much.
    """
    count, rows, wide = levels.shape
    if count != len(names):
        raise ValueError(f"{count} maps came with {len(names)} names; expected one for each.")
    tall = max(cell // 4, min(4 * cell, round(cell * rows / wide))) if count else cell
    columns = max(1, min(columns, count))
    line = tall + CAPTION + GAP // 2
    sheet = np.full((-(-count // columns) * line, columns * (cell + GAP) - GAP), 255, "uint8")  # 255 is transparent
    maps = levels[:, np.arange(tall)[:, None] * rows // tall, np.arange(cell) * wide // cell]
    maps = np.where(maps == 255, _COLOURS - 1, np.round(maps * ((_COLOURS - 2) / 254)))
    for i, name in enumerate(names):
        top, left = i // columns * line, i % columns * (cell + GAP)
        sheet[top : top + tall, left : left + cell] = maps[i]
        _write(sheet, name, top + tall + 1, left, cell + GAP - 2)
    return _png(sheet, ramp(signed))


def _write(sheet: np.ndarray, text: str, top: int, left: int, most: int) -> None:
    """Light letters on a chip as wide as they are."""
    from PIL import Image, ImageDraw, ImageFont

    try:
        font = ImageFont.load_default(size=11)
    except TypeError:  # Pillow before 10.1 has one size only
        font = ImageFont.load_default()
    length = ImageDraw.Draw(Image.new("L", (1, 1))).textlength(text, font=font)
    wide = min(most, round(length) + 2 * _SIDE)
    chip = Image.new("L", (wide, CAPTION - 1), 0)
    ImageDraw.Draw(chip).text((_SIDE, 0), text, fill=255, font=font)
    shades = np.asarray(chip, "uint16") * (_SHADES - 1) // 255
    place = sheet[top : top + shades.shape[0], left : left + shades.shape[1]]
    place[:] = (_COLOURS + shades[: place.shape[0], : place.shape[1]]).astype("uint8")


def _png(sheet: np.ndarray, colours: np.ndarray) -> bytes:
    from PIL import Image

    picked = np.round(np.linspace(0, 254, _COLOURS - 1)).astype(int)
    shades = np.round(np.linspace(CHIP, INK, _SHADES))
    palette = np.vstack([colours[picked], colours[255:], shades, [INK]]).astype("uint8")
    image = Image.fromarray(sheet)
    image.putpalette(palette.tobytes())
    out = BytesIO()
    image.save(out, "PNG", optimize=True, transparency=255)
    return out.getvalue()
