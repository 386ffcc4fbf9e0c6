// @ts-check
// Numbers as texts.

/**
 * A value to six digits, as a reader checks it against NumPy: `444.213`, `0.0132`, `NaN`, `−3`.
 * @param {number} value
 */
export function valueText(value) {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "Inf" : "−Inf";
  const size = Math.abs(value);
  const whole = Number.isInteger(value) && size < 1e15;
  const short = Number(value.toPrecision(6));
  const far = size !== 0 && (size < 1e-4 || size >= 1e9);
  const text = whole ? String(value) : far ? short.toExponential() : String(short);
  return Object.is(value, -0) ? "0" : text.replace(/^-/, "−");
}

/** A value to three digits, for a legend or a bar. @param {number} value */
export function shortText(value) {
  const short = Number(value.toPrecision(3));
  const thousands = Math.abs(value) >= 1000 && Math.abs(value) < 1e6;
  return thousands ? short.toLocaleString("en").replace("-", "−") : valueText(short);
}

/** A count with commas between thousands: `1,041`. @param {number} count */
export function countText(count) {
  return count.toLocaleString("en");
}

/** The number of hits among all: `3 of 1,041`. @param {number} found @param {number} all */
export function foundText(found, all) {
  return `${countText(found)} of ${countText(all)}`;
}
