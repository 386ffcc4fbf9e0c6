// @ts-check
// The chosen channel: its map large with the value under the pointer, its histogram and its figures.
import { valueText } from "../../../web/numbers.js";
import { keyListener, make, makeSvg } from "../../../web/ui.js";
import { Bars } from "./bars.js";
import { AxisWords, lookSentence } from "./axis_words.js";
import { paintCanvas } from "./map_grid.js";
import { cellUnder, colourLevel, gridStep } from "./values.js";

/** @typedef {{row: number, column: number}} Cell */

export class OneChannel {
  #facts = /** @type {any} */ (null);
  #values = /** @type {any} */ ([]);
  #tokens = /** @type {string[]|null} */ (null);
  #colours = /** @type {null | import("./map_grid.js").Colours} */ (null);
  #place = { row: 0, column: 0 };
  #looks = /** @type {[string[], string[]]|null} */ (null); // the words of queries and keys, of attention

  /**
   * @param {HTMLElement} host
   * @param {{onPlace: (place: (Cell & {rows: number, columns: number})|null) => void}} options `onPlace` is called with
   *   the cell under the pointer
   */
  constructor(host, { onPlace }) {
    this.onPlace = onPlace;
    const move = (/** @type {PointerEvent} */ event) => this.#move(event);
    const leave = () => {
      this.cursor.hidden = true;
      this.words.mark(-1, -1);
      onPlace(null);
    };
    const keydown = keyListener(({ key }) => {
      const to = this.#facts && cellAfter(key, this.#place, this.#facts);
      return to && (() => this.#moveTo(to));
    });
    const focus = () => this.#moveTo(this.#place);
    const on = { pointermove: move, pointerdown: move, pointerleave: leave, keydown, focus, blur: leave };
    this.title = make("div", { class: "kfx-label kfx-inspect-label" });
    this.canvas = make("canvas", { class: "kfx-zoomed", tabindex: "0", role: "img", on });
    this.cursor = make("i", { class: "kfx-cursor", hidden: true });
    this.words = new AxisWords();
    this.frame = make("div", { class: "kfx-zoom-frame" }, this.canvas, this.cursor, this.words.node);
    this.over = make("div", { class: "kfx-zoom-bars", hidden: true });
    this.readout = make("div", { class: "kfx-code kfx-readout", role: "status" });
    this.bins = make("div", { class: "kfx-histogram" });
    this.list = make("dl", { class: "kfx-figures" });
    const parts = [this.title, this.frame, this.over, this.readout, this.bins, this.list];
    this.node = make("div", { class: "kfx-one" }, ...parts);
    host.append(this.node);
    const onAt = (/** @type {number} */ step) => this.read(0, step);
    this.strip = new Bars(this.over, { label: "Values over the steps", height: 120, onAt });
  }

  #paint() {
    if (!this.#facts || this.#facts.kind !== "maps" || !this.#colours) return;
    const { low, high, ramp } = this.#colours(this.#facts.low, this.#facts.high);
    this.canvas.width = this.#facts.columns;
    this.canvas.height = this.#facts.rows;
    const masked = this.#looks ? (/** @type {number} */ i) => this.#values[i] === 0 : undefined; // no weight at all
    paintCanvas(this.canvas, (i) => colourLevel(this.#values[i], low, high), ramp, masked);
  }

  /** @param {PointerEvent} event */
  #move(event) {
    if (!this.#facts) return;
    const box = this.canvas.getBoundingClientRect();
    const { rows, columns } = this.#facts;
    this.#moveTo(cellUnder(event.clientX - box.left, event.clientY - box.top, box, rows, columns));
  }

  /** @param {Cell} place */
  #moveTo(place) {
    if (!this.#facts) return;
    this.#place = place;
    const { rows, columns } = this.#facts;
    this.cursor.hidden = false;
    coverCell(this.cursor, { ...place, rows, columns });
    this.read(place.row, place.column);
    this.onPlace({ ...place, rows, columns });
  }

  /** Write a value with its place in the layer's own numbers. @param {number} row @param {number} column */
  read(row, column) {
    const { kind, side, columns } = this.#facts;
    const value = this.#values[row * columns + column];
    if (this.#looks && side === 1) {
      const [queries, keys] = this.#looks;
      this.words.mark(row, column);
      this.readout.textContent = lookSentence(this.#values, { row, column }, queries, keys);
      return;
    }
    const where = kind === "maps" ? `[${row * side}, ${column * side}]` : `[${column * side}]`;
    const mean = side > 1 ? ` mean of ${side}×${side}` : "";
    const token = this.#tokens?.[column] && kind === "strips" ? ` ${this.#tokens[column]}` : "";
    this.readout.textContent = `${where}${token} = ${valueText(value)}${mean}`;
  }

  /**
   * @param {any} one facts of a channel @param {any} array its values
   * @param {{kind: string, title: string, tokens: string[]|null, names: string[]|null, role: string,
   *   queries: string[]|null}} about
   */
  show(one, array, { kind, title, tokens, names, role, queries }) {
    const attention = role === "attention" && kind === "maps" && one.side === 1;
    const numbered = (/** @type {number} */ count) => Array.from({ length: count }, (_, i) => String(i));
    this.#looks = attention ? [queries ?? numbered(one.rows), tokens ?? numbered(one.columns)] : null;
    this.node.classList.toggle("kfx-attention", attention);
    this.words.node.hidden = !attention;
    if (this.#looks) this.words.show(...this.#looks);
    if (this.#facts?.rows !== one.rows || this.#facts.columns !== one.columns) this.#place = { row: 0, column: 0 };
    this.#facts = { ...one, kind };
    this.#values = array;
    this.#tokens = tokens;
    this.title.textContent = title;
    this.frame.hidden = kind !== "maps";
    this.over.hidden = kind !== "strips";
    if (kind === "strips") this.strip.show(array, tokens?.length === array.length ? tokens : null);
    this.frame.style.aspectRatio = `${one.columns} / ${one.rows}`;
    this.canvas.setAttribute("aria-label", `${title}, ${one.rows} × ${one.columns} values. Arrow keys read them.`);
    this.#paint();
    if (kind === "maps" && !this.cursor.hidden) this.#moveTo(this.#place);
    else if (kind === "vector") {
      const name = names ? ` ${names[one.channel]}` : "";
      this.readout.textContent = `[${one.channel}]${name} = ${valueText(array[one.channel])}`;
    } else {
      this.cursor.hidden = true;
      this.readout.textContent = "";
    }
    this.bins.replaceChildren(...histogramOf(one.bins, one.ends));
    this.list.replaceChildren(...one.figures.flatMap((/** @type {[string, string]} */ [term, text]) => {
      const odd = ["NaN", "infinite"].includes(term);
      return [make("dt", { text: term, class: odd ? "kfx-odd" : null }), make("dd", { text })];
    }));
  }

  /** @param {import("./map_grid.js").Colours} colours */
  colour(colours) {
    this.#colours = colours;
    this.#paint();
  }
}

/** Lay a mark over one cell of a map. @param {any} mark @param {Cell & {rows: number, columns: number}} place */
export function coverCell(mark, { row, column, rows, columns }) {
  mark.style.left = `${(100 * column) / columns}%`;
  mark.style.top = `${(100 * row) / rows}%`;
  mark.style.width = `${100 / columns}%`;
  mark.style.height = `${100 / rows}%`;
}

/**
 * The cell of a map that a key moves to; null for a key that does not move.
 * @param {string} key @param {Cell} place @param {{rows: number, columns: number}} size @returns {Cell|null}
 */
function cellAfter(key, { row, column }, { rows, columns }) {
  if (key === "Home") return { row: 0, column: 0 };
  if (key === "End") return { row: rows - 1, column: columns - 1 };
  if (key === "ArrowUp" || key === "ArrowDown") return { row: gridStep(key, row, rows, 1) ?? row, column };
  if (key !== "ArrowLeft" && key !== "ArrowRight") return null;
  return { row, column: gridStep(key, column, columns, columns) ?? column };
}

/** Counts as bars on a log scale, with the ends beneath. @param {number[]} counts @param {string[]} ends */
export function histogramOf(counts, ends) {
  if (!counts?.length) return [];
  const most = Math.log1p(Math.max(...counts));
  const width = Math.max(1, 224 / counts.length - 1);
  const bars = counts.map((count, i) => {
    const height = count ? Math.max(1.5, (34 * Math.log1p(count)) / most) : 0;
    return makeSvg("rect", { x: (i * 224) / counts.length, y: 34 - height, width, height });
  });
  const label = `Histogram of ${counts.reduce((a, b) => a + b, 0)} values from ${ends[0]} to ${ends[1]}`;
  const box = { viewBox: "0 0 224 34", preserveAspectRatio: "none", role: "img", "aria-label": label };
  const texts = [ends[0], "values, log count", ends[1]].map((text) => make("span", { text }));
  return [makeSvg("svg", box, ...bars), make("div", { class: "kfx-label kfx-ends" }, ...texts)];
}
