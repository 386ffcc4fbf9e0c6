// @ts-check
// What a drawing's colours mean: the families in it, or a ramp with its unit.
import { make, glyph } from "../../../web/ui.js";
import { MEASURES, QUANTITIES } from "./ramp.js";

const FAMILY_WORDS = /** @type {Record<string, string>} */ ({
  io: "input, output", conv: "convolution", dense: "dense", pool: "pooling, reshape", norm: "normalisation, dropout",
  seq: "recurrent, attention, embedding", merge: "merge", model: "nested model", custom: "custom layer, operation", error: "error",
});

/** @param {Iterable<string>} present families in the drawing */
export function familyLegend(present) {
  const here = new Set(present);
  const shown = Object.keys(FAMILY_WORDS).filter((family) => here.has(family));
  return shown.map((family) => make("span", { class: "kfx-key" }, glyph(family), FAMILY_WORDS[family]));
}

/** @param {string} by a key of QUANTITIES or MEASURES @param {{log: boolean, high: number}} ramp @param {string} most the largest value in words @param {boolean} unknown */
export function rampLegend(by, ramp, most, unknown) {
  const swatches = [0, 1, 2, 3, 4, 5, 6].map((step) => make("i", { class: `kfx-s${step}` }));
  const { unit } = QUANTITIES[by] ?? MEASURES[by];
  const said = ramp.high ? `${most} ${unit}${ramp.log ? ", log" : ""}` : by in MEASURES ? "nothing above zero" : `no ${unit} at all`;
  return [
    make("span", { class: "kfx-key" }, "0", make("span", { class: "kfx-ramp", "aria-hidden": "true" }, ...swatches), said),
    unknown ? make("span", { class: "kfx-key" }, make("i", { class: "kfx-unknown", "aria-hidden": "true" }), "unknown") : null,
  ].filter((part) => part !== null);
}

export function trainLegend() {
  return [[4, "trained"], [2, "partly frozen"], [1, "frozen"], [0, "no weights"]].map(([step, text]) =>
    make("span", { class: "kfx-key" }, make("span", { class: "kfx-ramp", "aria-hidden": "true" }, make("i", { class: `kfx-s${step}` })), text),
  );
}
