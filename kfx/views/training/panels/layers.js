// @ts-check
// A row for each layer in training: its gradient over time as a strip of colours, its update, a remark.
import { glyph, make, makeSvg } from "../../../web/ui.js";

/**
 * The data from `panels/layers.py`.
 * @typedef {{key: string, type: string, family: string, strip: string, gradient: string, update: string,
 *   place: number|null, remark: string, more: string}} LayerRow
 * @typedef {{title?: string, legend: string[], rows?: LayerRow[], left?: number}} LayersData
 */

/**
 * A strip's digits as the stops of a gradient that follows the theme; `.` is nothing.
 * @param {string} strip @returns {string}
 */
export function stripGround(strip) {
  const n = strip.length;
  if (!n) return "none";
  const stops = [...strip].map((cell, i) => {
    const colour = /[0-6]/.test(cell) ? `var(--kfx-s${cell})` : "transparent";
    return `${colour} ${((100 * i) / n).toFixed(2)}% ${((100 * (i + 1)) / n).toFixed(2)}%`;
  });
  return `linear-gradient(90deg,${stops.join(",")})`;
}

/** The table of layers. */
export function layersPanel() {
  const strip = make("th", { class: "kfx-wide", scope: "col" });
  const body = make("tbody");
  const rest = make("div", { class: "kfx-label" });
  const table = make("table", { class: "kfx-layers" }, make("thead", {}, layerHeads(strip)), body);
  const node = make("div", { class: "kfx-layers-part" }, make("div", { class: "kfx-layers-scroll" }, table), rest);
  /** @type {ReturnType<typeof layerRow>[]} */
  let rows = [];
  return {
    node,
    /** @param {LayersData} data */
    update({ rows: layers = [], title, legend, left }) {
      node.hidden = !layers.length;
      if (node.hidden) return;
      strip.textContent = `${title} over time${legend.length ? `, ${legend[0]} to ${legend[1]}, log colour` : ""}`;
      if (rows.length !== layers.length || rows.some((one, i) => one.key !== layers[i].key)) {
        rows = layers.map(layerRow);
        body.replaceChildren(...rows.map((one) => one.node));
      }
      layers.forEach((layer, i) => rows[i].update(layer));
      rest.textContent = left ? `and ${left.toLocaleString("en")} more layers` : "";
    },
  };
}

/** The heads of the columns; narrow views show the short ones. @param {HTMLElement} strip */
function layerHeads(strip) {
  const now = (/** @type {string} */ text) =>
    make("th", { class: "kfx-n", scope: "col" }, make("span", { class: "kfx-tight", text }), "now");
  return make("tr", {},
    make("th", { text: "Layer", scope: "col" }), strip, now("gradient "),
    make("th", { class: "kfx-wide", text: "Update ÷ weight, band 1e-4 to 1e-2", scope: "col" }), now("update "),
    make("th", { "aria-label": "Remark" }));
}

/** One row. @param {LayerRow} layer */
function layerRow({ key, family }) {
  const bar = make("div", { class: "kfx-strip" });
  const dot = makeSvg("circle", { cy: 7, r: 3.6 });
  const band = makeSvg("svg", { width: 110, height: 14, viewBox: "0 0 110 14", "aria-hidden": "true" },
    makeSvg("rect", { x: 27.5, y: 3, width: 55, height: 8, class: "kfx-within" }),
    makeSvg("path", { d: "M0 7H110", class: "kfx-grid" }), dot);
  const gradient = make("td", { class: "kfx-n" }), update = make("td", { class: "kfx-n" });
  const remark = make("td", { class: "kfx-remark" });
  const named = make("span", { class: "kfx-named" }, glyph(family), make("bdi", { text: key }));
  const node = make("tr", {},
    make("th", { scope: "row", class: "kfx-layer-name" }, named), make("td", { class: "kfx-wide kfx-strip-cell" }, bar),
    gradient, make("td", { class: "kfx-wide" }, band), update, remark);
  return {
    key,
    node,
    /** @param {LayerRow} layer */
    update(layer) {
      node.title = `${layer.type}: ${layer.more}`;
      bar.style.background = stripGround(layer.strip);
      gradient.textContent = layer.gradient;
      update.textContent = layer.update;
      dot.setAttribute("visibility", layer.place === null ? "hidden" : "visible");
      if (layer.place !== null) dot.setAttribute("cx", String(3 + 104 * layer.place));
      dot.setAttribute("class", layer.remark ? "kfx-dot kfx-val" : "kfx-dot kfx-train");
      remark.textContent = layer.remark ? `▲ ${layer.remark}` : "";
    },
  };
}
