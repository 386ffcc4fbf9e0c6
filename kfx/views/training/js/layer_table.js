// @ts-check
// A row for each layer in training: its gradient over time as a strip of colours, its newest update beside the weights, a word.
import { glyph, make, makeSvg } from "../../../web/ui.js";

/** A strip's digits as the stops of a gradient that follows the theme; `.` is nothing. @param {string} strip @returns {string} */
export function stripGround(strip) {
  const n = strip.length;
  if (!n) return "none";
  const stops = [...strip].map((cell, i) => {
    const colour = /[0-6]/.test(cell) ? `var(--kfx-s${cell})` : "transparent";
    return `${colour} ${((100 * i) / n).toFixed(2)}% ${((100 * (i + 1)) / n).toFixed(2)}%`;
  });
  return `linear-gradient(90deg,${stops.join(",")})`;
}

/** The table; `update` takes what `kfx.views.training.data.layers_data` says. */
export function layerTable() {
  const strip = make("th", { class: "kfx-wide", scope: "col" });
  const body = make("tbody");
  const rest = make("div", { class: "kfx-label" });
  const table = make("table", { class: "kfx-layers" },
    make("thead", {}, make("tr", {},
      make("th", { text: "Layer", scope: "col" }), strip, make("th", { class: "kfx-n", scope: "col" }, make("span", { class: "kfx-tight", text: "gradient " }), "now"),
      make("th", { class: "kfx-wide", text: "Update ÷ weight, band 1e-4 to 1e-2", scope: "col" }), make("th", { class: "kfx-n", scope: "col" }, make("span", { class: "kfx-tight", text: "update " }), "now"), make("th", { "aria-label": "Remark" }))),
    body);
  const node = make("div", { class: "kfx-layers-part" }, make("div", { class: "kfx-layers-scroll" }, table), rest);
  /** @type {{key: string, strip: any, gradient: any, dot: any, update: any, remark: any, node: any}[]} */
  let rows = [];

  /** @param {any} layer */
  function row(layer) {
    const bar = make("div", { class: "kfx-strip" });
    const dot = makeSvg("circle", { cy: 7, r: 3.6 });
    const band = makeSvg("svg", { width: 110, height: 14, viewBox: "0 0 110 14", "aria-hidden": "true" },
      makeSvg("rect", { x: 27.5, y: 3, width: 55, height: 8, class: "kfx-within" }), makeSvg("path", { d: "M0 7H110", class: "kfx-grid" }), dot);
    const gradient = make("td", { class: "kfx-n" }), update = make("td", { class: "kfx-n" }), remark = make("td", { class: "kfx-remark" });
    const made = make("tr", {},
      make("th", { scope: "row", class: "kfx-layer-name" }, make("span", { class: "kfx-named" }, glyph(layer.family), make("bdi", { text: layer.key }))),
      make("td", { class: "kfx-wide kfx-strip-cell" }, bar), gradient, make("td", { class: "kfx-wide" }, band), update, remark);
    return { key: layer.key, strip: bar, gradient, dot, update, remark, node: made };
  }

  return {
    node,
    /** @param {any} data */
    update(data) {
      node.hidden = !data || !data.rows || !data.rows.length;
      if (node.hidden) return;
      const scale = data.legend.length ? `, ${data.legend[0]} to ${data.legend[1]}, log colour` : "";
      strip.textContent = `${data.title} over time${scale}`;
      if (rows.length !== data.rows.length || rows.some((one, i) => one.key !== data.rows[i].key)) {
        rows = data.rows.map(row);
        body.replaceChildren(...rows.map((one) => one.node));
      }
      data.rows.forEach((/** @type {any} */ layer, /** @type {number} */ i) => {
        const one = rows[i];
        one.node.title = `${layer.type}: ${layer.more}`;
        one.strip.style.background = stripGround(layer.strip);
        one.gradient.textContent = layer.gradient;
        one.update.textContent = layer.update;
        one.dot.setAttribute("visibility", layer.place === null ? "hidden" : "visible");
        if (layer.place !== null) one.dot.setAttribute("cx", String(3 + 104 * layer.place));
        one.dot.setAttribute("class", layer.remark ? "kfx-dot kfx-val" : "kfx-dot kfx-train");
        one.remark.textContent = layer.remark ? `▲ ${layer.remark}` : "";
      });
      rest.textContent = data.left ? `and ${data.left.toLocaleString("en")} more layers` : "";
    },
  };
}
