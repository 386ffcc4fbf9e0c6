// @ts-check
// Colour by quantity: the facts that can colour a drawing, and the step of a value on a ramp. Pure functions.

/** @typedef {{text: string, words: string, unit: string}} Quantity `words`: the fact in words; `unit`: in the legend */

/** The facts that can colour every drawing. @type {Record<string, Quantity>} */
export const QUANTITIES = {
  params: { text: "Parameters", words: "paramsShort", unit: "parameters" },
  flops: { text: "FLOPs", words: "flopsText", unit: "FLOPs" },
  memory: { text: "Memory", words: "memoryText", unit: "of activations" },
};

/** Those that can colour a drawing beside some data, once it has been measured. @type {Record<string, Quantity>} */
export const MEASURES = {
  size: { text: "Values", words: "sizeText", unit: "root mean square of the values" },
  zeros: { text: "Zeros", words: "zerosText", unit: "of the values are zero" },
};

const LOG_FROM = 20; // times the smallest that the largest is, from which on a ramp is logarithmic
const EQUAL_BELOW = 1.05;

/**
 * A scale from the smallest to the largest value above zero: zero is step 0, the smallest step 1, the largest step 6;
 * logarithmic where the largest is over 20 times the smallest. Nearly equal values have no steps.
 * @param {(number|null)[]} values of what is drawn, null where unknown
 * @returns {{log: boolean, equal: boolean, low: number, high: number, share: (value: number) => number,
 *   step: (value: number|null) => number|null}}
 */
export function rampOver(values) {
  const known = /** @type {number[]} */ (values.filter((value) => value !== null && value > 0));
  const high = known.reduce((a, b) => Math.max(a, b), 0);
  const low = known.reduce((a, b) => Math.min(a, b), high);
  const log = low > 0 && high / low > LOG_FROM;
  const equal = known.length > 1 && high / low < EQUAL_BELOW;
  const share = (/** @type {number} */ value) =>
    high === low ? 1 : log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
  return {
    log, equal, low, high, share,
    step: (value) => {
      if (value === null || (equal && value > 0)) return null;
      if (value <= 0 || high === 0) return 0;
      return Math.min(6, Math.max(1, 1 + Math.round(share(value) * 5)));
    },
  };
}

/**
 * The step of a layer's or block's ability to learn.
 * @param {string} trains "yes", "no", "partly" or "" @returns {number}
 */
export function trainStep(trains) {
  return { yes: 4, partly: 2, no: 1 }[trains] ?? 0;
}
