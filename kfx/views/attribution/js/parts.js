// @ts-check
// One input of the example in its form, with a map a method: a picture, words, columns or lines.
import { make, makeSvg } from "../../../web/ui.js";
import { arrayOf, fillPixels, rampOf } from "../../inspector/js/values.js";
import { linePath, wordInk } from "./shapes.js";

/**
 * The nodes of one part; what is shown of it at the left, and its maps.
 * @param {any} view @param {any} part @param {DataView[]} buffers taken from the front @param {boolean} named
 * @param {string} kind `logit` or `value`
 */
export function partNode(view, part, buffers, named, kind) {
  const draw = { picture: pictureMaps, tokens: wordMaps, table: columnMaps, series: seriesMaps };
  const { input, maps } = draw[/** @type {keyof typeof draw} */ (part.form)](view, part, buffers, kind);
  const name = make("div", { class: "kfx-attribution-h" }, make("bdi", { text: part.name }));
  const head = named && part.form !== "table" ? name : null;
  return { input, maps: make("div", { class: `kfx-attribution-part kfx-attribution-${part.form}` }, head, ...maps) };
}

/** @param {string} title @param {(Node|null)[]} body @param {string} note */
function panel(title, body, note) {
  const head = make("div", { class: "kfx-attribution-h", text: title });
  return make("div", { class: "kfx-attribution-panel" }, head, ...body, make("p", { class: "kfx-label", text: note }));
}

/** @param {any} view @param {any} one a map's facts */
function legend(view, one) {
  if (!one.signed && !one.ends) return null;
  const half = !one.signed && one.half; // the blue half of the ramp around zero
  const around = one.signed || half;
  const bar = make("canvas", { class: "kfx-attribution-ramp", width: half ? 128 : 255, height: 1 });
  paint(bar, (i) => (half ? 127 + i : i), rampOf(view.ramps, around, around && view.dark));
  const [low, high] = one.ends ?? ["against", "for"];
  const cut = one.clipped ? "; ends cut at 99.5 %" : "";
  return make("div", { class: "kfx-attribution-legend kfx-label" }, low, bar, `${high}${cut}`);
}

/** @param {HTMLCanvasElement} canvas @param {(i: number) => number} level @param {Uint8Array} ramp */
function paint(canvas, level, ramp) {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = context.createImageData(canvas.width, canvas.height);
  fillPixels(image.data, level, ramp);
  context.putImageData(image, 0, 0);
}

/** @param {any} view @param {any} part @param {DataView[]} buffers */
function pictureMaps(view, part, buffers) {
  const photo = part.picture ? arrayOf(/** @type {DataView} */ (buffers.shift()), "u1") : null;
  const input = photo ? [panel(part.name, [photograph(part.picture, photo, false)], "")] : [];
  input.forEach((node) => node.classList.add("kfx-attribution-input"));
  const panels = part.maps.map((/** @type {any} */ one) => {
    const own = arrayOf(/** @type {DataView} */ (buffers.shift()), "u1");
    const label = `${one.title}: ${one.where}`;
    const canvas = make("canvas", { width: one.columns, height: one.rows, role: "img", "aria-label": label });
    const over = photo && !one.signed;
    paint(canvas, (i) => own[i], rampOf(view.ramps, one.signed, one.signed && view.dark));
    if (!over) return panel(one.title, [framed(canvas), legend(view, one)], one.note);
    cover(canvas, own);
    canvas.classList.add("kfx-attribution-over");
    return panel(one.title, [framed(photograph(part.picture, photo, true), canvas), slider(view)], one.note);
  });
  return { input, maps: panels };
}

/**
 * Let a map's small values show the photograph beneath.
 * @param {HTMLCanvasElement} canvas @param {Uint8Array} levels
 */
function cover(canvas, levels) {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = context.getImageData(0, 0, canvas.width, canvas.height);
  for (let i = 0; i < levels.length; i++) {
    const share = levels[i] === 255 ? 0 : levels[i] / 254;
    image.data[4 * i + 3] = share > 0 ? Math.round(255 * Math.min(1, 0.25 + share)) : 0;
  }
  context.putImageData(image, 0, 0);
}

/** @param {...Node} nodes */
function framed(...nodes) {
  return make("div", { class: "kfx-attribution-frame" }, ...nodes);
}

/** @param {{rows: number, columns: number}} size @param {Uint8Array} rgb @param {boolean} grey */
function photograph({ rows, columns }, rgb, grey) {
  const label = grey ? { "aria-hidden": "true" } : { role: "img", "aria-label": "the input" };
  const canvas = make("canvas", { width: columns, height: rows, ...label });
  const context = canvas.getContext("2d");
  const image = context.createImageData(columns, rows);
  for (let i = 0; i < rows * columns; i++) {
    const [r, g, b] = [rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2]];
    const light = 0.299 * r + 0.587 * g + 0.114 * b;
    image.data.set(grey ? [light, light, light, 255] : [r, g, b, 255], 4 * i);
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

/** @param {any} view */
function slider(view) {
  const input = (/** @type {Event} */ event) => view.setOpacity(Number(/** @type {any} */ (event.target).value));
  const label = { "aria-label": "Opacity of the map, percent" };
  const range = make("input", { type: "range", min: 0, max: 100, ...label, on: { input } });
  range.value = String(view.opacity);
  const words = make("span", { class: "kfx-attribution-percent", text: `${view.opacity} %` });
  return make("div", { class: "kfx-attribution-slider kfx-label" }, "opacity", range, words);
}

/** @param {any} view @param {any} part */
function wordMaps(view, part) {
  const maps = part.maps.map((/** @type {any} */ one) => {
    const ramp = rampOf(view.ramps, true, view.dark);
    const words = one.words.map((/** @type {[string, string, number]} */ [word, share, level]) => {
      const [r, g, b] = ramp.subarray(3 * level, 3 * level + 3);
      const chip = make("bdi", { class: "kfx-attribution-chip", text: word });
      chip.style.background = `rgb(${r},${g},${b})`;
      chip.style.color = wordInk(r, g, b);
      return make("span", { class: "kfx-attribution-word" }, chip, make("small", { text: share }));
    });
    const more = one.more ? make("span", { class: "kfx-label", text: `and ${one.more} more words` }) : null;
    const line = make("div", { class: "kfx-attribution-words" }, ...words, more);
    return panel(one.title, [legend(view, one), line], one.note);
  });
  return { input: [], maps };
}

/** @param {any} view @param {any} part @param {DataView[]} buffers @param {string} kind */
function columnMaps(view, part, buffers, kind) {
  const maps = part.maps.map((/** @type {any} */ one) => {
    const rows = one.entries.map((/** @type {[string, string, string, number]} */ [name, value, share, part_]) => {
      const bar = make("span", { class: `kfx-attribution-signed${part_ < 0 ? " below" : ""}`, "aria-hidden": "true" });
      bar.style.setProperty("--kfx-share", `${50 * Math.abs(part_)}%`);
      const number = make("td", { class: "kfx-n", text: share });
      const own = make("td", { class: "kfx-n kfx-dim", text: value });
      const head = make("th", { scope: "row" }, make("bdi", { text: name }));
      return make("tr", {}, head, own, make("td", {}, bar), number);
    });
    const share = one.method === "occlusion" ? `What the ${kind} loses` : `Share of the ${kind}`;
    const heads = ["Column", "Value", share].map((text) => make("th", { scope: "col", text }));
    const thead = make("thead", {}, make("tr", {}, ...heads, make("td", {})));
    const look = { class: "kfx-attribution-table kfx-attribution-bars" };
    const table = make("table", look, thead, make("tbody", {}, ...rows));
    return panel(one.title, [table], `${one.note} · orange against, blue for`);
  });
  return { input: [], maps };
}

/** @param {any} view @param {any} part @param {DataView[]} buffers */
function seriesMaps(view, part, buffers) {
  const values = arrayOf(/** @type {DataView} */ (buffers.shift()), "f4");
  const maps = part.maps.map((/** @type {any} */ one) => {
    const levels = arrayOf(/** @type {DataView} */ (buffers.shift()), "u1");
    const ramp = rampOf(view.ramps, true, view.dark);
    const lines = part.lines.map((/** @type {string} */ name, /** @type {number} */ n) => {
      const row = one.rows > 1 ? n : 0;
      const band = make("canvas", { width: one.columns, height: 1, class: "kfx-attribution-band" });
      paint(band, (i) => levels[row * one.columns + i], ramp);
      const d = linePath(values.subarray(n * part.steps, (n + 1) * part.steps));
      const line = makeSvg("path", { d, "vector-effect": "non-scaling-stroke" });
      const box = { viewBox: "0 0 1000 100", preserveAspectRatio: "none", role: "img", "aria-label": name };
      const svg = makeSvg("svg", box, line);
      return make("div", { class: "kfx-attribution-line" }, make("bdi", { text: name }), framed(band, svg));
    });
    const rest = part.all > part.lines.length ? ` · the first ${part.lines.length} of ${part.all} variables` : "";
    const box = make("div", { class: "kfx-attribution-lines" }, ...lines);
    return panel(one.title, [box, legend(view, one)], `${one.note} · ${part.steps} steps${rest}`);
  });
  return { input: [], maps };
}
