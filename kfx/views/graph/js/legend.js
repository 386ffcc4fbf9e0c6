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
 * @param {string} by a key of QUANTITIES or MEASURES @param {{log: boolean, high: number}} ramp
 * @param {string} most the largest value in words @param {boolean} unknown whether some values are
 */
export function rampLegend(by, ramp, most, unknown) {
  const { unit } = QUANTITIES[by] ?? MEASURES[by];
  const nothing = by in MEASURES ? "nothing above zero" : `no ${unit} at all`;
  const high = ramp.high ? `${most} ${unit}${ramp.log ? ", log" : ""}` : nothing;
  const swatch = make("i", { class: "kfx-unknown", "aria-hidden": "true" });
  return [
    make("span", { class: "kfx-key" }, "0", rampSwatches([0, 1, 2, 3, 4, 5, 6]), high),
    ...(unknown ? [make("span", { class: "kfx-key" }, swatch, "unknown")] : []),
  ];
}

export function trainLegend() {
  return TRAIN_WORDS.map(([step, text]) => make("span", { class: "kfx-key" }, rampSwatches([step]), text));
}

/** Some steps of the ramp, side by side. @param {number[]} steps */
export function rampSwatches(steps) {
  const swatches = steps.map((step) => make("i", { class: `kfx-s${step}` }));
  return make("span", { class: "kfx-ramp", "aria-hidden": "true" }, ...swatches);
}
