"""Measure in a browser whether the words of a drawing stay in their boxes and apart, with any font."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from kfx.draw.fonts.travelling import font_files
from kfx.web.bundle import script, style

GRAPH = Path(__file__).parents[2] / "kfx" / "views" / "graph" / "widget.py"
ARIAL = "Arial metrics"  # the travelling font: as wide as Arial, Helvetica and Liberation Sans

# Words outside their box, and words over others, of the drawing's own px; `within`: the element around the drawing.
MEASURED = """within => {
  const said = [], texts = [];
  const svg = within.querySelector("svg.kfx-canvas, svg.kfx-graph");
  const shown = (node) => node.getClientRects().length && getComputedStyle(node).display !== "none";
  for (const text of svg.querySelectorAll("text")) {
    const box = text.getBoundingClientRect();
    if (!shown(text) || !box.width) continue;
    texts.push([text, box]);
    const group = text.closest(".kn, [data-t]");
    const isEnd = text.matches(".ks"); // an output's size stands after its box: over no other, and in a file within the picture
    if (!group || text.matches(".ms, .kv") || (isEnd && !svg.matches(".kfx-graph"))) continue;
    const inBox = group.matches(".kn");
    const rect = inBox ? [...group.querySelectorAll("rect.b")].at(-1) : svg.querySelector(`[data-f="${group.dataset.t}"] .kg`);
    const around = (isEnd ? svg : rect).getBoundingClientRect();
    const out = Math.max(around.left - box.left, box.right - around.right, around.top - box.top, box.bottom - around.bottom);
    if (out > 0.5) said.push(`outside by ${out.toFixed(1)}: ${text.textContent}`);
  }
  const along = (p, q, from, to) => Math.min(p[to], q[to]) - Math.max(p[from], q[from]);
  const shared = (p, q) => [along(p, q, "left", "right"), along(p, q, "top", "bottom")];
  const tell = (a, over, by) => said.push(`${a.textContent} over ${over} by ${by.map((px) => px.toFixed(1)).join(" × ")}`);
  texts.forEach(([a, p], i) => texts.slice(i + 1).forEach(([b, q]) => {
    const by = shared(p, q);
    if (by[0] > 0.5 && by[1] > 0.5) tell(a, b.textContent, by);
  }));
  const boxes = [...svg.querySelectorAll(".kn rect.b")].map((rect) => rect.getBoundingClientRect());
  for (const [text, box] of texts.filter(([text]) => text.matches(".kl, .kv, .ko, .ks"))) {
    const by = boxes.map((other) => shared(box, other)).find(([wide, tall]) => wide > 1 && tall > 3.5);
    if (by) tell(text, "a box", by);
  }
  return {said, texts: texts.length, font: getComputedStyle(svg.querySelector("text")).fontFamily};
}"""

_PAINTED = """async () => {
  await document.fonts.ready;
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""
_MOUNT = """async ([source, facts]) => {
  const url = URL.createObjectURL(new Blob([source], {type: "text/javascript"}));
  const widget = (await import(url)).default;
  const heard = {};
  const model = {
    get: (name) => facts[name], set: (name, value) => { facts[name] = value; }, save_changes: () => {}, send: () => {},
    on: (name, listener) => { (heard[name] ??= []).push(listener); }, off: () => {},
  };
  const el = document.createElement("div");
  await widget.render({model, el}); // as a notebook does: it comes into the page afterwards
  document.getElementById("place").replaceChildren(el);
}"""


def font_rule(family: str, file: str) -> str:
    content = base64.b64encode(Path(file).read_bytes()).decode()
    return f"@font-face{{font-family:'{family}';src:url(data:font/ttf;base64,{content})}}"


def show_live(page: Page, traits: Mapping[str, Any], family: str) -> dict[str, Any]:
    """Show a live drawing in a page of its own whose only font for words is ``family``; returns what was measured."""
    rules = font_rule(ARIAL, font_files()[0]) if family == ARIAL else ""
    rules += style(str(GRAPH)) + f".kfx .kfx-canvas text{{font-family:'{family}',sans-serif!important}}"
    page.set_content(f"<!doctype html><style>{rules}</style><div id=place style='width:960px'></div>")
    page.evaluate(_MOUNT, [script(str(GRAPH)), json.loads(json.dumps(dict(traits), default=str))])
    page.evaluate(_PAINTED)
    return page.evaluate(MEASURED, page.query_selector("#place"))


def show_file(page: Page, svg: str, family: str = "") -> dict[str, Any]:
    """Show a saved drawing; with a ``family`` its own font is not there and this one is taken."""
    if family:
        svg = svg.replace("@font-face{", "@font-face{x:").replace("'kfx Sans'", f"'{family}'")
    rules = font_rule(ARIAL, font_files()[0]) if family == ARIAL else ""
    page.set_content(f"<!doctype html><style>{rules}</style><div id=place>{svg}</div>")
    page.evaluate(
        "() => document.fonts.ready.then(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))))"
    )
    return page.evaluate(MEASURED, page.query_selector("#place"))
