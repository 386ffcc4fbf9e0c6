// @ts-check
// Words along the two axes of an attention map, and what a query looks at.
import { make } from "../../../web/ui.js";

const MOST_WORDS = 40; // on an axis; of more every k-th is written, and the one under the pointer

export class AxisWords {
  #rows = /** @type {any[]} */ ([]);
  #columns = /** @type {any[]} */ ([]);
  node = make("div", { class: "kfx-axis-words", "aria-hidden": "true" });

  /** @param {string[]} queries @param {string[]} keys */
  show(queries, keys) {
    const every = (/** @type {string[]} */ words) => Math.ceil(words.length / MOST_WORDS);
    const words = (/** @type {string[]} */ texts, /** @type {string} */ kind, /** @type {string} */ side) =>
      texts.map((text, i) => {
        const node = make("span", { class: kind, title: `${text} (${i})` }, make("bdi", { text }));
        node.style[side] = `${(100 * (i + 0.5)) / texts.length}%`;
        node.hidden = i % every(texts) !== 0;
        node.dataset.always = String(!node.hidden);
        return node;
      });
    this.#rows = words(queries, "kfx-query", "top");
    this.#columns = words(keys, "kfx-key", "left");
    this.node.replaceChildren(...this.#rows, ...this.#columns);
  }

  /** Mark the words of a cell. @param {number} row @param {number} column -1 for none */
  mark(row, column) {
    for (const [words, at] of /** @type {[any[], number][]} */ ([[this.#rows, row], [this.#columns, column]])) {
      words.forEach((word, i) => {
        word.classList.toggle("at", i === at);
        word.hidden = i !== at && word.dataset.always !== "true";
      });
    }
  }
}

/**
 * The sentence about one weight, and the largest ones of its query.
 * @param {ArrayLike<number>} values of one head, row by row @param {{row: number, column: number}} place
 * @param {string[]} queries @param {string[]} keys
 */
export function lookSentence(values, { row, column }, queries, keys) {
  const weights = keys.map((_, i) => values[row * keys.length + i]);
  const order = weights.map((_, i) => i).sort((a, b) => (weights[b] || 0) - (weights[a] || 0) || a - b);
  const largest = order.slice(0, 4).filter((i) => weights[i] > 0).map((i) => `${keys[i]} ${weights[i].toFixed(2)}`);
  const weight = Number.isFinite(weights[column]) ? weights[column].toFixed(2) : "NaN";
  const sentence = `${queries[row]} (${row}) looks at ${keys[column]} (${column}): ${weight}`;
  return `${sentence} · most at ${largest.join(", ") || "nothing"}`;
}
