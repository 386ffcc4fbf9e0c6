// @ts-check
// The summary's table in the page: a tree of rows to fold, sort, search and select, above the chosen layer's facts.
import { make, button, findBox, viewHead } from "../../web/ui.js";
import { treeOf, containersOf, nextOrder } from "../../web/tree.js";
import { cellClass, footOf, widest } from "./cells.js";
import { AT_ONCE, foldRows, showRows } from "./rows.js";
import { findRows, focusRow, selectRow, stepHit } from "./selection.js";
import { clickTable, pressKey } from "./keys.js";

/**
 * @typedef {import("./rows.js").Table} Table
 * @typedef {{selected?: string, onSelect?: (key: string) => void, small?: boolean, head?: boolean, foot?: boolean,
 *   details?: boolean, unfolded?: boolean, trainable?: boolean, only?: string[]}} Options
 * `small`: only the columns that have room next to a drawing; `head`, `foot` and `details` are on unless set to false.
 */

/**
 * Put a model's table into `host`.
 * @param {HTMLElement} host an element inside `.kfx`; only what is put there is taken out again
 * @param {any} facts from `kfx.views.payload`
 * @param {Options} [options]
 * @returns {{select: (key: string) => void, find: (text: string) => number, focusFind: () => void,
 *   destroy: () => void}}
 */
export function mountSummary(host, facts, options = {}) {
  const { head = true, foot = true, details = true } = options;
  const table = newTable(facts, options);
  const { containers, finder } = table;
  const folders = containers.length
    ? [["Fold all", false], ["Unfold all", true]].map(([text, isOpen]) =>
        button(String(text), () => foldRows(table, containers, Boolean(isOpen))))
    : [];
  const parts = [
    finder && viewHead(facts.name, facts.head, ...folders, finder.node),
    table.scroller,
    table.empty,
    details ? table.strip : null,
    foot ? footOf(facts) : null,
  ].filter((part) => part !== null);
  host.append(...parts);
  showRows(table);
  if (options.selected) selectRow(table, options.selected);
  return {
    select: (key) => selectRow(table, key),
    find: (text) => findRows(table, text),
    focusFind: () => finder?.input.focus(),
    destroy: () => {
      clearTimeout(table.waiting);
      parts.forEach((part) => part.remove());
    },
  };
}

/** @param {any} facts @param {Options} options @returns {Table} */
function newTable(facts, { small, trainable, only = [], unfolded, head = true, onSelect = () => {} }) {
  const tree = treeOf(facts.calls, only);
  const containers = containersOf(tree);
  /** @type {Table} */
  const table = {
    facts, tree, containers, onSelect,
    columns: facts.columns.filter((/** @type {any} */ one) => (!small || one.small) && (trainable || !one.asked)),
    open: new Set(unfolded ? containers : []),
    made: new Map(), order: null, found: null, hits: new Set(), rows: [], selected: "", focused: "", waiting: 0,
    body: make("tbody"),
    empty: make("p", { class: "kfx-empty", hidden: true }),
    strip: make("div", { class: "kfx-details", role: "region", "aria-label": "Selected layer", hidden: true }),
    scroller: make("div", { class: "kfx-scroll" }),
    finder: head
      ? findBox({
          onFind: (text) => findRows(table, text),
          onStep: (by) => stepHit(table, by),
          onLeave: () => focusRow(table, table.focused || table.rows[0]?.key),
        })
      : null,
  };
  const props = {
    class: "kfx-table", role: containers.length ? "treegrid" : "grid", "aria-label": `Layers of ${facts.name}`,
    on: {
      click: (/** @type {MouseEvent} */ event) => clickTable(table, event),
      keydown: (/** @type {KeyboardEvent} */ event) => pressKey(table, event),
    },
  };
  const hidden = tree.calls.length > AT_ONCE ? widest(table.columns, tree.calls) : null;
  const thead = make("thead", {}, make("tr", {}, ...headCells(table)), hidden);
  table.scroller.append(make("table", props, thead, table.body));
  return table;
}

/** The heads of the columns; a click on one sorts the rows. @param {Table} table */
function headCells(table) {
  const heads = table.columns.map((column) => {
    const props = { scope: "col", class: cellClass(column) };
    if (!column.sorts) return make("th", { ...props, text: column.head });
    const title = `Sort by ${column.head.toLowerCase()}`;
    const on = { click: () => sort(column) };
    return make("th", props, make("button", { type: "button", class: "kfx-sort", title, text: column.head, on }));
  });
  /** @param {import("./cells.js").Column} column */
  function sort(column) {
    table.order = nextOrder(table.order, column.sorts, column.right);
    const { by, down } = table.order ?? { by: null, down: false };
    table.columns.forEach((other, i) => {
      if (by === other.sorts) heads[i].setAttribute("aria-sort", down ? "descending" : "ascending");
      else heads[i].removeAttribute("aria-sort");
    });
    showRows(table);
  }
  return heads;
}
