// @ts-check
// The path of a line and the ink on a colour. Pure functions, no page.

/**
 * The path of a series in a box of 1000 × 100, with a gap where a value is not finite.
 * @param {Float32Array|number[]} values
 */
export function linePath(values) {
  const finite = [...values].filter(Number.isFinite);
  const low = Math.min(...finite);
  const span = Math.max(...finite) - low || 1;
  let pen = "M";
  let path = "";
  values.forEach((value, n) => {
    if (!Number.isFinite(value)) {
      pen = "M";
      return;
    }
    const x = (1000 * (n + 0.5)) / values.length;
    path += `${pen}${x.toFixed(1)} ${(95 - (90 * (value - low)) / span).toFixed(1)}`;
    pen = "L";
  });
  return path;
}

/** Letters that are read on a ground. @param {number} r @param {number} g @param {number} b */
export function wordInk(r, g, b) {
  return 0.299 * r + 0.587 * g + 0.114 * b > 115 ? "var(--kfx-on-bright)" : "#fff";
}

/**
 * The path of a curve in a box of 160 × 64, from the greatest to the least of both curves.
 * @param {number[]} values @param {number} low @param {number} high
 */
export function curvePath(values, low, high) {
  const span = high - low || 1;
  return values
    .map((value, n) => {
      const x = (160 * n) / (values.length - 1);
      return `${n ? "L" : "M"}${x.toFixed(1)} ${(62 - (60 * (value - low)) / span).toFixed(1)}`;
    })
    .join("");
}
