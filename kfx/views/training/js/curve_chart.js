// @ts-check
// One small chart of a run: axes, training and validation, the best epoch, the values under the pointer.
import { makeSvg, make } from "../../../web/ui.js";
import {
  curveLogTicks, curveNearest, curvePath, curvePlace, curveSmooth, curveSpan, curveTicks, curveTickWords, curveValue,
  spreadWords,
} from "./curves.js";

const HEIGHT = 164, LEFT = 42, RIGHT = 96, TOP = 26, BOTTOM = 146;

/**
 * @typedef {{title: string, best: number, train: string, val: string, names: string[]}} ChartWords
 * @typedef {{unit: string, reach: [number, number], marks: [number, string][], abandoned?: [number, number][],
 *   broke?: [number, string]|null}} Axis `abandoned`: from a checkpoint to the rewind that went back to it
 * @typedef {{log: boolean, smoothing: number, byEpoch: boolean}} Way how the lines are shown
 * @typedef {import("./curves.js").CurveLines} CurveLines
 * @typedef {ReturnType<typeof planeOf>} Plane
 */

/**
 * A new chart; `draw` shows a run's lines in it.
 * @param {(x: number) => void} [onPoint] called with the place under the pointer, in units of the axis, NaN for none;
 *   one crosshair goes through all charts of a view, by their `point`
 */
export function curveChart(onPoint) {
  /** @type {Plane|null} */
  let last = null;
  let at = NaN; // where the pointer is, in units of the axis
  const pointer = makeSvg("g", { class: "kfx-curve-pointer" });
  const readout = make("span", { class: "kfx-readout", role: "status" });
  const title = make("span", { class: "kfx-curve-title" });

  /** @param {number} x in units of the axis, NaN for nowhere */
  function point(x) {
    at = x;
    const read = last && !Number.isNaN(x) ? valuesAt(last, x) : { marks: [], text: "" };
    pointer.replaceChildren(...read.marks);
    readout.textContent = read.text;
  }
  const pointAll = onPoint ?? point;
  const on = {
    pointermove(/** @type {PointerEvent} */ event) {
      if (!last) return;
      const box = svg.getBoundingClientRect();
      pointAll(last.fromX(((event.clientX - box.left) / box.width) * last.width));
    },
    pointerleave: () => pointAll(NaN),
    blur: () => pointAll(NaN),
    keydown(/** @type {KeyboardEvent} */ event) {
      const by = { ArrowLeft: -1, ArrowRight: 1, Home: -1e9, End: 1e9 }[event.key];
      if (event.key === "Escape") pointAll(NaN);
      if (by === undefined || !last || !last.shown.x.length) return;
      event.preventDefault();
      event.stopPropagation();
      const n = last.shown.x.length - 1;
      const i = (Number.isNaN(at) ? (by > 0 ? -1 : n + 1) : curveNearest(last.shown.x, at)) + by;
      pointAll(last.shown.x[Math.min(Math.max(i, 0), n)]);
    },
  };
  const svg = makeSvg("svg", { height: HEIGHT, role: "img", tabindex: 0, class: "kfx-curve", on });
  return {
    node: make("div", { class: "kfx-curve-panel" }, make("div", { class: "kfx-curve-head" }, title, readout), svg),
    point,
    /**
     * @param {ChartWords} words @param {CurveLines} lines @param {Axis} axis @param {Way} way
     * @param {number} width px
     */
    draw(words, lines, axis, way, width) {
      last = planeOf(words, lines, axis, way, width);
      svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
      svg.setAttribute("width", String(width));
      const train = words.train && `${words.names[0]} ${words.train}`.trim();
      const ends = [train, words.val && `validation ${words.val}`].filter(Boolean);
      svg.setAttribute("aria-label", `${words.title} by ${axis.unit}: ${ends.join(", ") || "no values yet"}`);
      title.textContent = words.title;
      svg.replaceChildren(...scaffold(last), ...curvesOf(last), ...happened(last), pointer);
      point(at);
    },
  };
}

/** The values nearest to `x`, as marks and in words. @param {Plane} plane @param {number} x */
function valuesAt({ shown, val, toX, toY, axis, words: { names } }, x) {
  const i = curveNearest(shown.x, x), k = curveNearest(val.x, x);
  if (i < 0 && k < 0) return { marks: [], text: "" };
  const here = i < 0 || (k >= 0 && Math.abs(val.x[k] - x) <= Math.abs(shown.x[i] - x)) ? val.x[k] : shown.x[i];
  const words = [curvePlace(here, axis.unit)];
  const marks = [makeSvg("path", { d: `M${toX(here).toFixed(1)} ${TOP}V${BOTTOM}`, class: "kfx-curve-hair" })];
  /** @type {[{x: ArrayLike<number>, y: ArrayLike<number>}, number, string, string][]} */
  const lines = [[shown, i, "train", names[0]], [val, k, "val", names[1]]];
  for (const [line, j, who, name] of lines) {
    if (j < 0 || (who === "val" && Math.abs(line.x[j] - here) > 0.5)) continue;
    words.push(`${name} ${curveValue(line.y[j])}`.trim());
    const y = toY(line.y[j]);
    if (!Number.isFinite(y)) continue;
    marks.push(makeSvg("circle", { cx: toX(line.x[j]), cy: y, r: 3.5, class: `kfx-dot kfx-${who}` }));
  }
  return { marks, text: words.join(" · ") };
}

/**
 * The scales of a chart, with all that is drawn on them.
 * @param {ChartWords} words @param {CurveLines} lines @param {Axis} axis @param {Way} way @param {number} width px
 */
function planeOf(words, lines, axis, way, width) {
  const raw = way.byEpoch && lines.train.x.length ? lines.train : lines.batches;
  const weight = way.byEpoch || lines.batches.x.length <= 20 ? 0 : way.smoothing;
  const shown = { x: raw.x, y: curveSmooth(raw.y, weight) };
  const { log, byEpoch } = way;
  const [low, high] = curveSpan([shown.y, lines.val.y], raw.y, log);
  const right = width - RIGHT, [x0, x1] = axis.reach;
  const f = log ? Math.log10 : (/** @type {number} */ v) => v;
  const toX = (/** @type {number} */ x) => LEFT + ((right - LEFT) * (x - x0)) / (x1 - x0 || 1);
  const toY = (/** @type {number} */ y) => {
    const share = (f(y) - f(low)) / (f(high) - f(low));
    return BOTTOM - (BOTTOM - TOP) * Math.min(Math.max(share, -0.02), 1.02);
  };
  const fromX = (/** @type {number} */ px) => x0 + ((px - LEFT) / (right - LEFT)) * (x1 - x0);
  const noisy = weight > 0;
  return { words, raw, shown, val: lines.val, noisy, low, high, log, byEpoch, toX, toY, fromX, axis, width, right };
}

/** Grid, numbers and dotted verticals. @param {Plane} plane */
function scaffold({ toX, toY, low, high, log, axis, width, right }) {
  const parts = [];
  const values = log ? curveLogTicks(low, high) : curveTicks(low, high);
  const texts = curveTickWords(values, high);
  for (const [i, value] of values.entries()) {
    const y = toY(value), text = texts[i];
    parts.push(makeSvg("path", { d: `M${LEFT} ${y.toFixed(1)}H${right}`, class: "kfx-grid" }));
    parts.push(makeSvg("text", { x: LEFT - 6, y: y + 3.5, class: "kfx-tick kfx-end", text }));
  }
  const most = Math.max(4, Math.min(8, Math.floor(right / 40)));
  for (const n of new Set(curveTicks(...axis.reach, most).map(Math.round))) {
    const text = n.toLocaleString("en");
    parts.push(makeSvg("text", { x: toX(n), y: BOTTOM + 14, class: "kfx-tick kfx-middle", text }));
  }
  parts.push(makeSvg("text", { x: width, y: BOTTOM + 14, class: "kfx-tick kfx-end", text: axis.unit }));
  axis.marks.forEach(([x, word], i) => {
    parts.push(makeSvg("path", { d: `M${toX(x).toFixed(1)} ${TOP}V${BOTTOM}`, class: "kfx-mark" }));
    const next = axis.marks[i + 1];
    if (next && toX(next[0]) - toX(x) <= 56) return;
    parts.push(makeSvg("text", { x: toX(x) + 4, y: TOP + 9, class: "kfx-tick kfx-said", text: word }));
  });
  return parts;
}

/** What rewinds gave up, pale with an arrow back; where values stopped being finite, red. @param {Plane} plane */
function happened({ toX, axis, right }) {
  const parts = [];
  for (const [low, high] of axis.abandoned ?? []) {
    const from = toX(high), to = toX(low);
    const place = { x: to, y: TOP, width: Math.max(from - to, 0.5), height: BOTTOM - TOP };
    parts.push(makeSvg("rect", { ...place, class: "kfx-abandoned" }));
    const d = `M${from.toFixed(1)} ${BOTTOM}V${TOP + 2}H${(to + 1).toFixed(1)}m5 -3l-5 3l5 3`;
    parts.push(makeSvg("path", { d, class: "kfx-rewound" }));
    parts.push(makeSvg("text", { x: from + 4, y: TOP + 9, class: "kfx-tick kfx-rewound-said", text: "rewound" }));
  }
  if (axis.broke) {
    const x = toX(axis.broke[0]), isFar = x > (LEFT + right) / 2;
    parts.push(makeSvg("path", { d: `M${x.toFixed(1)} ${TOP}V${BOTTOM}`, class: "kfx-broke" }));
    const words = { x: isFar ? x - 4 : x + 4, y: TOP + 22, text: axis.broke[1] };
    parts.push(makeSvg("text", { ...words, class: `kfx-tick kfx-broke-said${isFar ? " kfx-end" : ""}` }));
  }
  return parts;
}

/** The lines, the dots, the ring and the values at the ends. @param {Plane} plane */
function curvesOf(plane) {
  const { raw, shown, val, toX, toY, noisy } = plane;
  const path = (/** @type {{x: ArrayLike<number>, y: ArrayLike<number>}} */ line, /** @type {string} */ kind) =>
    makeSvg("path", { d: curvePath(line.x, line.y, toX, toY), class: `kfx-line ${kind}` });
  const parts = [];
  if (noisy) {
    if (raw.low && raw.high) {
      const below = curvePath([...raw.x].reverse(), [...raw.low].reverse(), toX, toY);
      const d = curvePath(raw.x, raw.high, toX, toY) + below.replace(/^M/, "L");
      parts.push(makeSvg("path", { d, class: "kfx-band" }));
    }
    parts.push(path(raw, "kfx-train kfx-faint"));
  }
  parts.push(path(shown, "kfx-train"), path(val, "kfx-val"));
  return [...parts, ...dotsOf(plane), ...endWords(plane)];
}

/** A dot for each epoch, or for the best one alone where there are many. @param {Plane} plane */
function dotsOf({ shown, val, toX, toY, byEpoch, words: { best } }) {
  const line = val.x.length || !byEpoch ? val : shown;
  const name = val.x.length ? "val" : "train";
  const parts = [];
  for (let i = 0; i < line.x.length; i++) {
    if ((line.x.length > 40 && i !== best) || !Number.isFinite(toY(line.y[i])) || !Number.isFinite(line.y[i])) continue;
    const ring = i === best && line.x.length > 1;
    const kind = `kfx-dot kfx-${name}${ring ? " kfx-ring" : ""}`;
    parts.push(makeSvg("circle", { cx: toX(line.x[i]), cy: toY(line.y[i]), r: ring ? 4 : 2.8, class: kind }));
  }
  return parts;
}

/** The newest values at the ends of the lines. @param {Plane} plane */
function endWords({ shown, val, toX, toY, words }) {
  const ends = [
    { line: shown, value: words.train, who: "train", name: words.names[0] },
    { line: val, value: words.val, who: "val", name: words.names[1] },
  ].filter(({ line, value }) => value && line.x.length);
  const ys = ends.map(({ line }) => toY(line.y[line.x.length - 1])).map((y) => (Number.isFinite(y) ? y : BOTTOM));
  const x = ends.reduce((far, { line }) => Math.max(far, toX(line.x[line.x.length - 1])), 0) + 9;
  return spreadWords(ys, 14, BOTTOM).map((y, i) => {
    const { value, name, who } = ends[i];
    return makeSvg("text", { x, y: y + 4, class: `kfx-value kfx-${who}`, text: `${value} ${name}`.trim() });
  });
}
