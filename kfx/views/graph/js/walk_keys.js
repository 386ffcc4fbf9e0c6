// @ts-check
// Ways through a drawing's lines: what feeds a box and what it feeds, and where an arrow key leads. Pure functions.
import { middleOf } from "./drawing.js";

/**
 * The boxes and lines on any path through a box.
 * @param {number} box @param {number[][]} ends source and target of each line
 * @returns {{boxes: Set<number>, lines: Set<number>}}
 */
export function pathsThrough(box, ends) {
  const boxes = new Set([box]);
  const lines = new Set();
  for (const [from, to] of [[0, 1], [1, 0]]) {
    /** @type {Map<number, number[]>} */
    const leaving = new Map();
    ends.forEach((end, i) => leaving.set(end[from], [...(leaving.get(end[from]) ?? []), i]));
    const reached = new Set([box]);
    for (const at of reached) { // grows meanwhile
      for (const line of leaving.get(at) ?? []) {
        lines.add(line);
        reached.add(ends[line][to]);
      }
    }
    for (const at of reached) boxes.add(at);
  }
  return { boxes, lines };
}

/**
 * Return where an arrow key leads: along a line with the flow or against it, across it to the neighbour beside.
 * @param {string} key "ArrowDown", ... @param {number} at @param {number[][]} ends
 * @param {import("./drawing.js").Place[]} places of the boxes @param {string} flow "TB", "LR", "BT" or "RL"
 * @returns {number} the box, or the same one where the way ends
 */
export function stepFrom(key, at, ends, places, flow) {
  const forth = { TB: "ArrowDown", BT: "ArrowUp", LR: "ArrowRight", RL: "ArrowLeft" }[flow];
  const back = { TB: "ArrowUp", BT: "ArrowDown", LR: "ArrowLeft", RL: "ArrowRight" }[flow];
  const middle = (/** @type {number} */ i) => middleOf(places[i]);
  const here = middle(at);
  const vertical = flow === "TB" || flow === "BT";
  const [flowAxis, crossAxis] = /** @type {("x"|"y")[]} */ (vertical ? ["y", "x"] : ["x", "y"]);
  const along = (/** @type {{x: number, y: number}} */ p) => Math.abs(p[flowAxis] - here[flowAxis]);
  const across = (/** @type {{x: number, y: number}} */ p) => Math.abs(p[crossAxis] - here[crossAxis]);
  if (key === forth || key === back) {
    const next = ends.filter((end) => end[key === forth ? 0 : 1] === at).map((end) => end[key === forth ? 1 : 0]);
    const cost = (/** @type {number} */ i) => along(middle(i)) + across(middle(i)) / 1000;
    return next.length ? next.reduce((best, i) => (cost(i) < cost(best) ? i : best)) : at;
  }
  const sign = key === "ArrowRight" || key === "ArrowDown" ? 1 : -1;
  const gap = (/** @type {number} */ i) => sign * (middle(i)[crossAxis] - here[crossAxis]);
  const beside = places.map((_, i) => i).filter((i) => gap(i) > 0 && along(middle(i)) <= gap(i));
  const cost = (/** @type {number} */ i) => gap(i) + 3 * along(middle(i));
  return beside.length ? beside.reduce((best, i) => (cost(i) < cost(best) ? i : best)) : at;
}
