// @ts-check
// The points on a canvas, tens of thousands of them: zoom, move, and draw a line around some.
import { isDark, make } from "../../../web/ui.js";
import { PointGrid } from "./geometry.js";

const NEAR_PX = 12; // from the pointer to a point that it means

/** @typedef {{colours: [string[], string[]], groups: Int16Array} | {levels: Uint8Array, ramps: Uint8Array[]}} Paint */

export class MapCanvas {
  zoom = 1;
  centre = [0.5, 0.5];
  cursor = -1;
  selected = /** @type {Set<number>} */ (new Set());
  bright = -1; // the group that is not dimmed, -1 for all
  paint = /** @type {Paint|null} */ (null);
  line = /** @type {number[]} */ ([]); // of the lasso, in px
  frame = 0;

  /** @param {Float32Array} points */
  constructor(points) {
    this.points = points;
    this.grid = new PointGrid(points);
    const help = "Map of examples: arrows walk from point to point, Enter selects, plus and minus zoom, Escape ends";
    this.canvas = make("canvas", { class: "kfx-embed-canvas", tabindex: "0", role: "application", "aria-label": help });
    this.sizes = new ResizeObserver(() => this.draw());
    this.sizes.observe(this.canvas);
  }

  /** px of the drawing: its width, height, and how many px the square from 0 to 1 is wide now. */
  get size() {
    const wide = this.canvas.clientWidth, tall = this.canvas.clientHeight;
    return { wide, tall, scale: Math.max(1, Math.min(wide, tall) - 24) * this.zoom };
  }

  /** A point's place in px. @param {number} n */
  pixel(n) {
    const { wide, tall, scale } = this.size;
    const x = (this.points[2 * n] - this.centre[0]) * scale + wide / 2;
    return [x, (this.points[2 * n + 1] - this.centre[1]) * scale + tall / 2];
  }

  /** The place in the square of a place in px. @param {number} x @param {number} y */
  place(x, y) {
    const { wide, tall, scale } = this.size;
    return [(x - wide / 2) / scale + this.centre[0], (y - tall / 2) / scale + this.centre[1]];
  }

  /** The point at a place in px, -1 for none. @param {number} x @param {number} y */
  at(x, y) {
    const [a, b] = this.place(x, y);
    return this.grid.nearest(a, b, NEAR_PX / this.size.scale);
  }

  /** Zoom around a place in px. @param {number} by @param {number} [x] @param {number} [y] */
  zoomAt(by, x = this.canvas.clientWidth / 2, y = this.canvas.clientHeight / 2) {
    const before = this.place(x, y);
    this.zoom = Math.min(400, Math.max(0.5, this.zoom * by));
    const after = this.place(x, y);
    this.centre = [this.centre[0] + before[0] - after[0], this.centre[1] + before[1] - after[1]];
    this.draw();
  }

  /** @param {number} dx @param {number} dy px */
  move(dx, dy) {
    const { scale } = this.size;
    this.centre = [this.centre[0] - dx / scale, this.centre[1] - dy / scale];
    this.draw();
  }

  fit() {
    this.zoom = 1;
    this.centre = [0.5, 0.5];
    this.draw();
  }

  /** Move the map so that the cursor is seen. */
  reveal() {
    const [x, y] = this.pixel(this.cursor), { wide, tall } = this.size;
    const over = (/** @type {number} */ at, /** @type {number} */ most) => {
      return Math.max(0, 20 - at) - Math.max(0, at - most + 20);
    };
    this.move(over(x, wide), over(y, tall));
  }

  draw() {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.drawNow();
    });
  }

  drawNow() {
    const { wide, tall, scale } = this.size;
    if (!wide || !tall) return;
    const ratio = window.devicePixelRatio || 1;
    if (this.canvas.width !== Math.round(wide * ratio)) this.canvas.width = Math.round(wide * ratio);
    if (this.canvas.height !== Math.round(tall * ratio)) this.canvas.height = Math.round(tall * ratio);
    const pen = this.canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, wide, tall);
    const count = this.points.length / 2;
    const side = Math.min(9, (count < 1000 ? 5 : count < 5000 ? 4 : 3) * Math.min(2, Math.sqrt(this.zoom)));
    pen.putImageData(this.dots(pen, Math.max(1, Math.round(side * ratio)), ratio), 0, 0);
    this.drawMarks(pen, side);
  }

  /**
   * All points as dots, tens of thousands in a few milliseconds.
   * @param {any} pen @param {number} side @param {number} ratio dots for each px
   */
  dots(pen, side, ratio) {
    const { wide, tall, scale } = this.size, { width, height } = this.canvas;
    const image = pen.createImageData(width, height), seen = new Uint32Array(image.data.buffer);
    const colourOf = this.colours(isDark(this.canvas)), zoom = scale * ratio;
    const left = ratio * wide / 2 - this.centre[0] * zoom - side / 2;
    const top = ratio * tall / 2 - this.centre[1] * zoom - side / 2;
    for (const dim of this.bright < 0 ? [false] : [true, false]) {
      for (let n = 0; 2 * n < this.points.length; n++) {
        const x = Math.round(this.points[2 * n] * zoom + left), y = Math.round(this.points[2 * n + 1] * zoom + top);
        if (!(x > -side && x < width && y > -side && y < height)) continue;
        if (this.bright >= 0 && this.isDim(n) !== dim) continue;
        const colour = (colourOf(n) | ((dim ? 30 : 255) << 24)) >>> 0;
        const first = Math.max(0, x), last = Math.min(width, x + side);
        for (let row = Math.max(0, y); row < Math.min(height, y + side); row++) {
          seen.fill(colour, row * width + first, row * width + last);
        }
      }
    }
    return image;
  }

  /** @param {number} n */
  isDim(n) {
    return this.paint !== null && "groups" in this.paint && this.paint.groups[n] !== this.bright;
  }

  /**
   * The colour of each point: blue, green and red in one number.
   * @param {boolean} dark @returns {(n: number) => number}
   */
  colours(dark) {
    const style = getComputedStyle(this.canvas), paint = this.paint;
    const grey = inOne(style.getPropertyValue("--kfx-line2").trim() || "#8d96a1");
    if (!paint) return () => grey;
    if ("levels" in paint) {
      const ramp = paint.ramps[dark ? 1 : 0];
      const table = Array.from({ length: 256 }, (_, i) => {
        return ramp[3 * i] | (ramp[3 * i + 1] << 8) | (ramp[3 * i + 2] << 16);
      });
      return (n) => table[paint.levels[n]];
    }
    const named = paint.colours[dark ? 1 : 0].map(inOne);
    const rest = named.length ? grey : inOne(style.getPropertyValue("--kfx-train").trim() || "#1d66c9");
    return (n) => named[paint.groups[n]] ?? rest;
  }

  /** Selected points, the cursor and the lasso. @param {any} pen @param {number} side */
  drawMarks(pen, side) {
    const style = getComputedStyle(this.canvas);
    pen.strokeStyle = style.getPropertyValue("--kfx-ink").trim() || "#000";
    pen.lineWidth = 1.2;
    if (this.selected.size <= 5000) {
      for (const n of this.selected) {
        const [x, y] = this.pixel(n);
        pen.strokeRect(x - side / 2 - 1, y - side / 2 - 1, side + 2, side + 2);
      }
    }
    pen.strokeStyle = style.getPropertyValue("--kfx-accent").trim() || "#0b57d0";
    pen.lineWidth = 2;
    if (this.cursor >= 0) {
      const [x, y] = this.pixel(this.cursor);
      pen.beginPath();
      pen.arc(x, y, side / 2 + 5, 0, 2 * Math.PI);
      pen.stroke();
    }
    if (this.line.length < 4) return;
    pen.setLineDash([4, 3]);
    pen.beginPath();
    for (let i = 0; i < this.line.length; i += 2) pen.lineTo(this.line[i], this.line[i + 1]);
    pen.closePath();
    pen.stroke();
    pen.setLineDash([]);
  }

  destroy() {
    cancelAnimationFrame(this.frame);
    this.sizes.disconnect();
  }
}

/** A colour "#rrggbb" as blue, green and red in one number. @param {string} colour */
function inOne(colour) {
  const red = parseInt(colour.slice(1, 3), 16), green = parseInt(colour.slice(3, 5), 16);
  return red | (green << 8) | (parseInt(colour.slice(5, 7), 16) << 16);
}
