// @ts-check
// The rows of the summary's table: made when they are first shown, put in order, folded and unfolded.
import { make } from "../../web/ui.js";
import { visibleRows } from "../../web/tree.js";
import { cellClass, cellOf, isQuiet } from "./cells.js";

/** Rows that are made before the first paint; the rest follows a frame at a time. */
export const AT_ONCE = 120;

/**
 * One table: its data, its elements, and what its user did with it.
 * @typedef {{
 *   facts: any,
 *   tree: import("../../web/tree.js").Tree,
 *   columns: import("./cells.js").Column[],
 *   containers: string[],
 *   open: Set<string>,
 *   made: Map<string, HTMLTableRowElement>,
 *   order: import("../../web/tree.js").Order,
 *   found: ReturnType<typeof import("../../web/tree.js").search>,
 *   hits: Set<string>,
 *   rows: any[],
 *   selected: string,
 *   focused: string,
 *   waiting: number,
 *   body: HTMLElement,
 *   empty: HTMLElement,
 *   strip: HTMLElement,
 *   scroller: HTMLElement,
 *   finder: ReturnType<typeof import("../../web/ui.js").findBox>|null,
 *   onSelect: (key: string) => void,
 * }} Table
 * `made` holds the rows that were shown before, `rows` the calls that are shown now, `waiting` the timer that makes
 * further rows (0 for none).
 */

/** Bring the page's rows in line with the state, moving as few as can be. @param {Table} table */
export function showRows(table) {
  const { tree, open, order, found, body, empty } = table;
  table.rows = visibleRows(tree, { open, order, shown: found && found.shown });
  const wanted = new Set(table.rows.map((call) => call.key));
  for (const row of /** @type {HTMLElement[]} */ ([...body.children])) if (!wanted.has(row.dataset.key)) row.remove();
  placeRows(table, AT_ONCE);
  empty.hidden = table.rows.length > 0;
  empty.textContent = found ? "No layer matches." : "This model has no layers.";
  if (!wanted.has(table.focused)) rove(table, wanted.has(table.selected) ? table.selected : table.rows[0]?.key ?? "");
}

/** Put the rows in order, making at most so many new ones now. @param {Table} table @param {number} most */
export function placeRows(table, most) {
  clearTimeout(table.waiting);
  table.waiting = 0;
  let next = table.body.firstElementChild;
  /** @type {any} */
  let above = null;
  for (const call of table.rows) {
    if (!table.made.has(call.key) && most-- <= 0) {
      table.waiting = setTimeout(() => placeRows(table, 2 * AT_ONCE), 16);
      return;
    }
    const row = rowOf(table, call);
    if (row === next) next = next.nextElementSibling;
    else table.body.insertBefore(row, next);
    table.columns.forEach(({ quiet, text }, i) => {
      if (quiet === "again") row.children[i].classList.toggle("kfx-dim", call[text] === above?.[text]);
    });
    above = call;
  }
}

/** The row of a call, made when it is first shown. @param {Table} table @param {any} call */
function rowOf(table, call) {
  const known = table.made.get(call.key);
  if (known) return known;
  const level = table.tree.level.get(call.key) ?? 0;
  const isContainer = table.tree.inside.has(call.key);
  const aria = { "aria-selected": "false", "aria-level": table.containers.length ? level + 1 : null };
  const row = /** @type {HTMLTableRowElement} */ (make("tr", { tabindex: -1, ...aria }));
  row.dataset.key = call.key;
  const tools = { isContainer, fold: () => foldRows(table, [call.key], !table.open.has(call.key)) };
  for (const column of table.columns) {
    const quiet = isQuiet(call, column) ? "kfx-dim" : "";
    row.append(make("td", { class: cellClass(column, quiet) }, cellOf(column, call, tools)));
  }
  /** @type {HTMLElement} */ (row.firstElementChild).style.paddingLeft = `${22 + 14 * level}px`;
  row.classList.toggle("kfx-hit", table.hits.has(call.key));
  table.made.set(call.key, row);
  if (isContainer) markContainer(table, call.key);
  return row;
}

/** Show in a container's row whether it is open. @param {Table} table @param {string} key */
export function markContainer(table, key) {
  const row = table.made.get(key);
  if (!row) return;
  const isOpen = table.open.has(key);
  const twist = /** @type {HTMLElement} */ (row.querySelector(".kfx-twist"));
  row.setAttribute("aria-expanded", String(isOpen));
  twist.textContent = isOpen ? "▾" : "▸";
  twist.setAttribute("aria-label", `${isOpen ? "Fold" : "Unfold"} ${table.tree.byKey.get(key)?.label}`);
}

/** @param {Table} table @param {string[]} keys @param {boolean} isOpen */
export function foldRows(table, keys, isOpen) {
  for (const key of keys) {
    if (isOpen) table.open.add(key);
    else table.open.delete(key);
    markContainer(table, key);
  }
  showRows(table);
}

/** Let Tab reach this one row. @param {Table} table @param {string} key */
export function rove(table, key) {
  table.made.get(table.focused)?.setAttribute("tabindex", "-1");
  table.focused = key;
  table.made.get(key)?.setAttribute("tabindex", "0");
}
