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

/**
 * A scale over values: zero is step 0, the largest is step 6; logarithmic where the largest is over 100 times the
 * smallest above zero.
 * @param {(number|null)[]} values null where unknown
 * @returns {{log: boolean, low: number, high: number, step: (value: number|null) => number|null}}
 */
export function rampOver(values) {
  const known = /** @type {number[]} */ (values.filter((value) => value !== null && value > 0));
  const high = known.reduce((a, b) => Math.max(a, b), 0);
  const low = known.reduce((a, b) => Math.min(a, b), high);
  const log = low > 0 && high / low > 100;
  return {
    log, low, high,
    step: (value) => {
      if (value === null) return null;
      if (value <= 0 || high === 0) return 0;
      const share = log ? Math.log(value / low) / Math.log(high / low) : value / high;
      return Math.min(6, Math.max(1, Math.ceil(share * 6)));
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
