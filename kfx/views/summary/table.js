// @ts-check
// The summary's table in the page: a tree of rows to fold, sort, search and select, with the chosen layer's facts below.
import { make, button, findBox, viewHead } from "../../web/ui.js";
import { treeOf, containersOf, aroundOf, isSortable, nextOrder, search, visibleRows } from "../../web/tree.js";
import { COLUMNS, isQuiet, widest } from "./cells.js";
import { layerDetails } from "../../web/layer_details.js";
import { footOf } from "./tablefoot.js";

const AT_ONCE = 120; // rows that are made before the first paint; the rest follows a frame at a time
const FULL = ["label", "type", "settings", "shape", "params", "flops", "memory", "connected"];

/** The columns beside a drawing. */
export const COMPACT = ["label", "type", "shape", "params", "flops"];

/**
 * Put a model's table into `host`.
 * @param {HTMLElement} host an element inside `.kfx`; only what is put there is taken out again
 * @param {any} facts from `kfx.views.payload`
 * @param {{selected?: string, onSelect?: (key: string) => void, columns?: string[], head?: boolean, foot?: boolean,
 *   details?: boolean, unfolded?: boolean, trainable?: boolean, only?: string[]}} [options] `head`, `foot` and `details` are on
 *   unless set to false
 * @returns {{select: (key: string) => void, find: (text: string) => number, focusFind: () => void, destroy: () => void}}
 */
export function mountSummary(host, facts, options = {}) {
  const { onSelect = () => {}, head = true, foot = true, details = true } = options;
  const ids = options.columns ?? [...FULL, ...(options.trainable ? ["trains"] : [])];
  const columns = COLUMNS.filter((column) => ids.includes(column.id));
  const tree = treeOf(facts.calls, options.only ?? []);
  const containers = containersOf(tree);
  const open = new Set(options.unfolded ? containers : []);
  /** @type {Map<string, HTMLTableRowElement>} */
  const made = new Map();
  /** @type {import("../../web/tree.js").Order} */
  let order = null;
  /** @type {ReturnType<typeof search>} */
  let found = null;
  /** @type {any[]} */
  let rows = [];
  let hits = new Set();
  let selected = "";
  let focused = "";
  let waiting = 0; // the timer that makes further rows, 0 for none

  const body = make("tbody");
  const heads = columns.map(headCell);
  const table = make(
    "table",
    { class: "kfx-table", role: containers.length ? "treegrid" : "grid", "aria-label": `Layers of ${facts.name}`, on: { click, keydown } },
    make("thead", {}, make("tr", {}, ...heads), tree.calls.length > AT_ONCE ? widest(columns, tree.calls) : null),
    body,
  );
  const scroller = make("div", { class: "kfx-scroll" }, table);
  const finder = head ? findBox({ onFind: find, onStep: step, onLeave: () => focus(focused || rows[0]?.key) }) : null;
  const folders = containers.length ? [button("Fold all", () => foldAll(false)), button("Unfold all", () => foldAll(true))] : [];
  const strip = make("div", { class: "kfx-details", role: "region", "aria-label": "Selected layer", hidden: true });
  const empty = make("p", { class: "kfx-empty", hidden: true });
  const parts = [
    head ? viewHead(facts.name, facts.head, ...folders, /** @type {any} */ (finder).node) : null,
    scroller,
    empty,
    details ? strip : null,
    foot ? footOf(facts) : null,
  ].filter((part) => part !== null);
  host.append(...parts);
  show();
  if (options.selected) select(options.selected);

  /** @param {import("./cells.js").Column} column */
  function headCell(column) {
    const props = { scope: "col", class: [`kfx-c-${column.id}`, column.number ? "kfx-n" : "", column.yields ?? ""].join(" ").trim() };
    if (!isSortable(column.id)) return make("th", { ...props, text: column.head });
    const sort = () => {
      order = nextOrder(order, column.id);
      columns.forEach((other, i) => {
        if (order && order.by === other.id) heads[i].setAttribute("aria-sort", order.down ? "descending" : "ascending");
        else heads[i].removeAttribute("aria-sort");
      });
      show();
    };
    return make("th", props, make("button", { type: "button", class: "kfx-sort", title: `Sort by ${column.head.toLowerCase()}`, text: column.head, on: { click: sort } }));
  }

  /** The row of a call, made when it is first shown. @param {any} call */
  function rowOf(call) {
    let row = made.get(call.key);
    if (row) return row;
    const level = tree.level.get(call.key) ?? 0;
    const isContainer = tree.inside.has(call.key);
    row = /** @type {HTMLTableRowElement} */ (make("tr", { tabindex: -1, "aria-selected": "false", "aria-level": containers.length ? level + 1 : null }));
    row.dataset.key = call.key;
    const tools = { level, isContainer, fold: () => fold(call.key, !open.has(call.key)) };
    for (const column of columns) {
      const quiet = isQuiet(call, column.id) ? "kfx-dim" : "";
      row.append(make("td", { class: [`kfx-c-${column.id}`, column.number ? "kfx-n" : "", column.yields ?? "", quiet].join(" ").trim() }, column.cell(call, tools)));
    }
    /** @type {HTMLElement} */ (row.firstElementChild).style.paddingLeft = `${22 + 14 * level}px`;
    row.classList.toggle("kfx-hit", hits.has(call.key));
    made.set(call.key, row);
    if (isContainer) mark(call.key);
    return row;
  }

  /** Bring the page's rows in line with the state, moving as few as can be. */
  function show() {
    rows = visibleRows(tree, { open, order, shown: found && found.shown });
    const wanted = new Set(rows.map((call) => call.key));
    for (const row of [...body.children]) if (!wanted.has(row.dataset.key)) row.remove();
    place(AT_ONCE);
    empty.hidden = rows.length > 0;
    empty.textContent = found ? "No layer matches." : "This model has no layers.";
    if (!wanted.has(focused)) rove(wanted.has(selected) ? selected : rows[0]?.key ?? "");
  }

  /** Put the rows in order, making at most so many new ones now. @param {number} most */
  function place(most) {
    clearTimeout(waiting);
    waiting = 0;
    let next = body.firstElementChild;
    let shape = "";
    for (const call of rows) {
      if (!made.has(call.key) && most-- <= 0) {
        waiting = setTimeout(() => place(2 * AT_ONCE), 16);
        return;
      }
      const row = rowOf(call);
      if (row === next) next = next.nextElementSibling;
      else body.insertBefore(row, next);
      row.querySelector(".kfx-c-shape")?.classList.toggle("kfx-dim", call.shape === shape);
      shape = call.shape;
    }
  }

  /** A container's row says whether it is open. @param {string} key */
  function mark(key) {
    const row = made.get(key);
    if (!row) return;
    const isOpen = open.has(key);
    const twist = /** @type {HTMLElement} */ (row.querySelector(".kfx-twist"));
    row.setAttribute("aria-expanded", String(isOpen));
    twist.textContent = isOpen ? "▾" : "▸";
    twist.setAttribute("aria-label", `${isOpen ? "Fold" : "Unfold"} ${tree.byKey.get(key)?.label}`);
  }

  /** @param {string} key @param {boolean} isOpen */
  function fold(key, isOpen) {
    if (isOpen) open.add(key);
    else open.delete(key);
    mark(key);
    show();
  }

  /** @param {boolean} isOpen */
  function foldAll(isOpen) {
    for (const key of containers) {
      if (isOpen) open.add(key);
      else open.delete(key);
      mark(key);
    }
    show();
  }

  /** Show only what matches and all around it. @param {string} text @returns {number} hits */
  function find(text) {
    found = search(tree, text);
    hits = new Set(found ? found.hits : []);
    for (const [key, row] of made) row.classList.toggle("kfx-hit", hits.has(key));
    show();
    if (finder) finder.say(found ? `${found.hits.length.toLocaleString("en")} of ${tree.calls.length.toLocaleString("en")}` : "");
    return found ? found.hits.length : tree.calls.length;
  }

  /** Select the next hit of the search. @param {number} by */
  function step(by) {
    if (!found || !found.hits.length) return;
    const keys = rows.map((call) => call.key).filter((key) => hits.has(key));
    const at = keys.indexOf(selected);
    choose(keys[at < 0 ? (by > 0 ? 0 : keys.length - 1) : (at + by + keys.length) % keys.length]);
  }

  /** The one row that Tab reaches. @param {string} key */
  function rove(key) {
    made.get(focused)?.setAttribute("tabindex", "-1");
    focused = key;
    made.get(key)?.setAttribute("tabindex", "0");
  }

  /** @param {string|undefined} key */
  function focus(key) {
    if (key === undefined) return;
    if (waiting) place(Infinity);
    rove(key);
    made.get(key)?.focus({ preventScroll: true });
    reveal(key);
  }

  /** Scroll the table, never the notebook, until the row can be seen. @param {string} key */
  function reveal(key) {
    const row = made.get(key);
    if (!row || !row.isConnected) return;
    const room = scroller.getBoundingClientRect();
    const box = row.getBoundingClientRect();
    const top = room.top + (table.tHead?.offsetHeight ?? 0);
    if (box.top < top) scroller.scrollTop -= top - box.top;
    else if (box.bottom > room.bottom) scroller.scrollTop += box.bottom - room.bottom;
  }

  /** Show a call as selected, unfolding what hides it; "" for none. Tells nobody. @param {string} key */
  function select(key) {
    if (key === selected) return;
    const old = made.get(selected);
    old?.classList.remove("kfx-sel");
    old?.setAttribute("aria-selected", "false");
    selected = tree.byKey.has(key) ? key : "";
    const around = aroundOf(tree, selected);
    if (selected && !rows.some((call) => call.key === selected)) {
      if (found && !found.shown.has(selected)) {
        found = null;
        if (finder) finder.input.value = "";
        finder?.say("");
      }
      for (const at of around) open.add(at);
      for (const at of around) mark(at);
      show();
    }
    if (waiting && selected) place(Infinity);
    const row = made.get(selected);
    row?.classList.add("kfx-sel");
    row?.setAttribute("aria-selected", "true");
    if (row) rove(selected);
    strip.replaceChildren(...(selected ? layerDetails(facts, tree, tree.byKey.get(selected), choose) : []));
    strip.hidden = !selected;
    reveal(selected);
  }

  /** Select by the user's hand: others are told. @param {string} key */
  function choose(key) {
    select(key);
    onSelect(selected);
  }

  /** @param {MouseEvent} event */
  function click(event) {
    const row = /** @type {HTMLElement} */ (event.target).closest("tbody tr");
    if (!row || window.getSelection()?.toString()) return; // text being marked with the mouse is no choice
    const key = /** @type {HTMLElement} */ (row).dataset.key ?? "";
    choose(key === selected ? "" : key);
    focus(key);
  }

  /** @param {KeyboardEvent} event */
  function keydown(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    event.stopPropagation(); // the notebook's own shortcuts stay out
    if (event.key === "/" && finder) {
      event.preventDefault();
      finder.input.focus();
      return;
    }
    const row = /** @type {HTMLElement} */ (event.target).closest("tbody tr");
    if (!row) return;
    const at = rows.findIndex((call) => call.key === /** @type {HTMLElement} */ (row).dataset.key);
    const call = rows[at];
    const isContainer = tree.inside.has(call.key);
    const actions = /** @type {Record<string, () => void>} */ ({
      ArrowDown: () => focus(rows[Math.min(at + 1, rows.length - 1)].key),
      ArrowUp: () => focus(rows[Math.max(at - 1, 0)].key),
      Home: () => focus(rows[0].key),
      End: () => focus(rows[rows.length - 1].key),
      ArrowRight: () => {
        if (isContainer && !open.has(call.key)) fold(call.key, true);
        else if (isContainer) focus(rows[at + 1]?.key);
      },
      ArrowLeft: () => {
        if (isContainer && open.has(call.key) && !found) fold(call.key, false);
        else if (call.parent !== null) focus(call.parent);
      },
      Enter: () => choose(call.key === selected ? "" : call.key),
      " ": () => choose(call.key === selected ? "" : call.key),
      Escape: () => {
        if (found && finder) {
          finder.input.value = "";
          find("");
        } else if (selected) choose("");
      },
    });
    if (!Object.hasOwn(actions, event.key)) return;
    event.preventDefault();
    actions[event.key]();
  }

  return {
    select,
    find,
    focusFind: () => finder?.input.focus(),
    destroy: () => {
      clearTimeout(waiting);
      parts.forEach((part) => part.remove());
    },
  };
}
