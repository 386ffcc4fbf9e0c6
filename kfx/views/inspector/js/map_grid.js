// @ts-check
// The grid: a small map for each channel, or a strip for each unit, with its number; choose by mouse or keys.
import { keyListener, make } from "../../../web/ui.js";
import { fillPixels, gridStep, levelTable } from "./values.js";

/**
 * @typedef {{cell: any, canvas: HTMLCanvasElement, levels: Uint8Array, least: number, greatest: number}} MapCell
 * @typedef {(least: number, greatest: number) => {low: number, high: number, ramp: Uint8Array}} Colours a scale for
 *   each map
 */

/**
 * Paint a canvas, a pixel for each level.
 * @param {HTMLCanvasElement} canvas @param {(i: number) => number} level @param {Uint8Array} ramp 256 RGB colours
 * @param {(i: number) => boolean} [blank] the pixels that show the ground
 */
export function paintCanvas(canvas, level, ramp, blank) {
  const image = new ImageData(canvas.width, canvas.height);
  fillPixels(image.data, level, ramp);
  for (let i = 0; blank && 4 * i < image.data.length; i++) if (blank(i)) image.data[4 * i + 3] = 0;
  canvas.getContext("2d")?.putImageData(image, 0, 0);
}

export class MapGrid {
  #cells = /** @type {Map<number, MapCell>} */ (new Map()); // by their channels, in the order of the grid
  #colours = /** @type {null | Colours} */ (null);

  /** @param {HTMLElement} host @param {{onChoose: (channel: number) => void}} options */
  constructor(host, { onChoose }) {
    this.onChoose = onChoose;
    const click = (/** @type {any} */ { target }) => {
      const cell = target.closest(".kfx-map");
      if (cell) onChoose(Number(cell.dataset.channel));
    };
    const on = { click, keydown: keyListener((event) => this.#actionOf(event)) };
    this.node = make("div", { class: "kfx-maps", role: "listbox", "aria-orientation": "horizontal", on });
    host.append(this.node);
  }

  /** The channels in the grid. */
  channels() {
    return [...this.#cells.keys()];
  }

  /** @param {MapCell} one */
  #paint({ canvas, levels, least, greatest }) {
    if (!this.#colours) return;
    const { low, high, ramp } = this.#colours(least, greatest);
    const table = levelTable(least, greatest, low, high);
    paintCanvas(canvas, (i) => table[levels[i]], ramp);
  }

  /** The number of maps in a row now. */
  #columns() {
    const tops = [...this.#cells.values()].map(({ cell }) => cell.offsetTop);
    const at = tops.findIndex((top) => top !== tops[0]);
    return at < 0 ? Math.max(1, tops.length) : at;
  }

  /** @param {KeyboardEvent} event */
  #actionOf({ key, target }) {
    const order = this.channels();
    const at = order.indexOf(Number(/** @type {Element} */ (target).getAttribute("data-channel")));
    const to = key === "Enter" || key === " " ? at : gridStep(key, at, order.length, this.#columns());
    if (at < 0 || to === null) return null;
    return () => {
      this.#cells.get(order[to])?.cell.focus();
      this.onChoose(order[to]);
    };
  }

  /** Empty it for other values. @param {string} kind "maps" or "strips" @param {string} label */
  clear(kind, label) {
    this.#cells.clear();
    this.node.replaceChildren();
    this.node.classList.toggle("kfx-strips", kind === "strips");
    this.node.setAttribute("aria-label", label);
  }

  /**
   * @param {{channels: number[], rows: number, columns: number}} page @param {Uint8Array} levels
   * @param {Float32Array} ends the least and the greatest value of each map
   * @param {{noun: string, names: string[]|null}} about
   */
  add({ channels, rows, columns }, levels, ends, { noun, names }) {
    const size = rows * columns;
    channels.forEach((channel, i) => {
      if (this.#cells.has(channel)) return;
      const canvas = make("canvas", { width: columns, height: rows });
      canvas.style.aspectRatio = `${columns} / ${Math.min(Math.max(rows, columns / 4), columns * 4)}`;
      const option = { role: "option", tabindex: this.#cells.size ? "-1" : "0", "aria-selected": "false" };
      const name = { "aria-label": `${noun} ${names?.[channel] ?? channel}`, "data-channel": channel };
      const label = make("span", {}, make("bdi", { text: names?.[channel] ?? channel }));
      const cell = make("div", { class: "kfx-map", ...option, ...name }, canvas, label);
      const own = levels.subarray(i * size, (i + 1) * size);
      const one = { cell, canvas, levels: own, least: ends[2 * i], greatest: ends[2 * i + 1] };
      this.#cells.set(channel, one);
      this.node.append(cell);
      this.#paint(one);
    });
  }

  /** @param {Colours} colours */
  colour(colours) {
    this.#colours = colours;
    for (const one of this.#cells.values()) this.#paint(one);
  }

  /** @param {number} channel */
  choose(channel) {
    const stop = this.#cells.has(channel) ? channel : this.channels()[0];
    for (const [other, { cell }] of this.#cells) {
      cell.classList.toggle("sel", other === channel);
      cell.setAttribute("aria-selected", String(other === channel));
      cell.setAttribute("tabindex", other === stop ? "0" : "-1");
    }
  }
}
