// @ts-check
// Scores as colours and texts. Pure functions, no page.
import { colourLevel } from "../../inspector/js/values.js";

export const LEAST_LINE = 0.015; // a smaller score gets no line

/**
 * A score to two digits; three below 0.1 for one that is read exactly.
 * @param {number} score @param {boolean} [exact]
 */
export function scoreText(score, exact = false) {
  return exact && score < 0.1 ? score.toFixed(3) : score.toFixed(2);
}

/** A signed number in few letters, `+0.12`, `−2.6`, `0`. @param {number} value */
export function changeText(value) {
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : size >= 1 ? 1 : 2;
  const short = size < 0.005 ? "0" : String(Number(value.toFixed(digits)));
  return (value > 0 && short !== "0" ? `+${short}` : short).replace("-", "−");
}

/**
 * The keys of a row by their scores, the largest first.
 * @param {ArrayLike<number>} row @param {number} most @returns {number[]}
 */
export function topKeys(row, most) {
  const order = Array.from(row, (_, i) => i).sort((a, b) => row[b] - row[a] || a - b);
  return order.slice(0, most);
}

/** The entropy of a row over the logarithm of the number of its keys. @param {ArrayLike<number>} row */
export function entropyOf(row) {
  if (row.length < 2) return 0;
  let sum = 0;
  for (let i = 0; i < row.length; i++) if (row[i] > 0) sum -= row[i] * Math.log(row[i]);
  return sum / Math.log(row.length);
}

/**
 * The mean distance of a query from its keys, by their numbers.
 * @param {ArrayLike<number>} row @param {number} query its number @param {number[]} keys their numbers
 */
export function distanceOf(row, query, keys) {
  let sum = 0;
  for (let i = 0; i < row.length; i++) sum += row[i] * Math.abs(query - keys[i]);
  return sum;
}

/**
 * The colours of a map of scores as pixels (RGBA); a later key of causal attention is clear, so that the ground shows.
 * @param {Uint8ClampedArray} pixels @param {(i: number) => number} level 0 to 254 @param {number} columns
 * @param {boolean} causal @param {Uint8Array} ramp 256 RGB colours
 */
export function scorePixels(pixels, level, columns, causal, ramp) {
  for (let i = 0, at = 0; at < pixels.length; i++, at += 4) {
    const from = 3 * level(i);
    pixels[at] = ramp[from];
    pixels[at + 1] = ramp[from + 1];
    pixels[at + 2] = ramp[from + 2];
    pixels[at + 3] = causal && i % columns > Math.floor(i / columns) ? 0 : 255;
  }
}

/** The level of a score on the scale from 0 to 1. @param {number} score */
export function scoreLevel(score) {
  return colourLevel(score, 0, 1);
}

/**
 * Paint a canvas with scores.
 * @param {HTMLCanvasElement} canvas @param {(i: number) => number} level @param {boolean} causal
 * @param {Uint8Array} ramp 256 RGB colours
 */
export function paintScores(canvas, level, causal, ramp) {
  const image = new ImageData(canvas.width, canvas.height);
  scorePixels(image.data, level, canvas.width, causal, ramp);
  canvas.getContext("2d")?.putImageData(image, 0, 0);
}

/**
 * Which words of an axis are written where only some find room: every k-th.
 * @param {number} count @param {number} most
 */
export function everyWord(count, most) {
  return Math.max(1, Math.ceil(count / most));
}
