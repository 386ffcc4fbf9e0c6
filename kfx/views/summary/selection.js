// @ts-check
// The rows of the summary's table that are selected, have the focus, or are found by a search.
import { foundText } from "../../web/numbers.js";
import { aroundOf, search } from "../../web/tree.js";
import { layerDetails } from "../../web/layer_details.js";
import { markContainer, placeRows, rove, showRows } from "./rows.js";

/** @typedef {import("./rows.js").Table} Table */

/** Show only what matches and all around it. @param {Table} table @param {string} text @returns {number} hits */
export function findRows(table, text) {
  const { tree, finder } = table;
  const found = search(tree, text);
  table.found = found;
  table.hits = new Set(found ? found.hits : []);
  for (const [key, row] of table.made) row.classList.toggle("kfx-hit", table.hits.has(key));
  showRows(table);
  finder?.say(found ? foundText(found.hits.length, tree.calls.length) : "");
  return found ? found.hits.length : tree.calls.length;
}

/** Select the next hit of the search. @param {Table} table @param {number} by */
export function stepHit(table, by) {
  if (!table.found || !table.found.hits.length) return;
  const keys = table.rows.map((call) => call.key).filter((key) => table.hits.has(key));
  const at = keys.indexOf(table.selected);
  chooseRow(table, keys[at < 0 ? (by > 0 ? 0 : keys.length - 1) : (at + by + keys.length) % keys.length]);
}

/** @param {Table} table @param {string|undefined} key */
export function focusRow(table, key) {
  if (key === undefined) return;
  if (table.waiting) placeRows(table, Infinity);
  rove(table, key);
  table.made.get(key)?.focus({ preventScroll: true });
  revealRow(table, key);
}

/** Scroll the table, never the notebook, until the row can be seen. @param {Table} table @param {string} key */
function revealRow({ made, scroller }, key) {
  const row = made.get(key);
  if (!row || !row.isConnected) return;
  const room = scroller.getBoundingClientRect();
  const box = row.getBoundingClientRect();
  const top = room.top + (scroller.querySelector("thead")?.offsetHeight ?? 0);
  if (box.top < top) scroller.scrollTop -= top - box.top;
  else if (box.bottom > room.bottom) scroller.scrollTop += box.bottom - room.bottom;
}

/**
 * Show a call as selected, unfolding what hides it; "" for none. `onSelect` is not called.
 * @param {Table} table @param {string} key
 */
export function selectRow(table, key) {
  if (key === table.selected) return;
  const { facts, tree, made, strip } = table;
  const old = made.get(table.selected);
  old?.classList.remove("kfx-sel");
  old?.setAttribute("aria-selected", "false");
  const selected = tree.byKey.has(key) ? key : "";
  table.selected = selected;
  if (selected && !table.rows.some((call) => call.key === selected)) unhideRow(table, selected);
  if (table.waiting && selected) placeRows(table, Infinity);
  const row = made.get(selected);
  row?.classList.add("kfx-sel");
  row?.setAttribute("aria-selected", "true");
  if (row) rove(table, selected);
  const go = (/** @type {string} */ other) => chooseRow(table, other);
  strip.replaceChildren(...(selected ? layerDetails(facts, tree, tree.byKey.get(selected), go) : []));
  strip.hidden = !selected;
  revealRow(table, selected);
}

/** Unfold what is around a call, and end a search that does not find it. @param {Table} table @param {string} key */
function unhideRow(table, key) {
  const { found, finder, open, tree } = table;
  if (found && !found.shown.has(key)) {
    table.found = null;
    if (finder) finder.input.value = "";
    finder?.say("");
  }
  for (const around of aroundOf(tree, key)) {
    open.add(around);
    markContainer(table, around);
  }
  showRows(table);
}

/** Select for the user, and call `onSelect`. @param {Table} table @param {string} key */
export function chooseRow(table, key) {
  selectRow(table, key);
  table.onSelect(table.selected);
}
