// @ts-check
// The map itself: a canvas of colours with a label at each row, a word at each column, and words in the cells.
import { isDark, keyListener, make } from "../../../web/ui.js";
import { cellUnder, colourLevel, fillPixels, rampOf } from "../../inspector/js/values.js";
import { figureText, firstColumn, isDarkLevel } from "./figures.js";

const MOST_WORDS = 48; // columns with words that are drawn at once
const MOST_PLAIN = 512; // columns without words
const LABELS = 64; // words along the top

export class GridCells {
  first = 0; // the first column that is drawn
  shown = 0; // how many are

  /** @param {any} view @param {{onCell: (row: number, column: number) => void}} options */
  constructor(view, { onCell }) {
    this.view = view;
    this.onCell = onCell;
    const over = (/** @type {any} */ event) => this.over(event);
    const keydown = keyListener((event) => this.actionOf(event));
    const on = { pointermove: over, pointerdown: over, keydown };
    this.canvas = make("canvas", { class: "kfx-grid-canvas", tabindex: "0", role: "img", on });
    this.rowMark = make("i", { class: "kfx-grid-row" });
    this.mark = make("i", { class: "kfx-grid-mark" });
    this.texts = make("div", { class: "kfx-grid-texts", "aria-hidden": "true" });
    this.frame = make("div", { class: "kfx-grid-frame" }, this.canvas, this.texts, this.rowMark, this.mark);
    this.across = make("div", { class: "kfx-grid-across", "aria-hidden": "true" });
    this.down = make("div", { class: "kfx-grid-down", "aria-hidden": "true" });
    this.scroll = make("div", { class: "kfx-grid-scroll" }, this.across, this.frame);
    this.node = make("div", { class: "kfx-grid-plot" }, this.down, this.scroll);
  }

  /** Build the labels for a new map or other columns. */
  build() {
    const { sheet } = this.view;
    const count = sheet.columns.length;
    const most = sheet.top ? MOST_WORDS : MOST_PLAIN;
    this.shown = Math.min(most, count);
    this.first = firstColumn(this.view.column, this.first, this.shown, count);
    const words = sheet.columns.slice(this.first, this.first + this.shown);
    const [wide, tall] = sheet.top ? [64, 26] : [Math.max(8, Math.min(28, 960 / this.shown)), 24];
    this.node.style.setProperty("--kfx-wide", `${wide}px`);
    this.node.style.setProperty("--kfx-tall", `${tall}px`);
    this.node.style.setProperty("--kfx-columns", String(this.shown));
    this.node.style.setProperty("--kfx-rows", String(sheet.rows.length));
    const every = Math.max(1, Math.ceil(this.shown / LABELS));
    const long = words.some((/** @type {string} */ word) => word.length * 7 > wide - 4);
    this.node.classList.toggle("kfx-grid-turned", long || wide < 20);
    this.across.replaceChildren(...words.map((/** @type {string} */ word, /** @type {number} */ at) => {
      const label = make("bdi", { text: word });
      return make("span", { title: word, class: at % every ? "kfx-grid-between" : null }, label);
    }));
    this.down.replaceChildren(...sheet.rows.map((/** @type {string} */ row, /** @type {number} */ at) => {
      return make("span", { title: sheet.titles[at] }, make("bdi", { text: row }));
    }));
    const size = `${sheet.rows.length} rows, ${count} columns. Arrow keys read the cells.`;
    this.canvas.setAttribute("aria-label", `Map, ${size}`);
    this.canvas.width = this.shown;
    this.canvas.height = sheet.rows.length;
    this.paint();
  }

  paint() {
    const { sheet, ramps } = this.view;
    if (!sheet) return;
    const values = this.view.values();
    const scale = this.view.scale();
    const count = sheet.columns.length;
    const ramp = rampOf(ramps, scale.signed, isDark(this.node));
    const level = (/** @type {number} */ i) => {
      const row = Math.floor(i / this.shown);
      return colourLevel(values[row * count + this.first + (i % this.shown)], scale.low, scale.high);
    };
    const image = new ImageData(this.canvas.width, this.canvas.height);
    fillPixels(image.data, level, ramp);
    this.canvas.getContext("2d")?.putImageData(image, 0, 0);
    this.paintTexts(level, ramp);
  }

  /** @param {(i: number) => number} level @param {Uint8Array} ramp */
  paintTexts(level, ramp) {
    const { sheet } = this.view;
    if (!sheet.top) {
      this.texts.replaceChildren();
      return;
    }
    const made = [];
    for (let i = 0; i < sheet.rows.length * this.shown; i++) {
      const [row, column] = [Math.floor(i / this.shown), this.first + (i % this.shown)];
      const dark = isDarkLevel(ramp, level(i));
      const word = make("bdi", { text: this.view.word(row, column, 0) });
      made.push(make("span", { class: dark ? "on-dark" : null }, word));
    }
    this.texts.replaceChildren(...made);
  }

  /** @param {PointerEvent} event */
  over(event) {
    const box = this.canvas.getBoundingClientRect();
    const { rows } = this.view.sheet;
    const at = cellUnder(event.clientX - box.left, event.clientY - box.top, box, rows.length, this.shown);
    this.onCell(at.row, this.first + at.column);
  }

  /** @param {KeyboardEvent} event */
  actionOf({ key }) {
    const { sheet, row, column } = this.view;
    const steps = /** @type {Record<string, [number, number]>} */ ({
      ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1],
      Home: [0, -column], End: [0, sheet.columns.length],
    });
    if (!Object.hasOwn(steps, key)) return null;
    const [down, across] = steps[key];
    const to = Math.max(0, Math.min(sheet.rows.length - 1, row + down));
    const at = Math.max(0, Math.min(sheet.columns.length - 1, column + across));
    return () => this.onCell(to, at);
  }

  /** Ring a cell, and bring it into what is drawn. @param {number} row @param {number} column */
  choose(row, column) {
    const { sheet } = this.view;
    if (column < this.first || column >= this.first + this.shown) this.build();
    const at = column - this.first;
    for (const mark of [this.rowMark, this.mark]) {
      mark.style.top = `${(100 * row) / sheet.rows.length}%`;
      mark.style.height = `${100 / sheet.rows.length}%`;
    }
    this.mark.style.left = `${(100 * at) / this.shown}%`;
    this.mark.style.width = `${100 / this.shown}%`;
    pick(this.down, row);
    pick(this.across, at);
    const left = (this.frame.clientWidth * at) / this.shown;
    const wide = this.frame.clientWidth / this.shown;
    const { scrollLeft, clientWidth } = this.scroll;
    if (left < scrollLeft) this.scroll.scrollLeft = left;
    if (left + wide > scrollLeft + clientWidth) this.scroll.scrollLeft = left + wide - clientWidth + 8;
  }

  /** What is drawn of the columns, where it is not all of them. */
  part() {
    const count = this.view.sheet.columns.length;
    if (this.shown >= count) return "";
    const word = this.view.about.columnWord;
    return `${word}s ${this.first} to ${this.first + this.shown - 1} of ${count}; arrow keys go on`;
  }

  /** The legend of the colours now. */
  legend() {
    const { low, high, signed, clipped } = this.view.scale();
    const form = this.view.measureFacts().form;
    const canvas = make("canvas", { width: 255, height: 1, class: "kfx-swatch", role: "img" });
    canvas.setAttribute("aria-label", `from ${figureText(low, form)} to ${figureText(high, form)}`);
    const image = new ImageData(255, 1);
    fillPixels(image.data, (i) => i, rampOf(this.view.ramps, signed, isDark(this.node)));
    canvas.getContext("2d")?.putImageData(image, 0, 0);
    const beyond = clipped ? " and beyond" : "";
    return [figureText(low, form), canvas, `${figureText(high, form)}${beyond}`];
  }
}

/** @param {any} host @param {number} at */
function pick(host, at) {
  [...host.children].forEach((one, i) => one.classList.toggle("sel", i === at));
}
