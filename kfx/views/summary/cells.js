// @ts-check
// The columns of the summary's table: what stands in each cell, and which column gives way where the view is narrow.
import { make, glyph } from "../../web/ui.js";

/**
 * @typedef {{id: string, head: string, cell: (call: any, tools: any) => Node|string, number?: boolean, yields?: string}} Column
 * `yields` names the class that gives the column up where the view is narrow.
 */

/** Columns by id, in the order in which they stand. @type {Column[]} */
export const COLUMNS = [
  { id: "label", head: "Layer", cell: nameCell },
  { id: "type", head: "Type", cell: typeCell },
  { id: "settings", head: "Settings", cell: (call) => nameOf(call.settings), yields: "kfx-yields-1" },
  { id: "shape", head: "Output", cell: (call) => nameOf(call.shape), number: true },
  { id: "params", head: "Parameters", cell: paramsCell, number: true },
  { id: "flops", head: "FLOPs", cell: (call) => call.flopsText, number: true, yields: "kfx-yields-2" },
  { id: "memory", head: "Memory", cell: (call) => call.memoryText, number: true, yields: "kfx-yields-4" },
  { id: "connected", head: "Connected to", cell: (call) => nameOf(call.connected), yields: "kfx-yields-3" },
  { id: "trains", head: "Trainable", cell: (call) => call.trains || "–" },
];

/** Text as it is; only a long one needs a box of its own to wrap in, and each box costs layout. @param {string} text */
function nameOf(text) {
  const box = text.length <= 34 ? null : text.length > 100 ? "kfx-long kfx-clamp" : "kfx-long";
  return make("bdi", { class: box }, ...breakable(text));
}

/** Where a name or type may be cut in a narrow column: after an underscore or a slash, before a capital. @param {string} text */
function breakable(text) {
  if (text.length <= 14 || text.length > 100) return [text];
  const parts = text.replace(/[_/]|(?:[a-z]|\dD)(?=[A-Z])/g, "$&\n").split("\n").filter(Boolean); // a label holds no line end
  return parts.flatMap((part, i) => (i ? [make("wbr"), part] : [part]));
}

/** @param {any} call @param {{level: number, isContainer: boolean, fold: () => void}} tools */
function nameCell(call, { isContainer, fold }) {
  const name = nameOf(call.label);
  if (!isContainer) return name;
  const press = (/** @type {Event} */ event) => {
    event.stopPropagation();
    fold();
  };
  return make("span", {}, make("button", { type: "button", class: "kfx-twist", tabindex: -1, on: { click: press } }), name);
}

/** @param {any} call */
function typeCell(call) {
  return make("span", { class: call.type.length > 34 ? "kfx-long" : null }, glyph(call.family), ...breakable(call.type));
}

/** @param {any} call */
function paramsCell(call) {
  if (!call.params) return make("span", { class: "kfx-barless", text: call.paramsText });
  const bar = make("span", { class: "kfx-bar", title: call.shareText });
  bar.style.setProperty("--kfx-share", `${Math.max(2, call.share * 100).toFixed(1)}%`);
  return make("span", {}, call.paramsText, bar);
}

/**
 * A row without height that holds each column's longest text, so that the columns do not move when further rows come.
 * @param {Column[]} columns @param {any[]} calls
 */
export function widest(columns, calls) {
  const words = { params: "paramsText", flops: "flopsText", memory: "memoryText" };
  const cells = columns.map(({ id, number, yields }) => {
    const said = calls.map((call) => String(call[words[/** @type {keyof typeof words} */ (id)] ?? id] ?? ""));
    const longest = said.reduce((a, b) => (b.length > a.length ? b : a), "").slice(0, 34);
    return make("td", { class: [`kfx-c-${id}`, number ? "kfx-n" : "", yields ?? ""].join(" ").trim() }, make("div", { text: longest }));
  });
  return make("tr", { class: "kfx-widest", "aria-hidden": "true" }, ...cells);
}

/** Zeros and what is said again in a quieter ink. @param {any} call @param {string} id */
export function isQuiet(call, id) {
  if (id === "settings" || id === "connected") return true;
  return (id === "params" || id === "flops" || id === "memory") && call[id] === 0;
}
