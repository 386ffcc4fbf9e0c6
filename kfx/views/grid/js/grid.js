// @ts-check
// The live map in the page: its title and choices, the map, and what the cell under the pointer holds.
import { keyListener, make } from "../../../web/ui.js";
import { mountAskingAloud } from "../../../web/ask.js";
import { onTraits, setTrait } from "../../../web/live.js";
import { arrayOf } from "../../inspector/js/values.js";
import { GridCells } from "./cells.js";
import { figureText } from "./figures.js";

const THEMES = ["data-jp-theme-light", "class", "theme", "data-theme"];

export class GridMapView {
  page = -1;
  row = 0;
  column = 0;
  sheet = /** @type {any} */ (null);
  numbers = /** @type {Float32Array[]} */ ([]); // of each measure, row by row
  kept = /** @type {Map<number, any>} */ (new Map());

  /** @param {HTMLElement} host @param {any} model the widget's model, with the traits of `GridWidget` */
  constructor(host, model) {
    this.model = model;
    this.about = model.get("about");
    this.ramps = arrayOf(model.get("ramps"), "u1");
    this.asking = mountAskingAloud(model, host, { busy: () => this.node });
    this.status = this.asking.status;
    this.cells = new GridCells(this, { onCell: (row, column) => this.choose(row, column) });
    this.scaleNode = make("span", { class: "kfx-scale kfx-label" });
    this.notes = make("div", { class: "kfx-label" });
    this.sentence = make("div", { class: "kfx-grid-sentence", role: "status" });
    this.list = make("table", { class: "kfx-grid-top" });
    this.figures = make("dl", { class: "kfx-grid-figures" });
    const side = make("div", { class: "kfx-grid-side" }, this.sentence, this.list, this.figures);
    const top = make("div", { class: "kfx-between" }, this.menu(), this.scaleNode);
    const left = make("div", { class: "kfx-grid-left" }, top, this.cells.node, this.notes);
    this.node = make("div", { class: "kfx-grid" }, this.bar(), make("div", { class: "kfx-grid-both" }, left, side));
    this.node.addEventListener("keydown", keyListener((event) => this.actionOf(event)));
    this.themes = new MutationObserver(() => this.repaint());
    host.append(this.node);
    this.start();
  }

  /** The title, facts, and the choice of the example. */
  bar() {
    const { kind, name } = this.about;
    const title = make("span", { class: "kfx-title" }, `${kind} · `, make("bdi", { text: name }));
    const facts = make("span", { class: "kfx-facts", text: this.about.head });
    const tools = make("span", { class: "kfx-tools" }, this.status);
    if (this.about.pages.length > 1) {
      const change = () => setTrait(this.model, "page", Number(this.pages.value));
      const made = this.about.pages.map((/** @type {string} */ text, /** @type {number} */ value) => {
        return make("option", { value, text });
      });
      const label = { "aria-label": "Example", title: "Before (,) and next (.)" };
      this.pages = make("select", { class: "kfx-grid-menu", ...label, on: { change } }, ...made);
      tools.append(this.pages);
    }
    return make("div", { class: "kfx-head" }, title, facts, tools);
  }

  /** The choice of what the map is coloured by. */
  menu() {
    const drawn = this.about.measures.filter((/** @type {any} */ one) => one.drawn);
    const change = () => setTrait(this.model, "measure", this.chooser.value);
    const made = drawn.map((/** @type {any} */ one) => make("option", { value: one.name, text: one.label }));
    const label = { "aria-label": "Coloured by" };
    this.chooser = make("select", { class: "kfx-grid-menu", ...label, on: { change } }, ...made);
    return this.chooser;
  }

  start() {
    for (const root of [document.documentElement, document.body]) {
      this.themes.observe(root, { attributes: true, attributeFilter: THEMES });
    }
    const follow = () => this.follow();
    this.stop = onTraits(this.model, { page: follow, measure: () => this.repaint(), cell: follow });
    this.follow();
  }

  /** Bring the page in line with the traits. */
  async follow() {
    const page = Math.max(0, Math.min(this.about.pages.length - 1, this.model.get("page")));
    if (page !== this.page) {
      this.page = page;
      if (this.pages) this.pages.value = String(page);
      const answer = this.kept.get(page) ?? await this.asking.ask({ page });
      if (page !== this.page) return;
      if (answer.error) {
        this.notes.textContent = answer.error;
        return;
      }
      this.kept.set(page, answer);
      this.take(answer);
    }
    if (!this.sheet) return;
    const [row, column] = this.model.get("cell");
    this.point(row ?? 0, column ?? 0);
  }

  /** @param {any} answer a map */
  take(answer) {
    this.sheet = answer;
    const count = this.about.measures.length;
    this.numbers = answer.buffers.slice(0, count).map((/** @type {any} */ one) => arrayOf(one, "f4"));
    if (answer.top) {
      this.ids = arrayOf(answer.buffers[count], "i4");
      this.shares = arrayOf(answer.buffers[count + 1], "f4");
    }
    this.notes.replaceChildren(...answer.notes.map((/** @type {string} */ text) => make("div", { text })));
    this.partNote = make("div", {});
    this.notes.append(this.partNote);
    this.cells.build();
    this.repaint();
  }

  repaint() {
    if (!this.sheet) return;
    this.chooser.value = this.measureFacts().name;
    this.cells.paint();
    this.scaleNode.replaceChildren(...this.cells.legend());
  }

  /** The number of the measure that colours the map. */
  measureAt() {
    const name = this.model.get("measure");
    return Math.max(0, this.about.measures.findIndex((/** @type {any} */ one) => one.name === name && one.drawn));
  }

  measureFacts() {
    return this.about.measures[this.measureAt()];
  }

  values() {
    return this.numbers[this.measureAt()];
  }

  scale() {
    return this.sheet.scales[this.measureAt()];
  }

  /** A word of a cell. @param {number} row @param {number} column @param {number} which */
  word(row, column, which) {
    const { top, columns, words } = this.sheet;
    return words[this.ids[(row * columns.length + column) * top + which]];
  }

  /** The word and number of a column, `cat (3)`. @param {number} column */
  columnText(column) {
    const word = this.sheet.columns[column];
    return word === "" || word === String(column) ? String(column) : `${word} (${column})`;
  }

  /** @param {number} row @param {number} column */
  choose(row, column) {
    if (row === this.row && column === this.column) return;
    this.point(row, column);
    setTrait(this.model, "cell", [row, column]);
  }

  /** Show what a cell holds. @param {number} row @param {number} column */
  point(row, column) {
    const { sheet } = this;
    this.row = Math.max(0, Math.min(sheet.rows.length - 1, row));
    this.column = Math.max(0, Math.min(sheet.columns.length - 1, column));
    this.cells.choose(this.row, this.column);
    this.partNote.textContent = this.cells.part();
    const where = make("b", {}, make("bdi", { text: sheet.titles[this.row] }));
    const at = make("b", {}, make("bdi", { text: this.columnText(this.column) }));
    const before = this.about.before ? `${this.about.before} ` : "";
    this.sentence.replaceChildren(before, where, ", ", `${this.about.columnWord} `, at);
    this.list.replaceChildren();
    if (sheet.top) this.list.append(make("tbody", {}, ...Array.from({ length: sheet.top }, (_, n) => this.topRow(n))));
    const from = this.row * sheet.columns.length + this.column;
    const made = this.about.measures.flatMap((/** @type {any} */ one, /** @type {number} */ n) => {
      if (sheet.top && n === 0) return []; // which is the first of the list
      return [make("dt", { text: one.label }), make("dd", { text: figureText(this.numbers[n][from], one.form) })];
    });
    this.figures.replaceChildren(...made);
  }

  /** @param {number} which */
  topRow(which) {
    const share = this.shares[(this.row * this.sheet.columns.length + this.column) * this.sheet.top + which];
    const bar = make("span", { class: "kfx-grid-bar" });
    bar.style.setProperty("--kfx-share", `${100 * share}%`);
    const name = make("td", {}, make("bdi", { text: this.word(this.row, this.column, which) }));
    return make("tr", {}, name, make("td", {}, bar), make("td", { class: "kfx-n", text: figureText(share, "share") }));
  }

  /** @param {KeyboardEvent} event */
  actionOf({ key, target }) {
    if (/** @type {Element} */ (target).matches("select") || this.about.pages.length < 2) return null;
    const by = key === "," ? -1 : key === "." ? 1 : 0;
    const to = this.page + by;
    if (!by || to < 0 || to >= this.about.pages.length) return null;
    return () => setTrait(this.model, "page", to);
  }

  destroy() {
    this.stop?.();
    this.themes.disconnect();
    this.asking.destroy();
    this.node.remove();
  }
}
