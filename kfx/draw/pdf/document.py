"""Write the objects of a PDF file: pages are streams of operators, letters are numbers of a font's glyphs.

The format is ISO 32000-1; section 9.7 describes composite fonts, 9.10.3 how a reader finds the letters of glyphs.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping

from kfx.draw.fonts.truetype import TrueType


class PdfFile:
    """Collects objects and writes the file; object 1 is the catalogue, 2 the list of pages."""

    def __init__(self) -> None:
        self._objects: list[bytes] = [b"<</Type /Catalog /Pages 2 0 R>>", b""]

    def add(self, content: str) -> int:
        """Add an object; returns its number."""
        self._objects.append(content.encode("latin-1"))
        return len(self._objects)

    def add_stream(self, content: bytes, about: str = "") -> int:
        """Add a compressed stream with the entries ``about`` it; returns its number."""
        packed = zlib.compress(content, 9)
        head = f"<<{about} /Filter /FlateDecode /Length {len(packed)}>>\nstream\n".encode("latin-1")
        self._objects.append(head + packed + b"\nendstream")
        return len(self._objects)

    def add_font(self, name: str, font: TrueType, used: Mapping[int, str]) -> int:
        """Add a font that is inside the file.

        Args:
            name: The font's PostScript name.
            font: The font.
            used: Letters by their glyphs, for readers that search and copy.
        """
        file = self.add_stream(font.content, f"/Length1 {len(font.content)}")
        box = " ".join(map(str, font.box))
        about = self.add(
            f"<</Type /FontDescriptor /FontName /{name} /Flags 32 /FontBBox [{box}] /ItalicAngle 0 /Ascent {font.ascent}"
            f" /Descent {font.descent} /CapHeight 716 /StemV 80 /FontFile2 {file} 0 R>>"
        )
        widths = " ".join(f"{glyph} [{font.advances[glyph]}]" for glyph in sorted(used))
        inner = self.add(f"{_cid_font(name)} /FontDescriptor {about} 0 R /W [{widths}] /CIDToGIDMap /Identity>>")
        return self._composite(name, inner, used)

    def add_unseen_font(self, used: Mapping[int, str]) -> int:
        """Add a font without glyphs, for words that are drawn as an image: they can be searched and copied all the same."""
        inner = self.add(f"{_cid_font('kfxUnseen')} /DW 1000 /FontDescriptor {self.add(_UNSEEN)} 0 R /CIDToGIDMap /Identity>>")
        return self._composite("kfxUnseen", inner, used)

    def _composite(self, name: str, inner: int, used: Mapping[int, str]) -> int:
        to_letters = self.add_stream(_letters(used))
        return self.add(
            f"<</Type /Font /Subtype /Type0 /BaseFont /{name} /Encoding /Identity-H /DescendantFonts [{inner} 0 R]"
            f" /ToUnicode {to_letters} 0 R>>"
        )

    def write(self, content: bytes, width: float, height: float, resources: str, title: str) -> bytes:
        """Return the file with one page.

        Args:
            content: The page's operators.
            width: In points of 1/72 inch.
            height: In points.
            resources: Dictionary entries: fonts, images.
            title: Of the document.
        """
        page = self.add(
            f"<</Type /Page /Parent 2 0 R /MediaBox [0 0 {width:g} {height:g}] /Contents {self.add_stream(content)} 0 R"
            f" /Resources <<{resources}>>>>"
        )
        self._objects[1] = f"<</Type /Pages /Kids [{page} 0 R] /Count 1>>".encode()
        named = f"\ufeff{title}".encode("utf-16-be", "replace").hex()
        info = self.add(f"<</Title <{named}> /Producer (kfx)>>")
        out = bytearray(b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n")
        places = []
        for number, one in enumerate(self._objects, 1):
            places.append(len(out))
            out += b"%d 0 obj\n%b\nendobj\n" % (number, one)
        start = len(out)
        out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
        out += b"".join(b"%010d 00000 n \n" % place for place in places)
        out += b"trailer\n<</Size %d /Root 1 0 R /Info %d 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(places) + 1, info, start)
        return bytes(out)


_UNSEEN = (
    "<</Type /FontDescriptor /FontName /kfxUnseen /Flags 4 /FontBBox [0 -200 1000 900] /ItalicAngle 0 /Ascent 900"
    " /Descent -200 /CapHeight 700 /StemV 80>>"
)


def _cid_font(name: str) -> str:
    system = "/CIDSystemInfo <</Registry (Adobe) /Ordering (Identity) /Supplement 0>>"
    return f"<</Type /Font /Subtype /CIDFontType2 /BaseFont /{name} {system}"


def _letters(used: Mapping[int, str]) -> bytes:
    rows = [f"<{code:04X}> <{char.encode('utf-16-be', 'replace').hex().upper()}>" for code, char in sorted(used.items())]
    blocks = [rows[i : i + 100] for i in range(0, len(rows), 100)]
    body = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CMapName /kfx def\n/CMapType 2 def\n"
        f"1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n{body}\nendcmap\nend\nend"
    ).encode()
