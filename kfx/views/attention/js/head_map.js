// @ts-check
// One head large: queries down, keys across, a word at each; beside it what the query under the pointer looks at.
import { keyListener, make } from "../../../web/ui.js";
import { cellUnder } from "../../inspector/js/values.js";
import { distanceOf, entropyOf, everyWord, paintScores, scoreLevel, scoreText, topKeys } from "./scores.js";

const MOST_WORDS = 40;
const TOP = 4;

export class HeadMap {
  key = -1;

  /** @param {any} view @param {{onQuery: (query: number, key: number) => void}} options */
  constructor(view, { onQuery }) {
    this.view = view;
    this.onQuery = onQuery;
    const over = (/** @type {any} */ event) => this.over(event);
    const leave = () => view.showQuery(view.query, -1);
    const keydown = keyListener((event) => this.actionOf(event));
    const on = { pointermove: over, pointerdown: over, pointerleave: leave, keydown };
    this.title = make("span", { class: "kfx-attention-title" });
    const from = { role: "img", "aria-label": "from 0 to 1" };
    const legend = make("canvas", { width: 255, height: 1, class: "kfx-swatch", ...from });
    paintScores(legend, (i) => i, false, view.ramp);
    const scale = make("span", { class: "kfx-scale kfx-label" }, "0", legend, "1");
    const rule = make("span", { class: "kfx-label", text: "rows ask, columns answer; a row sums to 1" });
    const top = make("div", { class: "kfx-between" }, this.title, rule, scale);
    this.canvas = make("canvas", { class: "kfx-attention-canvas", tabindex: "0", role: "img", on });
    this.rowMark = make("i", { class: "kfx-attention-row" });
    this.cellMark = make("i", { class: "kfx-attention-cell", hidden: true });
    this.frame = make("div", { class: "kfx-attention-frame" }, this.canvas, this.rowMark, this.cellMark);
    this.across = make("div", { class: "kfx-attention-across", "aria-hidden": "true" });
    this.down = make("div", { class: "kfx-attention-down", "aria-hidden": "true" });
    this.plot = make("div", { class: "kfx-attention-plot" }, make("span", {}), this.across, this.down, this.frame);
    this.sentence = make("div", { class: "kfx-attention-sentence", role: "status" });
    this.list = make("table", { class: "kfx-attention-top" });
    this.figures = make("dl", { class: "kfx-attention-figures" });
    const side = make("div", { class: "kfx-attention-side" }, this.sentence, this.list, this.figures);
    this.node = make("div", {}, top, make("div", { class: "kfx-attention-large" }, this.plot, side));
  }

  show() {
    const { rows, columnsOfMap, head, facts } = this.view;
    this.title.textContent = `Head ${head}`;
    this.canvas.width = columnsOfMap;
    this.canvas.height = rows;
    const cell = Math.min(28, 448 / Math.max(rows, columnsOfMap));
    this.frame.style.aspectRatio = `${columnsOfMap} / ${rows}`;
    this.frame.style.maxWidth = `${cell * columnsOfMap}px`;
    this.across.style.maxWidth = `${cell * columnsOfMap}px`;
    this.plot.style.maxWidth = `${cell * columnsOfMap + 126}px`;
    const size = `${rows} queries × ${columnsOfMap} keys. Arrow keys read the scores.`;
    this.canvas.setAttribute("aria-label", `Head ${head} of ${this.view.layer}, ${size}`);
    this.words(this.across, "keys", columnsOfMap);
    this.words(this.down, "queries", rows);
    this.node.classList.toggle("kfx-attention-causal", facts.causal);
    this.paint();
  }

  /** @param {any} host @param {"queries"|"keys"} side @param {number} count */
  words(host, side, count) {
    const every = everyWord(count, MOST_WORDS);
    host.replaceChildren(...Array.from({ length: count }, (_, at) => {
      const { word, text } = this.view.word(side, at);
      const label = make("bdi", { text: word });
      return make("span", { title: text, class: at % every ? "kfx-attention-between" : null }, label);
    }));
  }

  paint() {
    const { scores, facts, ramp } = this.view;
    if (!facts || !scores.length) return;
    paintScores(this.canvas, (i) => scoreLevel(scores[i]), facts.causal, ramp);
  }

  /** @param {PointerEvent} event */
  over(event) {
    const box = this.canvas.getBoundingClientRect();
    const { rows, columnsOfMap } = this.view;
    const { row, column } = cellUnder(event.clientX - box.left, event.clientY - box.top, box, rows, columnsOfMap);
    this.onQuery(row, column);
  }

  /** @param {KeyboardEvent} event */
  actionOf({ key }) {
    const { rows, columnsOfMap, query } = this.view;
    const steps = /** @type {Record<string, [number, number]>} */ ({
      ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1],
    });
    if (!Object.hasOwn(steps, key)) return null;
    const [down, across] = steps[key];
    const to = Math.max(0, Math.min(rows - 1, query + down));
    const at = Math.max(0, Math.min(columnsOfMap - 1, Math.max(0, this.key) + across));
    return () => this.onQuery(to, at);
  }

  /** Mark a query's row and, where the pointer is, one cell. @param {number} query @param {number} key */
  mark(query, key) {
    const { rows, columnsOfMap } = this.view;
    this.key = key;
    const row = this.view.row(query);
    const top = topKeys(row, TOP);
    const shown = key < 0 ? top[0] : key;
    for (const mark of [this.rowMark, this.cellMark]) {
      mark.style.top = `${(100 * query) / rows}%`;
      mark.style.height = `${100 / rows}%`;
    }
    this.cellMark.hidden = false;
    this.cellMark.style.left = `${(100 * shown) / columnsOfMap}%`;
    this.cellMark.style.width = `${100 / columnsOfMap}%`;
    choose(this.down, query);
    choose(this.across, shown);
    const [from, to] = [this.view.word("queries", query), this.view.word("keys", shown)];
    const score = make("b", { text: scoreText(row[shown]) });
    this.sentence.replaceChildren(bold(from), " looks at ", bold(to), ": ", score);
    this.list.replaceChildren(make("tbody", {}, ...top.map((at) => this.topRow(at, row[at]))));
    this.fillFigures(row, query);
  }

  /** @param {number} at @param {number} score */
  topRow(at, score) {
    const { word, number } = this.view.word("keys", at);
    const bar = make("span", { class: "kfx-attention-bar" });
    bar.style.setProperty("--kfx-share", `${100 * score}%`);
    const place = word === String(number) ? "" : make("span", { class: "kfx-dim", text: ` ${number}` });
    const name = make("td", {}, make("bdi", { text: word }), place);
    return make("tr", {}, name, make("td", {}, bar), make("td", { class: "kfx-n", text: scoreText(score) }));
  }

  /** @param {Float32Array} row @param {number} query */
  fillFigures(row, query) {
    const { facts, side } = this.view;
    const pairs = [["entropy of this row", entropyOf(row).toFixed(2)]];
    if (facts.itself && side === 1) {
      const number = facts.queryNumbers[query];
      pairs.push(["mean distance", `${distanceOf(row, number, facts.keyNumbers).toFixed(1)} places`]);
      const own = facts.keyNumbers.indexOf(number);
      if (own >= 0) pairs.push(["on itself", scoreText(row[own], true)]);
    }
    if (side > 1) pairs.push(["each cell", `mean of ${side}×${side}`]);
    const made = pairs.flatMap(([term, text]) => [make("dt", { text: term }), make("dd", { text })]);
    this.figures.replaceChildren(...made);
  }
}

/** @param {{word: string, number: number}} place */
function bold({ word, number }) {
  const name = make("b", {}, make("bdi", { text: word }));
  return word === String(number) ? name : make("span", {}, name, ` (${number})`);
}

/** @param {any} host @param {number} at */
function choose(host, at) {
  [...host.children].forEach((one, i) => one.classList.toggle("sel", i === at));
}
