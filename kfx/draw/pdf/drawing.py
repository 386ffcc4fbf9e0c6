"""A drawing as a PDF of one page: every shape and word of its SVG at its place, with the fonts inside."""

from __future__ import annotations

import re
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from kfx.draw.fonts.glyphs import warn_of_missing
from kfx.draw.pdf.css import Style, StyleSheet, names
from kfx.draw.pdf.document import PdfFile
from kfx.draw.pdf.shapes import shape_path
from kfx.draw.pdf.words import Look, Words

_POINTS = 0.75  # of 1/72 inch, in a px of 1/96 inch
_MOST = 14_400  # points of a page's side, as most readers show them
_BOLD = 600
_WORDS = {"black": "#000", "white": "#fff"}


def pdf(svg: str) -> bytes:
    """Return a drawing that brings its own colours as PDF. Where no font of the machine has a letter, one sentence says so."""
    root = ElementTree.fromstring(svg)
    left, top, width, height = map(float, root.get("viewBox", "").split())
    sheet = StyleSheet("".join(node.text or "" for node in root.iter() if node.tag.endswith("}style")))
    page = _Page(sheet)
    page.draw(root, [], {})
    warn_of_missing([text for node in root.iter() if node.tag.endswith("}text") for text in node.itertext()])
    k = min(_POINTS, _MOST / max(width, height))
    start = f"{k:.5f} 0 0 {-k:.5f} {-k * left:.3f} {k * (height + top):.3f} cm"
    file = PdfFile()
    content = "\n".join([start, *page.out]).encode("latin-1")
    resources = page.words.resources(file) + page.seen_through(file)
    return file.write(content, width * k, height * k, resources, root.get("aria-label", ""))


class _Page:
    def __init__(self, sheet: StyleSheet):
        self._sheet = sheet
        self.words = Words()
        self.out: list[str] = []
        self._opacities: dict[str, str] = {}

    def seen_through(self, file: PdfFile) -> str:
        states = [f"/{name} {file.add(f'<</ca {value} /CA {value}>>')} 0 R" for value, name in self._opacities.items()]
        return f" /ExtGState <<{' '.join(states)}>>" if states else ""

    def draw(self, element: Element, around: list[set[str]], inherited: Style) -> None:
        """Add an element and all that is in it."""
        tag = element.tag.rpartition("}")[2]
        if tag in ("style", "title", "desc", "defs", "mask", "clipPath"):
            return
        around = [*around, names(element)]
        style = self._sheet.style(element, around, inherited)
        if style.get("display") == "none":
            return
        opened = len(self.out)
        if element.get("transform"):
            self.out += [f"{matrix} cm" for matrix in map(_matrix, re.findall(r"\w+\([^)]*\)", element.get("transform", "")))]
        if float(style.get("opacity", 1)) < 1:
            self.out.append(f"/{self._opacities.setdefault(style['opacity'], f'G{len(self._opacities)}')} gs")
        framed = len(self.out) > opened
        if framed:
            self.out.insert(opened, "q")
        if tag == "text":
            self._write(element, style)
        else:
            self._shape(element, style)
            for inner in element:
                self.draw(inner, around, style)
        if framed:
            self.out.append("Q")

    def _shape(self, element: Element, style: Style) -> None:
        path = shape_path(element)
        fill, stroke = _colour(style.get("fill", "black")), _colour(style.get("stroke", "none"))
        if not path or not (fill or stroke):
            return
        paint = f"{fill} rg " if fill else ""
        if stroke:
            dashes = " ".join(re.findall(r"[\d.]+", style.get("stroke-dasharray", "")))
            ends = f"{1 if style.get('stroke-linecap') == 'round' else 0} J [{dashes}] 0 d"
            paint += f"{stroke} RG {float(style.get('stroke-width', '1').removesuffix('px')):g} w {ends} "
        self.out.append(f"{paint}{path} {'B' if fill and stroke else 'f' if fill else 'S'}")

    def _write(self, element: Element, style: Style) -> None:
        text = "".join(element.itertext())
        size = float(style.get("font-size", "11").removesuffix("px"))
        weight = style.get("font-weight", "400").replace("bold", "700").replace("normal", "400")
        stroke = _colour(style.get("stroke", "none"))
        look = Look(
            size,
            int(weight) >= _BOLD,
            style.get("text-anchor", ""),
            style.get("fill", "black"),
            _colour(style.get("fill", "black")) or "0 0 0",
            f"{stroke} RG {stroke} rg {float(style.get('stroke-width', '1').removesuffix('px')):g} w 1 j 2 Tr"
            if stroke
            else "",
        )
        self.out.append(self.words.write(text, float(element.get("x", 0)), float(element.get("y", 0)), look))


def _matrix(transform: str) -> str:
    kind, _, given = transform.partition("(")
    numbers = [float(n) for n in re.findall(r"-?[\d.]+(?:e-?\d+)?", given)]
    if kind == "matrix":
        return " ".join(f"{n:g}" for n in numbers)
    if kind == "scale":
        return f"{numbers[0]:g} 0 0 {numbers[-1]:g} 0 0"
    if kind == "rotate":
        from math import cos, radians, sin

        c, s = cos(radians(numbers[0])), sin(radians(numbers[0]))
        x, y = numbers[1:3] if len(numbers) > 2 else (0.0, 0.0)
        return f"{c:.5f} {s:.5f} {-s:.5f} {c:.5f} {x - c * x + s * y:.3f} {y - s * x - c * y:.3f}"
    return f"1 0 0 1 {numbers[0]:g} {numbers[1] if len(numbers) > 1 else 0:g}"


def _colour(css: str) -> str:
    """Return red, green and blue from 0 to 1; ``""`` for none."""
    css = _WORDS.get(css, css)
    if not css.startswith("#"):
        return ""
    digits = css[1:] if len(css) > 4 else "".join(2 * digit for digit in css[1:])
    return " ".join(f"{int(digits[i : i + 2], 16) / 255:.3f}" for i in (0, 2, 4))
