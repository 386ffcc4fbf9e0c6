// @ts-check
// A series: one small chart a variable over the same steps, with the values at a step under the pointer or the keys.
import { shortText, valueText } from "../../../web/numbers.js";
import { keyListener, make, makeSvg } from "../../../web/ui.js";
import { gridStep } from "./values.js";

const WIDE = 320; // units of a chart
const TALL_ALONE = 72;
const TALL = 30;
const GAP = 6;

/**
 * The ends of a chart: of what is finite; a constant lies in the middle.
 * @param {ArrayLike<number>[]} rows @returns {[number, number]}
 */
export function chartEnds(rows) {
  let [low, high] = [Infinity, -Infinity];
  for (const row of rows) {
    for (let i = 0; i < row.length; i++) {
      if (!Number.isFinite(row[i])) continue;
      low = Math.min(low, row[i]);
      high = Math.max(high, row[i]);
    }
  }
  if (low > high) return [0, 1];
  return low < high ? [low, high] : [low - 0.5, high + 0.5];
}

/**
 * The path of a line, with gaps where values are not finite.
 * @param {ArrayLike<number>} values @param {[number, number]} ends @param {number} top @param {number} tall
 */
export function linePath(values, [low, high], top, tall) {
  let path = "";
  let pen = "M";
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) {
      pen = "M";
      continue;
    }
    const x = (WIDE * i) / Math.max(1, values.length - 1);
    const y = top + tall * (1 - (values[i] - low) / (high - low));
    path += `${pen}${x.toFixed(1)} ${y.toFixed(1)}`;
    pen = "L";
  }
  return path;
}

/**
 * @param {{variables: number, points: number, steps: number, group: number, beneath: boolean}} facts
 * @param {Float32Array} values the variables one after another, then those beneath
 * @param {string} label what is drawn
 */
export function linesNode(facts, values, label) {
  const { variables, points, steps, group, beneath } = facts;
  const rowOf = (/** @type {number} */ i) => values.subarray(i * points, (i + 1) * points);
  const tall = variables === 1 ? TALL_ALONE : TALL;
  const foot = variables * (tall + GAP);
  const mark = makeSvg("line", { class: "kfx-line-at", y1: 0, y2: foot - GAP, hidden: "" });
  const svg = makeSvg("svg", {
    class: "kfx-lines", viewBox: `0 0 ${WIDE} ${foot}`, preserveAspectRatio: "none", role: "img", tabindex: "0",
    "aria-label": `${label}. Arrow keys read the steps.`,
  });
  const names = make("div", { class: "kfx-lines-names" });
  const ends = make("div", { class: "kfx-lines-ends" });
  for (let i = 0; i < variables; i++) {
    const rows = beneath ? [rowOf(i), rowOf(variables + i)] : [rowOf(i)];
    const [low, high] = chartEnds(rows);
    const top = i * (tall + GAP);
    const [path, other] = rows.map((row) => linePath(row, [low, high], top, tall));
    if (beneath) svg.append(makeSvg("path", { class: "kfx-line-beneath", d: other }));
    svg.append(makeSvg("path", { class: "kfx-line", d: path }));
    const height = `${tall + GAP}px`;
    if (variables > 1) names.append(sized(make("span", { text: String(i) }), height));
    const texts = [high, low].map((end) => make("span", { text: shortText(end) }));
    ends.append(sized(make("span", {}, ...texts), height));
  }
  svg.append(mark);
  svg.style.height = `${foot}px`;
  const readout = make("div", { class: "kfx-code kfx-lines-readout", role: "status" });
  let at = 0;
  /** @param {number} to */
  function read(to) {
    at = Math.max(0, Math.min(points - 1, to));
    const x = (WIDE * at) / Math.max(1, points - 1);
    mark.removeAttribute("hidden");
    mark.setAttribute("x1", String(x));
    mark.setAttribute("x2", String(x));
    const some = Array.from({ length: variables }, (_, i) => valueText(rowOf(i)[at]));
    const where = group > 1 ? `steps ${at * group} to ${Math.min(steps, (at + 1) * group) - 1}, mean` : `step ${at}`;
    readout.textContent = `[${where}] = ${some.join(", ")}`;
  }
  svg.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
    const box = svg.getBoundingClientRect();
    read(Math.round(((event.clientX - box.left) / box.width) * (points - 1)));
  });
  svg.addEventListener("keydown", keyListener(({ key }) => {
    const to = gridStep(key, at, points, points);
    return to === null ? null : () => read(to);
  }));
  const axis = make("div", { class: "kfx-lines-axis kfx-label" },
    make("span", { text: "0" }), make("span", { text: `step ${steps - 1}` }));
  const chart = make("div", { class: "kfx-lines-chart" }, svg, axis);
  return make("div", { class: "kfx-lines-box" }, make("div", { class: "kfx-lines-row" }, names, chart, ends), readout);
}

/** @param {any} node @param {string} height */
function sized(node, height) {
  node.style.height = height;
  return node;
}
