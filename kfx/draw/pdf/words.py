"""Put words on a page of a PDF: Latin, Greek and Cyrillic letters in the travelling font, others as images of them.

A font of another script may be tens of megabytes and of any format; the renderer of the PNGs reads them all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING

from kfx.draw.fonts.glyphs import foreign, render
from kfx.draw.fonts.travelling import font_files
from kfx.draw.fonts.truetype import TrueType, read_truetype
from kfx.draw.markup import svg_text
from kfx.draw.palette import WIDE_FONTS
from kfx.draw.pdf.document import PdfFile
from kfx.draw.text_width import text_width

if TYPE_CHECKING:
    from PIL import Image

_DOTS = 6  # of an image's pixels to a px: 576 to the inch
_SHEET, _BETWEEN = 1500, 2  # px of a sheet on which many images are rendered at once, and between two of them
_FIRST_CODE = 256  # of letters drawn as images: readers take low ones for control characters
_LEFT_OF = {"end": 1.0, "middle": 0.5}  # its anchor, in widths of a line


@dataclass(frozen=True)
class Look:
    """How a line is written.

    Attributes:
        size: Of the font, px.
        bold: In the bold font.
        anchor: ``"end"``, ``"middle"``, or anything else for the start.
        fill: Its colour as in CSS.
        paint: The same as red, green and blue from 0 to 1.
        halo: Operators that draw a wider ground behind the letters, ``""`` for none.
    """

    size: float
    bold: bool
    anchor: str
    fill: str
    paint: str
    halo: str = ""


_Piece = tuple[str, Look]


@dataclass
class Words:
    """Collects what is written on a page.

    Attributes:
        used: Letters by glyph, for the regular and the bold font.
        unseen: Codes by letter, of letters drawn as images.
        pieces: Names of the images by what they show.
    """

    used: tuple[dict[int, str], dict[int, str]] = field(default_factory=lambda: ({}, {}))
    unseen: dict[str, int] = field(default_factory=dict)
    pieces: dict[_Piece, str] = field(default_factory=dict)

    def write(self, text: str, x: float, y: float, look: Look) -> str:
        """Return the operators that write one line; ``x`` is its left end, middle or right end, as its anchor says."""
        if foreign(text):
            wide = text_width(text, look.size, bold=look.bold)
            return self._image(text, x - wide * _LEFT_OF.get(look.anchor, 0), y, wide, look)
        return self._letters(text, x - _fonts()[look.bold].width(text, look.size) * _LEFT_OF.get(look.anchor, 0), y, look)

    def _letters(self, text: str, x: float, y: float, look: Look) -> str:
        font, used = _fonts()[look.bold], self.used[look.bold]
        glyphs = [font.glyphs.get(ord(char), 0) for char in text]
        used.update(zip(glyphs, text, strict=True))
        code = "".join(f"{glyph:04X}" for glyph in glyphs)
        begin, end = f"BT /F{int(look.bold)} {look.size:g} Tf", f"1 0 0 -1 {x:.2f} {y:.2f} Tm <{code}> Tj ET"
        return "\n".join(f"{begin} {paint} {end}" for paint in (look.halo, f"{look.paint} rg 0 Tr") if paint)

    def _image(self, text: str, x: float, y: float, wide: float, look: Look) -> str:
        name = self.pieces.setdefault((text, look), f"I{len(self.pieces)}")
        codes = "".join(f"{self.unseen.setdefault(char, _FIRST_CODE + len(self.unseen)):04X}" for char in text)
        tall, scale = _tall(look), 100 * wide / (look.size * len(text))
        return (
            f"q {wide:.2f} 0 0 {-tall:.2f} {x:.2f} {y - look.size + tall:.2f} cm /{name} Do Q\n"
            f"BT /F2 {look.size:g} Tf 3 Tr {scale:.1f} Tz 1 0 0 -1 {x:.2f} {y:.2f} Tm <{codes}> Tj 0 Tr 100 Tz ET"
        )

    def resources(self, file: PdfFile) -> str:
        """Add fonts and images to a file; returns what a page says of them."""
        names = ("kfxSans-Regular", "kfxSans-Bold")
        fonts = [f"/F{i} {file.add_font(names[i], _fonts()[i], used)} 0 R" for i, used in enumerate(self.used) if used]
        if self.unseen:
            fonts.append(f"/F2 {file.add_unseen_font({code: char for char, code in self.unseen.items()})} 0 R")
        images = [f"/{name} {_add_image(file, image)} 0 R" for name, image in self._images()]
        return f"/Font <<{' '.join(fonts)}>> /XObject <<{' '.join(images)}>>"

    def _images(self) -> list[tuple[str, Image.Image]]:
        """Return the images by name, rendered a sheet at a time."""
        found, pieces = [], list(self.pieces.items())
        while pieces:
            tops: list[int] = []
            y = 0
            for (_, look), _ in pieces:
                if tops and y > _SHEET:
                    break
                tops.append(y)
                y += _tall(look) + _BETWEEN
            sheet, pieces = pieces[: len(tops)], pieces[len(tops) :]
            found += _sheet(sheet, tops, y)
        return found


def _tall(look: Look) -> int:
    return round(1.5 * look.size)


def _fonts() -> tuple[TrueType, ...]:
    return tuple(map(read_truetype, font_files()))


def _sheet(pieces: list[tuple[_Piece, str]], tops: list[int], tall: int) -> list[tuple[str, Image.Image]]:
    from PIL import Image

    wide = [text_width(text, look.size, bold=look.bold) for (text, look), _ in pieces]
    texts = "".join(
        f'<text x="{w * _LEFT_OF.get(look.anchor, 0):.2f}" y="{top + look.size:g}" font-size="{look.size:g}"'
        f' font-weight="{700 if look.bold else 400}" text-anchor="{look.anchor or "start"}" fill="{look.fill}">'
        f"{svg_text(text)}</text>"
        for ((text, look), _), top, w in zip(pieces, tops, wide, strict=True)
    )
    most = max(wide) + 2
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="{most:.2f}" height="{tall}">'
    svg += f"<style>text{{font-family:{WIDE_FONTS}}}</style>{texts}</svg>"
    sheet = Image.open(BytesIO(render(svg, round(most * _DOTS), None))).convert("RGBA")
    dots = sheet.width / most
    return [
        (name, sheet.crop((0, round(top * dots), round(w * dots), round((top + _tall(look)) * dots))))
        for ((_, look), name), top, w in zip(pieces, tops, wide, strict=True)
    ]


def _add_image(file: PdfFile, image: Image.Image) -> int:
    head = f"/Type /XObject /Subtype /Image /Width {image.width} /Height {image.height} /BitsPerComponent 8"
    mask = file.add_stream(image.getchannel("A").tobytes(), f"{head} /ColorSpace /DeviceGray")
    return file.add_stream(image.convert("RGB").tobytes(), f"{head} /ColorSpace /DeviceRGB /SMask {mask} 0 R")
