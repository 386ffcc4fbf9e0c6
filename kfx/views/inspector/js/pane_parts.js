// @ts-check
// The parts around a pane's grid: count, legend, choices of axis and output, sliders, numbers along strips.
import { countText, shortText } from "../../../web/numbers.js";
import { make, segmented } from "../../../web/ui.js";
import { paintCanvas } from "./map_grid.js";

/** @param {any} facts of a layer @param {number} shown channels @param {string} order @returns {string} */
export function countWords({ kind, noun, channels }, shown, order) {
  const total = countText(channels);
  if (kind === "vector") return `${total} ${noun}${channels === 1 ? "" : "s"}`;
  if (channels === 1) return `one ${noun}`;
  return `${shown < channels ? `${shown} of ${total}` : `all ${total}`} ${noun}s, ${order}`;
}

/**
 * The ends of a colour scale around its colours.
 * @param {{low: number, high: number, signed: boolean, clipped: boolean}} scale
 * @param {boolean} shared by all maps @param {Uint8Array} ramp 256 RGB colours
 */
export function scaleLegend({ low, high, signed, clipped }, shared, ramp) {
  const label = { role: "img", "aria-label": "colour scale" };
  const swatch = make("canvas", { width: 255, height: 1, class: "kfx-swatch", ...label });
  paintCanvas(swatch, (i) => i, ramp);
  if (!shared) return [signed ? "least" : "0", swatch, "most of each"];
  return [`${signed && clipped ? "≤ " : ""}${shortText(low)}`, swatch, `${clipped ? "≥ " : ""}${shortText(high)}`];
}

/**
 * Buttons for the axis of the channels and for the output, where there is a choice.
 * @param {any} facts of a layer @param {{part: number}} state @param {(next: any) => void} onLook
 */
export function choicesOf({ ways, axis, parts }, { part }, onLook) {
  const axes = ways.map((/** @type {number} */ way) => [String(way), way < 0 ? "none" : String(way + 1)]);
  const outputs = parts.map((/** @type {string} */ name, /** @type {number} */ i) => [String(i), name]);
  const fresh = { axis: null, places: [], channel: -1 };
  const axisChoice = segmented("Axis of the channels", axes, (to) => onLook({ ...fresh, axis: Number(to) }));
  const outputChoice = segmented("Output", outputs, (to) => onLook({ ...fresh, part: Number(to) }));
  axisChoice.set(String(axis));
  outputChoice.set(String(part));
  const found = [];
  if (ways.length > 2) found.push(make("span", {}, "Axis ", axisChoice.node));
  if (parts.length > 1) found.push(make("span", {}, "Output ", outputChoice.node));
  return found;
}

/**
 * A slider for each axis that is not shown.
 * @param {{steps: [number, number][], step: string}} facts axis and length of each, and the word for a place
 * @param {number[]} places @param {(next: any) => void} onLook
 */
export function stepSliders(facts, places, onLook) {
  const { steps } = facts;
  const now = steps.map((_, i) => places[i] ?? 0);
  return steps.map(([axis, length], i) => {
    const change = (/** @type {any} */ event) => {
      const to = Number(event.target.value);
      onLook({ places: now.map((place, j) => (j === i ? to : place)) });
    };
    const keydown = (/** @type {Event} */ event) => event.stopPropagation();
    const which = `${facts.step} ${now[i] + 1} of ${length}`;
    const name = { "aria-label": `${facts.step} on axis ${axis + 1}`, "aria-valuetext": which };
    const label = { ...name, on: { change, keydown } };
    const slider = make("input", { type: "range", min: 0, max: length - 1, value: now[i], ...label });
    const words = make("span", { text: `${which} (axis ${axis + 1})` });
    return make("label", { class: "kfx-label" }, words, slider);
  });
}

/**
 * Numbers or words along the steps of strips, as many as find room.
 * @param {any} facts of a layer @returns {string[]}
 */
export function axisWords({ columns, tokens }) {
  const named = tokens && tokens.length === columns;
  const every = Math.max(1, Math.ceil(columns / (named ? 40 : 12)));
  const texts = Array.from({ length: columns }, (_, i) => (named ? tokens[i] : String(i)));
  return texts.filter((_, i) => i % every === 0);
}
