// @ts-check
// Points in a plane: which are inside a line, which is nearest, which is the next one in a direction. Pure functions.

const CELLS = 128; // of the grid, a side

/**
 * Whether a place is inside a closed line.
 * @param {number} x @param {number} y @param {number[]} line x and y by turns
 */
export function isInside(x, y, line) {
  let inside = false;
  for (let i = 0, j = line.length - 2; i < line.length; j = i, i += 2) {
    if (line[i + 1] > y === line[j + 1] > y) continue;
    const along = (y - line[i + 1]) / (line[j + 1] - line[i + 1]);
    if (x < line[i] + (line[j] - line[i]) * along) inside = !inside;
  }
  return inside;
}

/** The numbers of the points inside a closed line. @param {Float32Array} points @param {number[]} line */
export function pointsInside(points, line) {
  const found = [];
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let i = 0; i < line.length; i += 2) {
    left = Math.min(left, line[i]);
    right = Math.max(right, line[i]);
    top = Math.min(top, line[i + 1]);
    bottom = Math.max(bottom, line[i + 1]);
  }
  for (let n = 0; 2 * n < points.length; n++) {
    const x = points[2 * n], y = points[2 * n + 1];
    if (x >= left && x <= right && y >= top && y <= bottom && isInside(x, y, line)) found.push(n);
  }
  return found;
}

/** Finds points by their place. */
export class PointGrid {
  cells = /** @type {Map<number, number[]>} */ (new Map());

  /** @param {Float32Array} points x and y by turns, from 0 to 1; NaN for none */
  constructor(points) {
    this.points = points;
    for (let n = 0; 2 * n < points.length; n++) {
      const key = cellOf(points[2 * n]) * CELLS + cellOf(points[2 * n + 1]);
      if (Number.isNaN(points[2 * n])) continue;
      const cell = this.cells.get(key);
      if (cell) cell.push(n);
      else this.cells.set(key, [n]);
    }
  }

  /**
   * The point nearest to a place, or -1 for none within `most`.
   * @param {number} x @param {number} y @param {number} most
   */
  nearest(x, y, most) {
    let best = -1, least = most * most;
    for (let i = cellOf(x - most); i <= cellOf(x + most); i++) {
      for (let j = cellOf(y - most); j <= cellOf(y + most); j++) {
        for (const n of this.cells.get(i * CELLS + j) ?? []) {
          const far = (this.points[2 * n] - x) ** 2 + (this.points[2 * n + 1] - y) ** 2;
          if (far < least) [best, least] = [n, far];
        }
      }
    }
    return best;
  }
}

/** @param {number} x */
function cellOf(x) {
  return Math.min(CELLS - 1, Math.max(0, Math.floor(x * CELLS)));
}

/**
 * The nearest point that lies more in a direction than aside; -1 for none.
 * @param {Float32Array} points @param {number} from @param {number} dx @param {number} dy
 */
export function nextPoint(points, from, dx, dy) {
  let best = -1, least = Infinity;
  for (let n = 0; 2 * n < points.length; n++) {
    const x = points[2 * n] - points[2 * from], y = points[2 * n + 1] - points[2 * from + 1];
    const along = x * dx + y * dy, aside = Math.abs(x * dy - y * dx);
    if (n === from || !(along > 0) || aside > along) continue;
    const far = along + 2 * aside;
    if (far < least) [best, least] = [n, far];
  }
  return best;
}
