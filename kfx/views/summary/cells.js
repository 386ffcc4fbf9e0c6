// @ts-check
// The cells of the summary's table, its head and its foot. Which columns there are comes with the data.
import { make, glyph } from "../../web/ui.js";

/**
 * A column as `kfx.views.payload` describes it.
 * @typedef {{id: string, head: string, text: string, sorts: string, kind: string, right: boolean, small: boolean,
 *   optional: boolean, hides: number, quiet: string}} Column
 * `text` and `sorts` name the fields of a call that hold the cell's text and what rows are sorted by; `hides` is the
 * step of width at which the column gives way; `quiet` is "always", "zero", "again" (as in the row above) or "".
 * @typedef {{isContainer: boolean, fold: () => void}} Tools what the cell of a layer's name needs to fold it
 */

/** A function for each kind of cell. @type {Record<string, (text: string, call: any, tools: Tools) => Node|string>} */
const CELLS = {
  layer: layerCell,
  type: typeCell,
  bar: barCell,
  plain: (text) => text || "–",
};

/** A cell's content. @param {Column} column @param {any} call @param {Tools} tools @returns {Node|string} */
export function cellOf(column, call, tools) {
  const text = call[column.text];
  return Object.hasOwn(CELLS, column.kind) ? CELLS[column.kind](text, call, tools) : nameOf(text);
}

/** The classes of a column's cells. @param {Column} column @param {string} [more] */
export function cellClass(column, more = "") {
  const yields = column.hides ? `kfx-yields-${column.hides}` : "";
  return [`kfx-c-${column.id}`, column.right ? "kfx-n" : "", yields, more].join(" ").trim();
}

/** A name or text; only a long one gets a box to wrap in, since each box costs layout. @param {string} text */
function nameOf(text) {
  const box = text.length <= 34 ? null : text.length > 100 ? "kfx-long kfx-clamp" : "kfx-long";
  return make("bdi", { class: box }, ...breakable(text));
}

/** The text with places to break in a narrow column: after `_` or `/`, before a capital. @param {string} text */
function breakable(text) {
  if (text.length <= 14 || text.length > 100) return [text];
  const broken = text.replace(/[_/]|(?:[a-z]|\dD)(?=[A-Z])/g, "$&\n"); // a label itself holds no line end
  const parts = broken.split("\n").filter(Boolean);
  return parts.flatMap((part, i) => (i ? [make("wbr"), part] : [part]));
}

/** @param {string} text @param {any} call @param {Tools} tools */
function layerCell(text, call, { isContainer, fold }) {
  const name = nameOf(text);
  if (!isContainer) return name;
  const press = (/** @type {Event} */ event) => {
    event.stopPropagation();
    fold();
  };
  const twist = make("button", { type: "button", class: "kfx-twist", tabindex: -1, on: { click: press } });
  return make("span", {}, twist, name);
}

/** @param {string} text @param {any} call */
function typeCell(text, call) {
  return make("span", { class: text.length > 34 ? "kfx-long" : null }, glyph(call.family), ...breakable(text));
}

/** @param {string} text @param {any} call */
function barCell(text, call) {
  if (!call.params) return make("span", { class: "kfx-barless", text });
  const bar = make("span", { class: "kfx-bar", title: call.shareText });
  bar.style.setProperty("--kfx-share", `${Math.max(2, call.share * 100).toFixed(1)}%`);
  return make("span", {}, text, bar);
}

/**
 * A row without height that holds each column's longest text, so that the columns do not move when further rows come.
 * @param {Column[]} columns @param {any[]} calls
 */
export function widest(columns, calls) {
  const cells = columns.map((column) => {
    const texts = calls.map((call) => String(call[column.text] ?? ""));
    const longest = texts.reduce((a, b) => (b.length > a.length ? b : a), "").slice(0, 34);
    return make("td", { class: cellClass(column) }, make("div", { text: longest }));
  });
  return make("tr", { class: "kfx-widest", "aria-hidden": "true" }, ...cells);
}

/** Return whether a cell is in a quieter ink: zeros, settings, connections. @param {any} call @param {Column} column */
export function isQuiet(call, column) {
  return column.quiet === "always" || (column.quiet === "zero" && call[column.sorts] === 0);
}

/** The line below a table: totals, then how to read it. @param {any} facts */
export function footOf(facts) {
  const line = make("div", { class: "kfx-foot" });
  facts.foot.forEach((/** @type {any} */ fact, /** @type {number} */ i) => {
    line.append(i ? " · " : "", make(i ? "span" : "b", { class: i ? "kfx-dim" : null, text: fact.text }));
  });
  const notes = facts.reading.map((/** @type {string} */ text) => make("div", { class: "kfx-label", text }));
  return make("div", {}, line, ...notes);
}
