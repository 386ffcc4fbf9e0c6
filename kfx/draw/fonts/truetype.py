"""Read what a drawing in a PDF needs of a TrueType file: each letter's glyph and its width.

The format is described at https://learn.microsoft.com/typography/opentype/spec/ (tables cmap, head, hhea, hmtx).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_SEGMENTS = 4  # the cmap format of letters up to U+FFFF


@dataclass(frozen=True)
class TrueType:
    """One font.

    Attributes:
        content: The file.
        glyphs: Glyph by code point.
        advances: Width of each glyph in thousandths of an em.
        box: Left, bottom, right and top of all glyphs together, in thousandths of an em.
        ascent: Above the line, in thousandths of an em.
        descent: Below it, negative.
    """

    content: bytes
    glyphs: dict[int, int]
    advances: tuple[int, ...]
    box: tuple[int, ...]
    ascent: int
    descent: int

    def width(self, text: str, size: float) -> float:
        """Return the width of a line at a font size; letters without a glyph count as an em."""
        return sum(self.advances[self.glyphs[ord(c)]] if ord(c) in self.glyphs else 1000 for c in text) * size / 1000

    def has(self, char: str) -> bool:
        """Return True if the font can draw a letter."""
        return ord(char) in self.glyphs


@cache
def read_truetype(path: str) -> TrueType:
    """Read a TrueType file whose letters are in a cmap of format 4."""
    content = Path(path).read_bytes()
    tables = {}
    for i in range(struct.unpack_from(">H", content, 4)[0]):
        tag, _, offset, _ = struct.unpack_from(">4sIII", content, 12 + 16 * i)
        tables[tag.decode()] = offset
    em, *box = struct.unpack_from(">H16x4h", content, tables["head"] + 18)
    ascent, descent = struct.unpack_from(">hh", content, tables["hhea"] + 4)
    count = struct.unpack_from(">H", content, tables["hhea"] + 34)[0]
    widths = struct.unpack_from(">" + "Hh" * count, content, tables["hmtx"])[::2]
    known = struct.unpack_from(">H", content, tables["maxp"] + 4)[0]
    advances = [round(w * 1000 / em) for w in widths]
    advances += advances[-1:] * (known - count)
    scaled = [round(x * 1000 / em) for x in (*box, ascent, descent)]
    glyphs = _read_cmap(content, tables["cmap"])
    return TrueType(content, glyphs, tuple(advances), tuple(scaled[:4]), scaled[4], scaled[5])


def _read_cmap(content: bytes, start: int) -> dict[int, int]:
    for i in range(struct.unpack_from(">H", content, start + 2)[0]):
        at = start + struct.unpack_from(">4xI", content, start + 4 + 8 * i)[0]
        if struct.unpack_from(">H", content, at)[0] == _SEGMENTS:
            return _read_segments(content, at)
    raise ValueError("The font has no table of letters of format 4.")


def _read_segments(content: bytes, at: int) -> dict[int, int]:
    n = struct.unpack_from(">H", content, at + 6)[0] // 2
    ends, begins, deltas, offsets = (
        struct.unpack_from(f">{n}H", content, at + 14 + 2 * n * part + (2 if part else 0)) for part in range(4)
    )
    found = {}
    for i, (end, begin, delta, offset) in enumerate(zip(ends, begins, deltas, offsets, strict=True)):
        for code in range(begin, min(end, 0xFFFE) + 1):
            glyph = code
            if offset:  # counted from where it is written
                place = at + 16 + 6 * n + 2 * i + offset + 2 * (code - begin)
                glyph = struct.unpack_from(">H", content, place)[0]
            if glyph or not offset:
                found[code] = (glyph + delta) % 65536
    return found
