// @ts-check
// The actions of clicks and keys in the summary's table.
import { foldRows } from "./rows.js";
import { chooseRow, findRows, focusRow } from "./selection.js";

/** @typedef {import("./rows.js").Table} Table */

/** @param {Table} table @param {MouseEvent} event */
export function clickTable(table, event) {
  const key = keyAt(event);
  if (key === null || window.getSelection()?.toString()) return; // text being marked with the mouse is not a choice
  toggleChoice(table, key);
  focusRow(table, key);
}

/** @param {Table} table @param {KeyboardEvent} event */
export function pressKey(table, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  event.stopPropagation(); // the notebook's own shortcuts stay out
  if (event.key === "/" && table.finder) {
    event.preventDefault();
    table.finder.input.focus();
    return;
  }
  const key = keyAt(event);
  const at = table.rows.findIndex((call) => call.key === key);
  if (at < 0 || !Object.hasOwn(KEYS, event.key)) return;
  event.preventDefault();
  KEYS[event.key](table, at);
}

/** The address of the row that an event comes from, null for none. @param {Event} event */
function keyAt(event) {
  const row = /** @type {HTMLElement|null} */ (/** @type {HTMLElement} */ (event.target).closest("tbody tr"));
  return row ? row.dataset.key ?? "" : null;
}

/** @param {Table} table @param {string} key */
function toggleChoice(table, key) {
  chooseRow(table, key === table.selected ? "" : key);
}

/** The action of each key in the row at a place. @type {Record<string, (table: Table, at: number) => void>} */
const KEYS = {
  ArrowDown: (table, at) => focusRow(table, table.rows[Math.min(at + 1, table.rows.length - 1)].key),
  ArrowUp: (table, at) => focusRow(table, table.rows[Math.max(at - 1, 0)].key),
  Home: (table) => focusRow(table, table.rows[0].key),
  End: (table) => focusRow(table, table.rows[table.rows.length - 1].key),
  ArrowRight: (table, at) => {
    const { key } = table.rows[at];
    if (!table.tree.inside.has(key)) return;
    if (table.open.has(key)) focusRow(table, table.rows[at + 1]?.key);
    else foldRows(table, [key], true);
  },
  ArrowLeft: (table, at) => {
    const { key, parent } = table.rows[at];
    if (table.tree.inside.has(key) && table.open.has(key) && !table.found) foldRows(table, [key], false);
    else if (parent !== null) focusRow(table, parent);
  },
  Enter: (table, at) => toggleChoice(table, table.rows[at].key),
  " ": (table, at) => toggleChoice(table, table.rows[at].key),
  Escape: (table) => {
    if (table.found && table.finder) {
      table.finder.input.value = "";
      findRows(table, "");
    } else if (table.selected) chooseRow(table, "");
  },
};
