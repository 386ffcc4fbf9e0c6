// @ts-check
// A confusion matrix of buttons: arrows walk, a click or Enter shows the examples of a cell.
import { keyListener, make } from "../../../web/ui.js";

const UNITS = /** @type {[number, string][]} */ ([[1e9, "G"], [1e6, "M"], [1e3, "k"]]);

/** A count that fits into a cell: 84, 1.2k, 12k. @param {number} count */
export function shortCount(count) {
  for (const [size, letter] of UNITS) {
    if (count < size) continue;
    const value = count / size;
    return `${value < 9.95 ? value.toFixed(1) : value.toFixed(0)}${letter}`;
  }
  return String(count);
}

export class ConfusionTable {
  cells = /** @type {any[][]} */ ([]);

  /** @param {any} output @param {{onCell: (cell: number[]) => void}} options */
  constructor(output, { onCell }) {
    const { classes, counts, shares, steps, right } = output.matrix;
    const name = (/** @type {number} */ at) => make("bdi", { text: classes[at], title: classes[at] });
    const rows = classes.map((/** @type {string} */ own, /** @type {number} */ row) => {
      const line = make("tr", {}, make("th", { scope: "row" }, name(row)));
      this.cells.push(classes.map((/** @type {string} */ other, /** @type {number} */ column) => {
        const count = counts[row][column], step = steps[row][column];
        const share = `${(100 * shares[row][column]).toFixed(1)} %`;
        const what = row === column ? `${own}, right` : `${own} read as ${other}`;
        const words = `${what}: ${count} of ${own} (${share})`;
        const kind = step < 0 ? "none" : row === column ? `on${step}` : `off${step}`;
        const click = () => onCell([row, column]);
        const told = { "aria-label": words, title: words, text: count ? shortCount(count) : "" };
        const first = row || column ? "-1" : "0";
        const cell = make("button", {
          type: "button", class: `kfx-cell-${kind}`, tabindex: first, ...told, on: { click },
        });
        line.append(make("td", {}, cell));
        return cell;
      }));
      line.append(make("td", { class: "kfx-label", text: right[row] }));
      return line;
    });
    const foot = make("tr", {}, make("th", { class: "kfx-label", text: "true ↑ predicted →" }));
    for (let at = 0; at < classes.length; at++) foot.append(make("th", { scope: "col" }, make("span", {}, name(at))));
    foot.append(make("td", { class: "kfx-label", text: "right" }));
    const longest = Math.max(...classes.map((/** @type {string} */ one) => [...one].length));
    const body = [make("tbody", {}, ...rows), make("tfoot", {}, foot)];
    const table = make("table", { class: longest > 3 ? "kfx-turned" : null }, ...body);
    table.addEventListener("keydown", keyListener((event) => this.actionOf(event)));
    const title = make("div", { class: "kfx-evaluate-title", text: output.heading });
    this.node = make("div", { class: "kfx-confusion" }, title, make("div", { class: "kfx-confusion-scroll" }, table));
  }

  /** @param {number[]|null} cell its row and column */
  mark(cell) {
    this.cells.forEach((row, r) => row.forEach((one, c) => {
      const chosen = cell !== null && r === cell[0] && c === cell[1];
      one.classList.toggle("sel", chosen);
      one.setAttribute("aria-pressed", String(chosen));
    }));
  }

  /** @param {KeyboardEvent} event */
  actionOf({ key, target }) {
    const steps = /** @type {Record<string, [number, number]>} */ ({
      ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0],
    });
    if (!Object.hasOwn(steps, key)) return null;
    const row = this.cells.findIndex((cells) => cells.includes(target));
    const to = row < 0 ? null : this.cells[row + steps[key][0]]?.[this.cells[row].indexOf(target) + steps[key][1]];
    return to && (() => {
      for (const one of this.cells.flat()) one.setAttribute("tabindex", one === to ? "0" : "-1");
      to.focus();
    });
  }
}
