// @ts-check
// The summary's table in the page: a tree of rows to fold, sort, search and select, above the chosen layer's facts.
import { layerDetails } from "../../web/layer_details.js";
import { foundText } from "../../web/numbers.js";
import { aroundOf, containersOf, nextOrder, search, treeOf, visibleRows } from "../../web/tree.js";
import { button, findBox, make, viewHead } from "../../web/ui.js";
import { cellClass, cellOf, footOf, isQuiet, widest } from "./cells.js";

const AT_ONCE = 120; // rows that are made before the first paint; the rest follows a frame at a time

export class SummaryTable {
  #rows = /** @type {any[]} */ ([]); // the calls that are shown now
  #made = /** @type {Map<string, HTMLTableRowElement>} */ (new Map()); // the rows that were shown before
  #order = /** @type {import("../../web/tree.js").Order} */ (null);
  #found = /** @type {ReturnType<typeof search>} */ (null);
  #hits = /** @type {Set<string>} */ (new Set());
  #selected = "";
  #focused = "";
  #waiting = 0; // the timer that makes further rows, 0 for none

  /**
   * @param {HTMLElement} host an element inside `.kfx`; only what is put there is taken out again
   * @param {any} facts from `kfx.views.payload`
   * @param {{selected?: string, onSelect?: (key: string) => void, small?: boolean, head?: boolean, foot?: boolean,
   *   details?: boolean, unfolded?: boolean, trainable?: boolean, only?: string[]}} options `small`: only the columns
   *   that have room next to a drawing; `head`, `foot` and `details` are on unless set to false
   */
  constructor(host, facts, options) {
    const { selected, onSelect = () => {}, small, head = true, foot = true, details = true, only = [] } = options;
    this.facts = facts;
    this.onSelect = onSelect;
    this.columns = /** @type {import("./cells.js").Column[]} */ (facts.columns).filter(
      (one) => (!small || one.small) && (options.trainable || !one.optional));
    this.tree = treeOf(facts.calls, only);
    const containers = containersOf(this.tree);
    this.hasContainers = containers.length > 0;
    this.open = new Set(options.unfolded ? containers : []);
    this.body = make("tbody");
    this.empty = make("p", { class: "kfx-empty", hidden: true });
    this.strip = make("div", { class: "kfx-details", role: "region", "aria-label": "Selected layer", hidden: true });
    const props = {
      class: "kfx-table", role: this.hasContainers ? "treegrid" : "grid", "aria-label": `Layers of ${facts.name}`,
      on: {
        click: (/** @type {MouseEvent} */ event) => this.#click(event),
        keydown: (/** @type {KeyboardEvent} */ event) => this.#press(event),
      },
    };
    const hidden = this.tree.calls.length > AT_ONCE ? widest(this.columns, this.tree.calls) : null;
    const thead = make("thead", {}, make("tr", {}, ...this.#headCells()), hidden);
    this.scroller = make("div", { class: "kfx-scroll" }, make("table", props, thead, this.body));
    this.finder = head
      ? findBox({
          onFind: (text) => this.find(text),
          onStep: (by) => this.#stepHit(by),
          onLeave: () => this.#focus(this.#focused || this.#rows[0]?.key),
        })
      : null;
    const folders = [button("Fold all", () => this.#fold(containers, false)),
      button("Unfold all", () => this.#fold(containers, true))];
    this.parts = [
      this.finder && viewHead(facts.name, facts.head, ...(this.hasContainers ? folders : []), this.finder.node),
      this.scroller, this.empty, details ? this.strip : null, foot ? footOf(facts) : null,
    ].filter((part) => part !== null);
    host.append(...this.parts);
    this.#showRows();
    if (selected) this.select(selected);
  }

  /** The heads of the columns; a click on one sorts the rows. */
  #headCells() {
    const heads = this.columns.map((column) => {
      const props = { scope: "col", class: cellClass(column) };
      if (!column.sorts) return make("th", { ...props, text: column.head });
      const title = `Sort by ${column.head.toLowerCase()}`;
      const on = { click: () => sort(column) };
      return make("th", props, make("button", { type: "button", class: "kfx-sort", title, text: column.head, on }));
    });
    /** @param {import("./cells.js").Column} column */
    const sort = (column) => {
      this.#order = nextOrder(this.#order, column.sorts, column.right);
      const { by, down } = this.#order ?? { by: null, down: false };
      this.columns.forEach((other, i) => {
        if (by === other.sorts) heads[i].setAttribute("aria-sort", down ? "descending" : "ascending");
        else heads[i].removeAttribute("aria-sort");
      });
      this.#showRows();
    };
    return heads;
  }

  /** Bring the page's rows in line with the state, moving as few as can be. */
  #showRows() {
    const found = this.#found;
    this.#rows = visibleRows(this.tree, { open: this.open, order: this.#order, shown: found && found.shown });
    const wanted = new Set(this.#rows.map((call) => call.key));
    for (const row of [...this.body.children]) if (!wanted.has(row.dataset.key)) row.remove();
    this.#placeRows(AT_ONCE);
    this.empty.hidden = wanted.size > 0;
    this.empty.textContent = found ? "No layer matches." : "This model has no layers.";
    if (wanted.has(this.#focused)) return;
    this.#rove(wanted.has(this.#selected) ? this.#selected : this.#rows[0]?.key ?? "");
  }

  /** Put the rows in order, making at most so many new ones now. @param {number} most */
  #placeRows(most) {
    clearTimeout(this.#waiting);
    this.#waiting = 0;
    let next = this.body.firstElementChild;
    /** @type {any} */
    let above = null;
    for (const call of this.#rows) {
      if (!this.#made.has(call.key) && most-- <= 0) {
        this.#waiting = setTimeout(() => this.#placeRows(2 * AT_ONCE), 16);
        return;
      }
      const row = this.#rowOf(call);
      if (row === next) next = next.nextElementSibling;
      else this.body.insertBefore(row, next);
      this.columns.forEach(({ quiet, text }, i) => {
        if (quiet === "again") row.children[i].classList.toggle("kfx-dim", call[text] === above?.[text]);
      });
      above = call;
    }
  }

  /** The row of a call, made when it is first shown. @param {any} call @returns {HTMLTableRowElement} */
  #rowOf(call) {
    const { key } = call;
    const known = this.#made.get(key);
    if (known) return known;
    const level = this.tree.level.get(key) ?? 0;
    const isContainer = this.tree.inside.has(key);
    const aria = { "aria-selected": "false", "aria-level": this.hasContainers ? level + 1 : null };
    const tools = { isContainer, fold: () => this.#fold([key], !this.open.has(key)) };
    const cells = this.columns.map((column) =>
      make("td", { class: cellClass(column, isQuiet(call, column) ? "kfx-dim" : "") }, cellOf(column, call, tools)));
    const row = make("tr", { tabindex: -1, "data-key": key, ...aria }, ...cells);
    cells[0].style.paddingLeft = `${22 + 14 * level}px`;
    row.classList.toggle("kfx-hit", this.#hits.has(key));
    this.#made.set(key, row);
    if (isContainer) this.#markContainer(key);
    return row;
  }

  /** Show in a container's row whether it is open. @param {string} key */
  #markContainer(key) {
    const row = this.#made.get(key);
    if (!row) return;
    const isOpen = this.open.has(key);
    const twist = /** @type {HTMLElement} */ (row.querySelector(".kfx-twist"));
    row.setAttribute("aria-expanded", String(isOpen));
    twist.textContent = isOpen ? "▾" : "▸";
    twist.setAttribute("aria-label", `${isOpen ? "Fold" : "Unfold"} ${this.tree.byKey.get(key)?.label}`);
  }

  /** @param {string[]} keys @param {boolean} isOpen */
  #fold(keys, isOpen) {
    for (const key of keys) {
      if (isOpen) this.open.add(key);
      else this.open.delete(key);
      this.#markContainer(key);
    }
    this.#showRows();
  }

  /** Show only what matches and all around it. @param {string} text */
  find(text) {
    const found = search(this.tree, text);
    this.#found = found;
    this.#hits = new Set(found?.hits);
    for (const [key, row] of this.#made) row.classList.toggle("kfx-hit", this.#hits.has(key));
    this.#showRows();
    this.finder?.say(found ? foundText(found.hits.length, this.tree.calls.length) : "");
  }

  /** Select the next hit of the search. @param {number} by */
  #stepHit(by) {
    const keys = this.#rows.map((call) => call.key).filter((key) => this.#hits.has(key));
    if (!keys.length) return;
    const at = keys.indexOf(this.#selected);
    this.#choose(keys[at < 0 ? (by > 0 ? 0 : keys.length - 1) : (at + by + keys.length) % keys.length]);
  }

  /** Let Tab reach this one row. @param {string} key */
  #rove(key) {
    this.#made.get(this.#focused)?.setAttribute("tabindex", "-1");
    this.#focused = key;
    this.#made.get(key)?.setAttribute("tabindex", "0");
  }

  /** @param {string|undefined} key */
  #focus(key) {
    if (key === undefined) return;
    if (this.#waiting) this.#placeRows(Infinity);
    this.#rove(key);
    this.#made.get(key)?.focus({ preventScroll: true });
    this.reveal(key);
  }

  /** Scroll the table, never the notebook, until the row can be seen. @param {string} key */
  reveal(key) {
    const row = this.#made.get(key);
    if (!row || !row.isConnected) return;
    const room = this.scroller.getBoundingClientRect();
    const box = row.getBoundingClientRect();
    const top = room.top + (this.scroller.querySelector("thead")?.offsetHeight ?? 0);
    if (box.top < top) this.scroller.scrollTop -= top - box.top;
    else if (box.bottom > room.bottom) this.scroller.scrollTop += box.bottom - room.bottom;
  }

  /** Show a call as selected, unfolding what hides it; "" for none. `onSelect` is not called. @param {string} key */
  select(key) {
    if (key === this.#selected) return;
    const old = this.#made.get(this.#selected);
    old?.classList.remove("kfx-sel");
    old?.setAttribute("aria-selected", "false");
    const selected = this.tree.byKey.has(key) ? key : "";
    this.#selected = selected;
    if (selected && !this.#rows.some((call) => call.key === selected)) this.#unhide(selected);
    if (this.#waiting && selected) this.#placeRows(Infinity);
    const row = this.#made.get(selected);
    row?.classList.add("kfx-sel");
    row?.setAttribute("aria-selected", "true");
    if (row) this.#rove(selected);
    const go = (/** @type {string} */ other) => this.#choose(other);
    const call = this.tree.byKey.get(selected);
    this.strip.replaceChildren(...(call ? layerDetails(this.facts, this.tree, call, go) : []));
    this.strip.hidden = !selected;
    this.reveal(selected);
  }

  /** Unfold what is around a call, and end a search that does not find it. @param {string} key */
  #unhide(key) {
    if (this.#found && !this.#found.shown.has(key)) {
      this.#found = null;
      if (this.finder) this.finder.input.value = "";
      this.finder?.say("");
    }
    this.#fold(aroundOf(this.tree, key), true);
  }

  /** Select for the user, and call `onSelect`. @param {string} key */
  #choose(key) {
    this.select(key);
    this.onSelect(this.#selected);
  }

  /** @param {string} key */
  #toggleChoice(key) {
    this.#choose(key === this.#selected ? "" : key);
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const key = keyAt(event);
    if (key === undefined || window.getSelection()?.toString()) return; // marking text with the mouse is not a choice
    this.#toggleChoice(key);
    this.#focus(key);
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    event.stopPropagation(); // the notebook's own shortcuts stay out
    const at = this.#rows.findIndex((call) => call.key === keyAt(event));
    const act = event.key === "/" ? this.finder && (() => this.finder?.input.focus()) : this.#actionOf(event.key, at);
    if (!act) return;
    event.preventDefault();
    act();
  }

  /** The action of a key in the row at a place, if any. @param {string} pressed @param {number} at -1 for no row */
  #actionOf(pressed, at) {
    if (at < 0) return null;
    const rows = this.#rows;
    const { key, parent } = rows[at];
    const isContainer = this.tree.inside.has(key);
    const isOpen = isContainer && this.open.has(key);
    const toggle = () => this.#toggleChoice(key);
    const actions = /** @type {Record<string, () => void>} */ ({
      ArrowDown: () => this.#focus(rows[Math.min(at + 1, rows.length - 1)].key),
      ArrowUp: () => this.#focus(rows[Math.max(at - 1, 0)].key),
      Home: () => this.#focus(rows[0].key),
      End: () => this.#focus(rows[rows.length - 1].key),
      ArrowRight: () => {
        if (isOpen) this.#focus(rows[at + 1]?.key);
        else if (isContainer) this.#fold([key], true);
      },
      ArrowLeft: () => {
        if (isOpen && !this.#found) this.#fold([key], false);
        else if (parent !== null) this.#focus(parent);
      },
      Enter: toggle,
      " ": toggle,
      Escape: () => {
        if (this.#found && this.finder) {
          this.finder.input.value = "";
          this.find("");
        } else if (this.#selected) this.#choose("");
      },
    });
    return Object.hasOwn(actions, pressed) ? actions[pressed] : null;
  }

  destroy() {
    clearTimeout(this.#waiting);
    this.parts.forEach((part) => part.remove());
  }
}

/** The address of the row that an event comes from, if any. @param {Event} event @returns {string|undefined} */
function keyAt({ target }) {
  return /** @type {HTMLElement|null} */ (/** @type {HTMLElement} */ (target).closest("tbody tr"))?.dataset.key;
}
