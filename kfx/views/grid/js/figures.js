// @ts-check
// Numbers of a map as texts, as `kfx.views.grid.facts.number_words` writes them. Pure functions, no page.

/**
 * `+1.32` a change, `84 %` a share, `0.0132` a value, `3` a rank from 1.
 * @param {number} value @param {string} form
 */
export function figureText(value, form) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "−∞";
  if (form === "share") {
    const text = `${(100 * value).toFixed(0)} %`;
    return text === "-0 %" ? "0 %" : text.replace("-", "−");
  }
  if (form === "rank") return Math.round(value).toLocaleString("en");
  const text = shortFigure(value);
  return form === "change" && value > 0 && text !== "0" ? `+${text}` : text;
}

/** @param {number} value */
function shortFigure(value) {
  const size = Math.abs(value);
  if (size < 5e-7) return "0";
  if (size >= 1e5 || size < 1e-3) {
    const [digits, power] = value.toExponential(1).split("e");
    const sign = power[0];
    return `${digits}e${sign}${power.slice(1).padStart(2, "0")}`.replaceAll("-", "−");
  }
  const digits = size >= 1000 ? 0 : size >= 0.01 ? 2 : 4;
  const fixed = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return value.toLocaleString("en", fixed).replace("-", "−");
}

/**
 * Whether white has more contrast on a colour than black, as WCAG defines it.
 * @param {Uint8Array} ramp @param {number} level
 */
export function isDarkLevel(ramp, level) {
  const at = 3 * level;
  const part = (/** @type {number} */ i) => (ramp[at + i] / 255) ** 2.2;
  return 0.2126 * part(0) + 0.7152 * part(1) + 0.0722 * part(2) < 0.179;
}

/**
 * The first of the columns to draw, so that one is among them.
 * @param {number} column @param {number} first those drawn now @param {number} most @param {number} count
 */
export function firstColumn(column, first, most, count) {
  if (column >= first && column < first + most) return first;
  return Math.max(0, Math.min(count - most, column - Math.floor(most / 2)));
}
