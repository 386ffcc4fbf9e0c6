// @ts-check
// Values as colours, places of labels, and steps through a grid. Pure functions, no page.

export const NOT_FINITE_LEVEL = 255;

/**
 * An array out of a message's buffer, which may begin anywhere.
 * @param {DataView|Uint8Array|ArrayBuffer} view as the front end hands it over
 * @param {"u1"|"i4"|"f4"|"f8"} type
 * @returns {any}
 */
export function arrayOf(view, type) {
  const own = view instanceof ArrayBuffer;
  const bytes = own ? view : view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
  const kinds = { u1: Uint8Array, i4: Int32Array, f4: Float32Array, f8: Float64Array };
  return new kinds[type](/** @type {ArrayBuffer} */ (bytes));
}

/**
 * The colour of a value: 0 to 254 on a scale, 255 for what is not finite.
 * @param {number} value @param {number} low @param {number} high
 */
export function colourLevel(value, low, high) {
  if (!Number.isFinite(value)) return NOT_FINITE_LEVEL;
  if (high <= low) return value > high ? 254 : 0;
  return Math.min(254, Math.max(0, Math.round(((value - low) / (high - low)) * 254)));
}

/**
 * From a map's own bytes to the colours of a scale: byte 0 is the map's least value, 254 its greatest, 255 not finite.
 * @param {number} least @param {number} greatest @param {number} low @param {number} high
 */
export function levelTable(least, greatest, low, high) {
  const table = new Uint8Array(256);
  const step = (greatest - least) / 254;
  for (let level = 0; level < 255; level++) table[level] = colourLevel(least + step * level, low, high);
  table[255] = NOT_FINITE_LEVEL;
  return table;
}

/**
 * Fill pixels (RGBA) from colour numbers.
 * @param {Uint8ClampedArray} pixels @param {(i: number) => number} level @param {Uint8Array} ramp 256 RGB colours
 */
export function fillPixels(pixels, level, ramp) {
  for (let i = 0, at = 0; at < pixels.length; i++, at += 4) {
    const from = 3 * level(i);
    pixels[at] = ramp[from];
    pixels[at + 1] = ramp[from + 1];
    pixels[at + 2] = ramp[from + 2];
    pixels[at + 3] = 255;
  }
}

/**
 * One of the four ramps: upwards or around zero, light or dark.
 * @param {Uint8Array} ramps @param {boolean} signed @param {boolean} dark
 */
export function rampOf(ramps, signed, dark) {
  const which = signed ? (dark ? 2 : 1) : dark ? 3 : 0;
  return ramps.subarray(768 * which, 768 * (which + 1));
}

/** A scale that holds several. @param {{low: number, high: number, signed: boolean, clipped: boolean}[]} scales */
export function jointScale(scales) {
  const signed = scales.some((scale) => scale.signed);
  const high = Math.max(...scales.map((scale) => scale.high));
  return { signed, high, low: signed ? -high : 0, clipped: scales.some((scale) => scale.clipped || scale.high < high) };
}

/** The scale of one channel by itself. @param {number} least @param {number} greatest @param {boolean} signed */
export function ownScale(least, greatest, signed) {
  const far = Math.max(Math.abs(least), Math.abs(greatest)) || 1;
  const [low, high] = signed ? [-far, far] : [0, greatest > 0 ? greatest : 1];
  return { low, high, signed, clipped: false };
}

/**
 * The cell under a point of a box that shows rows × columns.
 * @param {number} x @param {number} y @param {{width: number, height: number}} box @param {number} rows
 * @param {number} columns
 */
export function cellUnder(x, y, box, rows, columns) {
  const within = (/** @type {number} */ share, /** @type {number} */ count) =>
    Math.min(count - 1, Math.max(0, Math.floor(share * count)));
  return { row: within(y / box.height, rows), column: within(x / box.width, columns) };
}

/**
 * The place in a grid that a key moves to; null for a key that does not move.
 * @param {string} key @param {number} at @param {number} count @param {number} columns
 */
export function gridStep(key, at, count, columns) {
  const moves = /** @type {Record<string, number>} */ ({
    ArrowRight: at + 1, ArrowLeft: at - 1, ArrowDown: at + columns, ArrowUp: at - columns, Home: 0, End: count - 1,
  });
  if (!Object.hasOwn(moves, key)) return null;
  const to = moves[key];
  return to < 0 || to >= count ? at : to;
}

/**
 * The number of maps to show so that the last row is full, as long as at least one row fits.
 * @param {number} most @param {number} width px of the grid, whose maps are 56 px wide with 8 px between them
 */
export function wholeRows(most, width) {
  const columns = Math.floor((width + 8) / 64);
  return columns < 2 || columns > most ? most : most - (most % columns);
}

/** @typedef {{left: number, right: number, top: number, bottom: number}} Box in px */

/**
 * The labels that find room, those before first: none covers another or a bar, none leaves the width. Each begins at
 * its bar's left edge, or else ends at its right one.
 * @param {{x: number, y: number, letters: number, right?: number}[]} wanted left and top, and its bar's right edge
 * @param {number} width px @param {Box[]} [bars]
 * @returns {({left: number, top: number}|null)[]} null where there is no room
 */
export function labelsApart(wanted, width, bars = []) {
  const taken = [...bars];
  return wanted.map(({ x, y, letters, right = x }) => {
    const wide = 7 * letters + 4;
    for (const from of [x, right - wide]) {
      const left = Math.max(0, Math.min(from, width - wide));
      const place = { left, right: left + wide, top: y, bottom: y + 14 };
      const covers = (/** @type {Box} */ other) =>
        left < other.right && other.left < place.right && y < other.bottom && other.top < place.bottom;
      if (taken.some(covers)) continue;
      taken.push(place);
      return { left, top: y };
    }
    return null;
  });
}

/**
 * Bars of a vector: with more than `most` values, each bar is the one of several that is farthest from zero.
 * @param {ArrayLike<number>} values @param {number} most
 */
export function barUnits(values, most) {
  const group = Math.max(1, Math.ceil(values.length / most));
  const units = [];
  for (let start = 0; start < values.length; start += group) {
    let best = start;
    for (let i = start; i < Math.min(start + group, values.length); i++) {
      if (!(Math.abs(values[i]) <= Math.abs(values[best]))) best = i; // NaN is far too
    }
    units.push(best);
  }
  return units;
}

/**
 * The units farthest from zero, the farthest first.
 * @param {ArrayLike<number>} values @param {number[]} units @param {number} count
 */
export function farthest(values, units, count) {
  const far = (/** @type {number} */ unit) => (Number.isFinite(values[unit]) ? Math.abs(values[unit]) : -1);
  return [...units].sort((a, b) => far(b) - far(a) || a - b).slice(0, count).filter((unit) => far(unit) > 0);
}

/**
 * Layers that match a search: every word in the address or the type.
 * @template {{label: string, type: string}} T @param {T[]} layers @param {string} text @returns {T[]}
 */
export function layersFound(layers, text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return layers.filter((layer) => words.every((word) => `${layer.label} ${layer.type}`.toLowerCase().includes(word)));
}
