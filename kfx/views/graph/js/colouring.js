// @ts-check
// Colour the boxes of a drawing by a quantity or by what is trained, without a new layout.
import { MEASURES, QUANTITIES, rampOver, trainStep } from "./ramp.js";
import { familyLegend, rampLegend, trainLegend } from "./legend.js";

/** The ways to colour a drawing as pairs of a name and its words. @param {boolean} measures with what was measured on some data @returns {[string, string][]} */
export function coloursFor(measures) {
  const named = (/** @type {Record<string, {text: string}>} */ quantities) => Object.entries(quantities).map(([by, { text }]) => /** @type {[string, string]} */ ([by, text]));
  return [["family", "Family"], ...named(QUANTITIES), ["trains", "Trainable"], ...(measures ? named(MEASURES) : [])];
}

/**
 * Paint boxes; returns the legend.
 * @param {any[]} boxes @param {any[]} calls what each box stands for @param {string} by a name of `coloursFor`
 */
export function paintBoxes(boxes, calls, by) {
  const quantity = QUANTITIES[by] ?? MEASURES[by];
  const ramp = quantity ? rampOver(calls.map((call) => call?.[by] ?? null)) : null;
  let unknown = false;
  boxes.forEach((box, i) => {
    const step = by === "family" ? null : ramp ? ramp.step(calls[i]?.[by] ?? null) : trainStep(calls[i]?.trains ?? "");
    for (let s = 0; s < 7; s++) box.classList.toggle(`s${s}`, s === step);
    box.classList.toggle("unknown", Boolean(ramp) && step === null);
    unknown = unknown || (Boolean(ramp) && step === null);
  });
  if (!ramp) return by === "trains" ? trainLegend() : familyLegend(boxes.map((box) => /\bf-(\w+)/.exec(box.getAttribute("class"))?.[1] ?? ""));
  const most = calls.find((call) => call?.[by] === ramp.high);
  return rampLegend(by, ramp, most?.[quantity.said] ?? "0", unknown);
}

/**
 * Put what was measured of calls to their facts; a block has what its last call has.
 * @param {Record<string, any>} found by address
 * @param {{known: Map<string, any>, blocks: any[], calls: any[], holdersOf: (key: string) => string[]}} graph
 */
export function addMeasures(found, { known, blocks, calls, holdersOf }) {
  for (const [key, measures] of Object.entries(found)) Object.assign(known.get(key) ?? {}, measures);
  for (const block of blocks) {
    const inside = calls.filter((call) => found[call.key] && holdersOf(call.key).includes(block.key));
    if (inside.length) Object.assign(block, found[inside[inside.length - 1].key]);
  }
}
