// @ts-check
// Where a call is to be seen in a drawing whose parts may be folded. Pure functions.
import { middleOf } from "./drawing.js";

/** Keys of the containers around a call or container, the innermost first. @param {Record<string, string|null>} around @param {string} key @returns {string[]} */
export function holdersAround(around, key) {
  const found = [];
  for (let up = around[key] ?? null; up !== null; up = around[up] ?? null) found.push(up);
  return found;
}

/**
 * The box that shows a call: its own, the folded container around it, or of those inside it the one nearest to the frame's title;
 * -1 where none does.
 * @param {string} key
 * @param {{around: Record<string, string|null>, boxes: string[], frames: string[], places: import("./drawing.js").Place[], framePlaces: import("./drawing.js").Place[]}} drawn
 */
export function boxShowing(key, { around, boxes, frames, places, framePlaces }) {
  for (const holder of [key, ...holdersAround(around, key)]) {
    const i = boxes.indexOf(holder);
    if (i >= 0) return i;
  }
  const frame = framePlaces[frames.indexOf(key)];
  const inside = frame ? places.map((_, i) => i).filter((i) => holdersAround(around, boxes[i]).includes(key)) : [];
  const away = (/** @type {number} */ i) => Math.hypot(middleOf(places[i]).x - frame.x - frame.w / 2, places[i].y - frame.y);
  return inside.length ? inside.reduce((best, i) => (away(i) < away(best) ? i : best)) : -1;
}
