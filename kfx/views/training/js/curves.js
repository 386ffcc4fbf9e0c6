// @ts-check
// The maths of line charts: scales, round numbers, smoothing, and how a run's bytes are cut into lines. Pure functions.
import { arrayOf } from "../../inspector/js/values.js";

/**
 * The lines of one chart.
 * @typedef {{x: Float32Array, y: Float32Array, low?: Float32Array, high?: Float32Array}} CurveLine
 * @typedef {{batches: CurveLine, train: CurveLine, val: CurveLine}} CurveLines
 */

/**
 * Cut the bytes of a run into lines, chart by chart, as `chart_data` in `panels/curves.py` laid them out.
 * @param {{sizes: number[]}[]} charts @param {DataView|Uint8Array|ArrayBuffer|null|undefined} bytes
 * @returns {CurveLines[]}
 */
export function cutCurves(charts, bytes) {
  const all = bytes && bytes.byteLength ? arrayOf(bytes, "f4") : new Float32Array(0);
  let at = 0;
  const take = (/** @type {number} */ n) => all.subarray(at, (at += n));
  return charts.map(({ sizes: [n, m, k] }) => ({
    batches: { x: take(n), y: take(n), low: take(n), high: take(n) },
    train: { x: take(m), y: take(m) },
    val: { x: take(k), y: take(k) },
  }));
}

/**
 * Round numbers between two ends.
 * @param {number} low @param {number} high @param {number} [most] @returns {number[]}
 */
export function curveTicks(low, high, most = 6) {
  if (!Number.isFinite(low) || !Number.isFinite(high) || high <= low) return Number.isFinite(low) ? [low] : [];
  const rough = (high - low) / Math.max(most - 1, 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = /** @type {number} */ ([1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough * 0.999999));
  const found = [];
  const last = Math.floor(high / step + 1e-9);
  for (let n = Math.ceil(low / step - 1e-9); n <= last; n++) found.push(n * step + 0); // never −0
  return found;
}

/**
 * Round numbers on a logarithmic axis: powers of ten, with 2 and 5 between where there are few.
 * @param {number} low above 0 @param {number} high @returns {number[]}
 */
export function curveLogTicks(low, high) {
  const first = Math.floor(Math.log10(low)), last = Math.ceil(Math.log10(high));
  const few = last - first <= 2 ? [1, 2, 5] : [1];
  const stride = Math.max(1, Math.ceil((last - first) / 6));
  const found = [];
  for (let p = first; p <= last; p += stride) for (const n of few) found.push(n * 10 ** p);
  return found.filter((value) => value >= low * 0.999 && value <= high * 1.001);
}

/**
 * Numbers on an axis, no longer than they must be, and no two alike.
 * @param {number[]} values @param {number} high the end of the axis @returns {string[]}
 */
export function curveTickWords(values, high) {
  const far = values.some((value) => Math.abs(value) >= 1e5 || (value !== 0 && Math.abs(value) < 1e-3));
  let words = /** @type {string[]} */ ([]);
  for (let more = 0; more < 9; more++) {
    words = values.map((value) => {
      if (value === 0) return "0";
      if (far) return value.toExponential(more).replace(/-/g, "−").replace("+", "");
      return String(+value.toFixed((high >= 10 ? 1 : 3) + more)).replace("-", "−");
    });
    if (new Set(words).size === new Set(values).size) break;
  }
  return words;
}

/**
 * Exponential mean with its start corrected, so that the first value is the first value.
 * @param {ArrayLike<number>} values @param {number} weight 0 leaves them as they are @returns {Float64Array}
 */
export function curveSmooth(values, weight) {
  const out = new Float64Array(values.length);
  let mean = 0, seen = 0;
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) {
      mean = weight * mean + (1 - weight) * values[i];
      seen = weight * seen + 1 - weight;
    }
    out[i] = seen ? mean / seen : NaN;
  }
  return out;
}

/**
 * The least and greatest value worth showing: lone spikes of single batches do not squeeze all the rest.
 * @param {ArrayLike<number>[]} firm lines that are shown whole
 * @param {ArrayLike<number>} noisy single batches, of which 2 % at each end may be left out
 * @param {boolean} log on a logarithmic axis only values above 0 count @returns {[number, number]}
 */
export function curveSpan(firm, noisy, log = false) {
  const usable = (/** @type {ArrayLike<number>} */ values) =>
    Array.from(values).filter((v) => Number.isFinite(v) && (!log || v > 0));
  const sorted = usable(noisy).sort((a, b) => a - b);
  const all = firm.flatMap(usable);
  const last = sorted.length - 1;
  if (sorted.length) all.push(sorted[Math.floor(0.02 * last)], sorted[Math.ceil(0.98 * last)]);
  if (!all.length) return log ? [0.1, 1] : [0, 1];
  let low = all.reduce((a, b) => Math.min(a, b)), high = all.reduce((a, b) => Math.max(a, b));
  if (!log && low > 0 && low < 0.6 * high) low = 0;
  if (high - low >= 1e-12) return [low, high];
  return log ? [low / 2, high * 2] : [low - (Math.abs(low) * 0.1 || 1), high + (Math.abs(high) * 0.1 || 1)];
}

/**
 * A line as the `d` of a path; it is broken where a value is missing.
 * @param {ArrayLike<number>} xs @param {ArrayLike<number>} ys
 * @param {(x: number) => number} toX px @param {(y: number) => number} toY px @returns {string}
 */
export function curvePath(xs, ys, toX, toY) {
  const parts = [];
  let pen = "M";
  for (let i = 0; i < xs.length; i++) {
    const y = toY(ys[i]);
    if (!Number.isFinite(ys[i]) || !Number.isFinite(y)) {
      pen = "M";
      continue;
    }
    parts.push(pen + toX(xs[i]).toFixed(1) + " " + y.toFixed(1));
    pen = "L";
  }
  return parts.join("");
}

/**
 * The index of the value nearest to `x`; -1 for an empty line.
 * @param {ArrayLike<number>} xs rising @param {number} x @returns {number}
 */
export function curveNearest(xs, x) {
  let low = 0, high = xs.length - 1;
  if (high < 0) return -1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (xs[middle] < x) low = middle;
    else high = middle;
  }
  return Math.abs(xs[low] - x) <= Math.abs(xs[high] - x) ? low : high;
}

/**
 * Push words apart until none covers another.
 * @param {number[]} ys px @param {number} gap px @param {number} bottom px @returns {number[]} in the same order
 */
export function spreadWords(ys, gap, bottom) {
  const order = ys.map((y, i) => ({ y, i })).sort((a, b) => a.y - b.y);
  order.forEach((one, k) => { if (k) one.y = Math.max(one.y, order[k - 1].y + gap); });
  const over = order.length ? Math.max(order[order.length - 1].y - bottom, 0) : 0;
  const out = ys.slice();
  for (const one of order) out[one.i] = one.y - over;
  return out;
}

/** A value in three significant digits: 0.472, 12.3, 4,210, 3.1e−5. @param {number} value @returns {string} */
export function curveValue(value) {
  if (Number.isNaN(value)) return "?";
  const size = Math.abs(value);
  if (size && (size < 1e-3 || size >= 1e6)) return value.toExponential(1).replace(/-/g, "−").replace("+", "");
  if (size >= 1000) return Math.round(value).toLocaleString("en").replace("-", "−");
  const places = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 || size === 0 ? 2 : 3;
  return value.toFixed(places).replace("-", "−");
}

/** A position in words: `epoch 7`, `epoch 7.4`, `step 120`. @param {number} x @param {string} unit @returns {string} */
export function curvePlace(x, unit) {
  const whole = Math.abs(x - Math.round(x)) < 1e-3 || unit !== "epoch";
  return `${unit} ${whole ? Math.round(x).toLocaleString("en") : x.toFixed(2)}`;
}
