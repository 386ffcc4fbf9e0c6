// @ts-check
// The meaning of a drawing's colours: the families in it, or a ramp with its unit.
import { make, glyph } from "../../../web/ui.js";
import { MEASURES, QUANTITIES } from "./ramp.js";

const FAMILY_WORDS = /** @type {Record<string, string>} */ ({
  io: "input, output",
  conv: "convolution",
  dense: "dense",
  pool: "pooling, reshape",
  norm: "normalisation, dropout",
  act: "activation",
  seq: "recurrent, attention, embedding",
  merge: "merge",
  model: "nested model",
  custom: "custom layer, operation",
  error: "error",
});
const TRAIN_WORDS = /** @type {[number, string][]} */ (
  [[4, "trained"], [2, "partly frozen"], [1, "frozen"], [0, "no weights"]]);

/** @param {Iterable<string>} present families in the drawing */
export function familyLegend(present) {
  const here = new Set(present);
  const named = Object.keys(FAMILY_WORDS).filter((family) => here.has(family));
  return named.map((family) => make("span", { class: "kfx-key" }, glyph(family), FAMILY_WORDS[family]));
}

/**
 * @param {string} by a key of QUANTITIES or MEASURES @param {ReturnType<typeof import("./ramp.js").rampOver>} ramp
 * @param {any[]} calls of the boxes, each with the value and its words @param {boolean} unknown whether some values are
 */
export function rampLegend(by, ramp, calls, unknown) {
  const { unit, words } = QUANTITIES[by] ?? MEASURES[by];
  const drawn = calls.filter((call) => (call?.[by] ?? 0) > 0);
  /** @param {number} value */
  const wordsOf = (value) => drawn.find((call) => call[by] === value)?.[words] ?? "0";
  const swatch = make("i", { class: "kfx-unknown", "aria-hidden": "true" });
  const missing = unknown ? [make("span", { class: "kfx-key" }, swatch, "unknown")] : [];
  if (!ramp.high) {
    const nothing = by in MEASURES ? "nothing above zero" : `no ${unit} at all`;
    return [make("span", { class: "kfx-key", text: nothing }), ...missing];
  }
  const equal = `all equal, ${wordsOf(ramp.high)} ${unit}`;
  if (ramp.equal) return [make("span", { class: "kfx-key", text: equal }), ...missing];
  const ticks = drawn.map((call) => make("b", { style: `left:${(ramp.share(call[by]) * 100).toFixed(1)}%` }));
  const swatches = rampSwatches([1, 2, 3, 4, 5, 6]);
  swatches.classList.add("kfx-ticked");
  swatches.append(...ticks);
  const scale = ramp.high === ramp.low ? "" : ramp.log ? ", log" : ", linear";
  const most = `${wordsOf(ramp.high)} ${unit} a box${scale}`;
  return [make("span", { class: "kfx-key" }, wordsOf(ramp.low), swatches, most), ...missing];
}

export function trainLegend() {
  return TRAIN_WORDS.map(([step, text]) => make("span", { class: "kfx-key" }, rampSwatches([step]), text));
}

/** Some steps of the ramp, side by side. @param {number[]} steps */
export function rampSwatches(steps) {
  const swatches = steps.map((step) => make("i", { class: `kfx-s${step}` }));
  return make("span", { class: "kfx-ramp", "aria-hidden": "true" }, ...swatches);
}
