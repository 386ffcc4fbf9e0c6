// @ts-check
// One small chart of a run: axes, training and validation, the best epoch, changes of the rate, and what is under the pointer.
import { makeSvg, make } from "../../../web/ui.js";
import { curveLogTicks, curveNearest, curvePath, curvePlace, curveSmooth, curveSpan, curveTicks, curveValue, spreadWords } from "./curves.js";

const HEIGHT = 164, LEFT = 42, RIGHT = 96, TOP = 26, BOTTOM = 146;

/**
 * @typedef {{title: string, best: number, train: string, val: string}} PanelWords
 * @typedef {{unit: string, reach: [number, number], marks: [number, string][]}} Axis
 * @typedef {{log: boolean, smoothing: number, byEpoch: boolean}} Way how the lines are shown
 * @returns {{node: HTMLElement, draw: (words: PanelWords, lines: any, axis: Axis, way: Way, width: number) => void, destroy: () => void}}
 */
export function curvePanel() {
  const svg = makeSvg("svg", { height: HEIGHT, role: "img", tabindex: 0, class: "kfx-curve" });
  const readout = make("span", { class: "kfx-readout", role: "status" });
  const title = make("span", { class: "kfx-curve-title" });
  const node = make("div", { class: "kfx-curve-panel" }, make("div", { class: "kfx-curve-head" }, title, readout), svg);
  const pointer = makeSvg("g", { class: "kfx-curve-pointer" });
  /** @type {any} */
  let last = null;
  let at = NaN; // where the pointer is, in units of the axis

  /** @param {number} x in units of the axis, NaN for nowhere */
  function point(x) {
    at = x;
    pointer.replaceChildren();
    readout.textContent = "";
    if (!last || Number.isNaN(x)) return;
    const { shown, val, toX, toY, axis } = last;
    const i = curveNearest(shown.x, x), k = curveNearest(val.x, x);
    if (i < 0 && k < 0) return;
    const here = i < 0 || (k >= 0 && Math.abs(val.x[k] - x) <= Math.abs(shown.x[i] - x)) ? val.x[k] : shown.x[i];
    const said = [curvePlace(here, axis.unit)];
    pointer.append(makeSvg("path", { d: `M${toX(here).toFixed(1)} ${TOP}V${BOTTOM}`, class: "kfx-curve-hair" }));
    for (const [line, j, name] of [[shown, i, "train"], [val, k, "val"]]) {
      if (j < 0 || (name === "val" && Math.abs(line.x[j] - here) > 0.5)) continue;
      said.push(`${name} ${curveValue(line.y[j])}`);
      const y = toY(line.y[j]);
      if (Number.isFinite(y)) pointer.append(makeSvg("circle", { cx: toX(line.x[j]), cy: y, r: 3.5, class: `kfx-dot kfx-${name}` }));
    }
    readout.textContent = said.join(" · ");
  }

  const move = (/** @type {PointerEvent} */ event) => {
    if (!last) return;
    const box = svg.getBoundingClientRect();
    point(last.fromX(((event.clientX - box.left) / box.width) * last.width));
  };
  const leave = () => point(NaN);
  const key = (/** @type {KeyboardEvent} */ event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1, Home: -1e9, End: 1e9 }[event.key];
    if (event.key === "Escape") point(NaN);
    if (by === undefined || !last || !last.shown.x.length) return;
    event.preventDefault();
    event.stopPropagation();
    const n = last.shown.x.length - 1;
    const i = (Number.isNaN(at) ? (by > 0 ? -1 : n + 1) : curveNearest(last.shown.x, at)) + by;
    point(last.shown.x[Math.min(Math.max(i, 0), n)]);
  };
  svg.addEventListener("pointermove", move);
  svg.addEventListener("pointerleave", leave);
  svg.addEventListener("blur", leave);
  svg.addEventListener("keydown", key);

  return {
    node,
    draw(words, lines, axis, way, width) {
      const plane = planeOf(lines, axis, way, width);
      svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
      svg.setAttribute("width", String(width));
      const ends = [words.train && `train ${words.train}`, words.val && `validation ${words.val}`].filter(Boolean);
      svg.setAttribute("aria-label", `${words.title} by ${axis.unit}: ${ends.join(", ") || "no values yet"}`);
      title.textContent = words.title;
      svg.replaceChildren(...scaffold(plane, axis), ...curvesOf(plane, words, way), pointer);
      last = plane;
      point(at);
    },
    destroy() {
      svg.removeEventListener("pointermove", move);
      svg.removeEventListener("pointerleave", leave);
      svg.removeEventListener("blur", leave);
      svg.removeEventListener("keydown", key);
    },
  };
}

/** From values to places. @param {any} lines @param {Axis} axis @param {Way} way @param {number} width */
function planeOf(lines, axis, way, width) {
  const few = lines.batches.x.length <= 20;
  const raw = way.byEpoch && lines.train.x.length ? lines.train : lines.batches;
  const weight = way.byEpoch || few ? 0 : way.smoothing;
  const shown = { x: raw.x, y: curveSmooth(raw.y, weight) };
  const log = way.log;
  const [low, high] = curveSpan([shown.y, lines.val.y], raw.y, log);
  const right = width - RIGHT, [x0, x1] = axis.reach;
  const f = log ? Math.log10 : (/** @type {number} */ v) => v;
  const toX = (/** @type {number} */ x) => LEFT + ((right - LEFT) * (x - x0)) / (x1 - x0 || 1);
  const toY = (/** @type {number} */ y) => {
    const share = (f(y) - f(low)) / (f(high) - f(low));
    return BOTTOM - (BOTTOM - TOP) * Math.min(Math.max(share, -0.02), 1.02);
  };
  const fromX = (/** @type {number} */ px) => x0 + ((px - LEFT) / (right - LEFT)) * (x1 - x0);
  return { raw, shown, val: lines.val, noisy: weight > 0, low, high, log, toX, toY, fromX, axis, width, right };
}

/** Grid, numbers and dotted verticals. @param {any} plane @param {Axis} axis */
function scaffold(plane, axis) {
  const { toX, toY, low, high, log, right } = plane;
  const parts = [];
  for (const value of log ? curveLogTicks(low, high) : curveTicks(low, high)) {
    const y = toY(value);
    parts.push(makeSvg("path", { d: `M${LEFT} ${y.toFixed(1)}H${right}`, class: "kfx-grid" }));
    parts.push(makeSvg("text", { x: LEFT - 6, y: y + 3.5, class: "kfx-tick kfx-end", text: value === 0 ? "0" : curveTick(value, high) }));
  }
  for (const n of [...new Set(curveTicks(...axis.reach, Math.max(4, Math.min(8, Math.floor(right / 40)))).map(Math.round))]) {
    parts.push(makeSvg("text", { x: toX(n), y: BOTTOM + 14, class: "kfx-tick kfx-middle", text: n.toLocaleString("en") }));
  }
  parts.push(makeSvg("text", { x: plane.width, y: BOTTOM + 14, class: "kfx-tick kfx-end", text: axis.unit }));
  axis.marks.forEach(([x, word], i) => {
    parts.push(makeSvg("path", { d: `M${toX(x).toFixed(1)} ${TOP}V${BOTTOM}`, class: "kfx-mark" }));
    const next = axis.marks[i + 1];
    if (!next || toX(next[0]) - toX(x) > 56) parts.push(makeSvg("text", { x: toX(x) + 4, y: TOP + 9, class: "kfx-tick kfx-said", text: word }));
  });
  return parts;
}

/** A number on an axis, no longer than it must be. @param {number} value @param {number} high @returns {string} */
function curveTick(value, high) {
  if (Math.abs(value) >= 1e5 || Math.abs(value) < 1e-3) return value.toExponential(0).replace("-", "−").replace("+", "");
  return high >= 10 ? String(+value.toFixed(1)) : String(+value.toFixed(3));
}

/** The lines, the dots, the ring and the values at the ends. @param {any} plane @param {PanelWords} words @param {Way} way */
function curvesOf(plane, words, way) {
  const { raw, shown, val, toX, toY, noisy } = plane;
  const parts = [];
  if (noisy) {
    if (raw.high) {
      const band = curvePath(raw.x, raw.high, toX, toY) + curvePath([...raw.x].reverse(), [...raw.low].reverse(), toX, toY).replace(/^M/, "L");
      parts.push(makeSvg("path", { d: band, class: "kfx-band" }));
    }
    parts.push(makeSvg("path", { d: curvePath(raw.x, raw.y, toX, toY), class: "kfx-line kfx-train kfx-faint" }));
  }
  parts.push(makeSvg("path", { d: curvePath(shown.x, shown.y, toX, toY), class: "kfx-line kfx-train" }));
  parts.push(makeSvg("path", { d: curvePath(val.x, val.y, toX, toY), class: "kfx-line kfx-val" }));
  const ringed = val.x.length ? val : way.byEpoch ? shown : { x: [], y: [] };
  const name = val.x.length ? "val" : "train";
  for (let i = 0; i < ringed.x.length; i++) {
    if ((ringed.x.length > 40 && i !== words.best) || !Number.isFinite(toY(ringed.y[i])) || !Number.isFinite(ringed.y[i])) continue;
    const best = i === words.best && ringed.x.length > 1;
    parts.push(makeSvg("circle", { cx: toX(ringed.x[i]), cy: toY(ringed.y[i]), r: best ? 4 : 2.8, class: `kfx-dot kfx-${name}${best ? " kfx-ring" : ""}` }));
  }
  const ends = [[shown, words.train, "train"], [val, words.val, "val"]]
    .filter(([line, text]) => text && line.x.length)
    .map(([line, text, who]) => ({ line, text, who, y: toY(line.y[line.x.length - 1]) }))
    .map((end) => ({ ...end, y: Number.isFinite(end.y) ? end.y : BOTTOM }));
  const x = ends.reduce((far, { line }) => Math.max(far, toX(line.x[line.x.length - 1])), 0) + 9;
  spreadWords(ends.map((end) => end.y), 14, BOTTOM).forEach((y, i) => {
    parts.push(makeSvg("text", { x, y: y + 4, class: `kfx-value kfx-${ends[i].who}`, text: `${ends[i].text} ${ends[i].who}` }));
  });
  return parts;
}
