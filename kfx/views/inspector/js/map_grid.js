// @ts-check
// The grid: a small map for each channel, or a strip for each unit, its number beneath or beside; choose by mouse or keys.
import { make } from "../../../web/ui.js";
import { fillPixels, gridStep, levelTable } from "./values.js";

/**
 * @param {HTMLElement} host
 * @param {{onChoose: (channel: number) => void, noun?: string}} options
 */
export function mountMapGrid(host, { onChoose }) {
  const node = make("div", { class: "kfx-maps", role: "listbox", "aria-orientation": "horizontal" });
  host.append(node);
  /**
   * @type {Map<number, {cell: any, canvas: HTMLCanvasElement, levels: Uint8Array, least: number, greatest: number,
   *   rows: number, columns: number}>}
   */
  const cells = new Map();
  let order = /** @type {number[]} */ ([]); // channels in the grid
  let chosen = -1;
  let colours = /** @type {null | ((least: number, greatest: number) => {low: number, high: number, ramp: Uint8Array})} */ (null);
  const listeners = /** @type {[string, (event: any) => void][]} */ ([["click", press], ["keydown", keydown]]);
  for (const [name, listener] of listeners) node.addEventListener(name, listener);

  /** @param {number} channel */
  function paint(channel) {
    const one = cells.get(channel);
    if (!one || !colours) return;
    const { low, high, ramp } = colours(one.least, one.greatest);
    const table = levelTable(one.least, one.greatest, low, high);
    const image = new ImageData(one.columns, one.rows);
    fillPixels(image.data, one.levels.length, (i) => table[one.levels[i]], ramp);
    one.canvas.getContext("2d")?.putImageData(image, 0, 0);
  }

  /** How many maps stand in a row now. */
  function columnsNow() {
    const first = cells.get(order[0])?.cell;
    if (!first) return 1;
    const top = first.offsetTop;
    const at = order.findIndex((channel) => cells.get(channel)?.cell.offsetTop !== top);
    return at < 0 ? order.length : at;
  }

  /** @param {MouseEvent} event */
  function press(event) {
    const cell = /** @type {Element} */ (event.target).closest(".kfx-map");
    if (cell) onChoose(Number(cell.getAttribute("data-channel")));
  }

  /** @param {KeyboardEvent} event */
  function keydown(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = order.indexOf(Number(/** @type {Element} */ (event.target).getAttribute("data-channel")));
    if (at < 0) return;
    const to = gridStep(event.key, at, order.length, columnsNow());
    if (to === null && event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation(); // the notebook's own shortcuts stay out
    const channel = order[to ?? at];
    cells.get(channel)?.cell.focus();
    onChoose(channel);
  }

  return {
    node,
    channels: () => order,
    /** Empty it for other values. @param {string} kind "maps" or "strips" @param {string} label */
    clear(kind, label) {
      cells.clear();
      order = [];
      chosen = -1;
      node.replaceChildren();
      node.classList.toggle("kfx-strips", kind === "strips");
      node.setAttribute("aria-label", label);
    },
    /**
     * @param {{channels: number[], rows: number, columns: number}} page @param {Uint8Array} levels
     * @param {Float32Array} ends @param {string} noun @param {Set<number>} dead
     */
    add(page, levels, ends, noun, dead = new Set()) {
      const size = page.rows * page.columns;
      page.channels.forEach((channel, i) => {
        if (cells.has(channel)) return;
        const canvas = make("canvas", { width: page.columns, height: page.rows });
        canvas.style.aspectRatio = `${page.columns} / ${Math.min(Math.max(page.rows, page.columns / 4), page.columns * 4)}`;
        const cell = make("div", { class: "kfx-map", role: "option", tabindex: order.length ? "-1" : "0", "aria-selected": "false", "aria-label": `${noun} ${channel}`, "data-channel": channel }, canvas, make("span", { text: channel }));
        if (dead.has(channel)) cell.classList.add("kfx-dead");
        cells.set(channel, { cell, canvas, levels: levels.subarray(i * size, (i + 1) * size), least: ends[2 * i], greatest: ends[2 * i + 1], rows: page.rows, columns: page.columns });
        order.push(channel);
        node.append(cell);
        paint(channel);
      });
    },
    /**
     * @param {(least: number, greatest: number) => {low: number, high: number, ramp: Uint8Array}} how a scale for each
     *   map
     */
    colour(how) {
      colours = how;
      order.forEach(paint);
    },
    /** @param {number} channel */
    choose(channel) {
      for (const [other, on] of /** @type {[number, boolean][]} */ ([[chosen, false], [channel, true]])) {
        const cell = cells.get(other)?.cell;
        cell?.classList.toggle("sel", on);
        cell?.setAttribute("aria-selected", String(on));
      }
      chosen = channel;
      const stop = cells.has(channel) ? channel : order[0];
      for (const [other, { cell }] of cells) cell.setAttribute("tabindex", other === stop ? "0" : "-1");
    },
    destroy() {
      for (const [name, listener] of listeners) node.removeEventListener(name, listener);
      node.remove();
    },
  };
}
