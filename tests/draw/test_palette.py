"""The palette is the one home of colours and glyphs: the style sheet, the scripts and the other faces hold true copies."""

import json
import re
from pathlib import Path

import pytest

import kfx
from kfx.draw.palette import ACCENT_GROUND, BAR, GLYPHS, LIGHT, MISTAKES, NOTHING, ON_BRIGHT, SHADES
from kfx.model.facts import FAMILIES

PACKAGE = Path(kfx.__file__).parent
SHEET = (PACKAGE / "web" / "kfx.css").read_text(encoding="utf-8")
LIGHT_SHEET = dict(re.findall(r"--kfx-([\w-]+): ([^;]+);", SHEET[: SHEET.index("}")]))
OWN_NAMES = {"badge": "bar-bg", "refused": None}  # what the style sheet calls it; None: it mixes the colour itself
FEW_ONLY = {"#1A7F37", "#8A5A00", "#4F8FD0", "#C9691A", "#FFFFFF", "#1E1E1E", "#FFF"}  # one face's own: bars, marks, grounds


@pytest.mark.parametrize(("name", "colour"), LIGHT.items())
def test_the_style_sheet_has_the_palettes_light_colour(name, colour):
    name = OWN_NAMES.get(name, name)
    if name is None:
        pytest.skip("drawn by the palette alone")
    plain = re.sub(r"var\(--jp-[\w-]+, (.*)\)", r"\1", LIGHT_SHEET[name])
    assert plain.upper() == colour.upper()


def test_the_style_sheet_has_the_palettes_shades():
    shades = {f"s{step}": shade for step, shade in enumerate(SHADES)}
    others = {"bar": BAR, "accent-bg": ACCENT_GROUND, "on-bright": ON_BRIGHT}
    assert {name: LIGHT_SHEET[name].upper() for name in shades | others} == shades | others


@pytest.mark.parametrize("sheet", sorted(PACKAGE.glob("views/**/*.css")), ids=lambda path: path.parent.name)
def test_a_views_style_sheet_takes_colours_from_the_shared_one(sheet):
    assert re.findall(r"#[0-9a-fA-F]{6}\b", sheet.read_text(encoding="utf-8")) == []


def test_no_script_and_no_static_face_has_a_colour_that_the_palette_lacks():
    own = {*LIGHT.values(), *SHADES, *MISTAKES, NOTHING, BAR, ACCENT_GROUND, ON_BRIGHT}
    known = {colour.upper() for colour in own} | FEW_ONLY
    faces = [*PACKAGE.glob("views/**/*.py"), *PACKAGE.glob("draw/**/*.py"), *PACKAGE.rglob("*.js")]
    colours = {
        (path.name, colour)
        for path in faces
        for colour in re.findall(r"#[0-9A-Fa-f]{6}\b", path.read_text(encoding="utf-8"))
        if path.name != "palette.py" and colour.upper() not in known
    }
    assert colours == set()


def test_every_family_has_a_glyph_and_a_colour():
    assert set(GLYPHS) == set(FAMILIES) | {"error"}
    assert set(GLYPHS) <= set(LIGHT)


def shapes(markup):
    """Return each shape of a glyph as ``(kind, geometry)``; kind g1 is filled, g2 a line, g3 a line in the ground's colour."""
    found = []
    for tag, kind, rest in re.findall(r'<(path|circle) class="(g\d)" ([^>]*)/>', markup):
        assert tag in ("path", "circle")
        found.append((kind, tuple(value for _, value in re.findall(r'(\w+)="([^"]*)"', rest))))
    return found


def circles_as_numbers(shape):
    """Return circles that were written as arcs (``M.3 2a1.7 1.7 0 1 0 3.4 0...``) as centre and radius."""
    kind, geometry = shape
    parts = re.findall(r"M([\d.]+) ([\d.]+)a([\d.]+) ", geometry[0]) if len(geometry) == 1 else []
    if not parts:
        return [(kind, geometry)]
    return [(kind, tuple(f"{n:g}" for n in (float(x) + float(r), float(y), float(r)))) for x, y, r in parts]


SCRIPT = (
    f"const families = {json.dumps(list(GLYPHS))};"
    + """
import "./page.mjs";
import { glyph } from "../../../kfx/web/ui.js";
const line = (part) => (part.getAttribute("stroke") === "var(--kfx-bg)" ? "g3" : "g2");
const kinds = (part) => (part.getAttribute("fill") === "none" ? line(part) : "g1");
const values = (part) => ["d", "cx", "cy", "r"].map((name) => part.getAttribute(name)).filter((value) => value !== null);
const found = families.map((family) => {
  return [family, glyph(family).children.map((part) => [kinds(part), values(part), part.getAttribute("stroke-width")])];
});
console.log(JSON.stringify(Object.fromEntries(found)));
"""
)


@pytest.fixture(scope="module")
def drawn(run_script):
    """The glyphs of ui.js as Node draws them."""
    return run_script(SCRIPT)


@pytest.mark.parametrize("family", GLYPHS)
def test_the_script_draws_the_palettes_glyph(drawn, family):
    ours = [one for shape in shapes(GLYPHS[family]) for one in circles_as_numbers(shape)]
    assert [(kind, tuple(values)) for kind, values, _ in drawn[family]] == ours
    assert {width for kind, _, width in drawn[family] if kind != "g1"} <= {"1.4"} | ({"1.6"} if family == "error" else set())
