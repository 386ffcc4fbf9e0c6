// @ts-check
// A map of a drawing that is larger than its stage: a click goes there, the part that is seen has an outline.
import { keyListener, make, makeSvg } from "../../web/ui.js";

const WIDTH = 160; // px
const HEIGHT = 120;
const STEP = 60; // px of the stage that an arrow key moves

/** @import {Camera, Size} from "./js/camera.js" */
/** @typedef {{camera: Camera, drawing: Size, stage: Size}} View */

export class Overview {
  #scale = 1;
  #view = /** @type {View|null} */ (null);

  /** @param {(point: {x: number, y: number}) => void} go with a point of the drawing */
  constructor(go) {
    this.go = go;
    this.boxes = makeSvg("g", {});
    this.seen = makeSvg("rect", { class: "kfx-overview-seen", rx: 2 });
    const label = "Overview: arrow keys move the part that is seen, a click goes there";
    const props = { class: "kfx-overview", role: "group", tabindex: "0", "aria-label": label };
    this.svg = makeSvg("svg", { "aria-hidden": "true" }, this.boxes, this.seen);
    this.node = make("div", props, this.svg);
    this.node.style.display = "none";
    /** @param {PointerEvent} event */
    const point = (event) => {
      event.stopPropagation();
      if (event.type === "pointermove" && !event.buttons) return;
      const box = this.svg.getBoundingClientRect();
      go({ x: (event.clientX - box.left) / this.#scale, y: (event.clientY - box.top) / this.#scale });
    };
    for (const name of ["pointerdown", "pointermove"]) this.node.addEventListener(name, point);
    this.node.addEventListener("keydown", keyListener((/** @type {KeyboardEvent} */ event) => this.#step(event.key)));
  }

  /** Draw the boxes of another drawing. @param {import("./js/drawing.js").Place[]} places */
  show(places) {
    const rect = (/** @type {import("./js/drawing.js").Place} */ { x, y, w, h }) =>
      makeSvg("rect", { x, y, width: w, height: h, rx: 4 });
    this.boxes.replaceChildren(...places.map(rect));
  }

  /** Follow the camera. @param {View} view @param {boolean} needed whether some of the drawing is out of sight */
  update(view, needed) {
    this.#view = view;
    const { camera: { x, y, k }, drawing, stage } = view;
    const shown = needed && stage.w >= 2 * WIDTH;
    this.node.style.display = shown ? "" : "none";
    if (!shown) return;
    this.#scale = Math.min(WIDTH / drawing.w, HEIGHT / drawing.h);
    const [left, top] = [Math.max(0, -x / k), Math.max(0, -y / k)];
    const place = {
      x: left, y: top,
      width: Math.max(4, Math.min(drawing.w, (stage.w - x) / k) - left),
      height: Math.max(4, Math.min(drawing.h, (stage.h - y) / k) - top),
    };
    for (const [name, value] of Object.entries(place)) this.seen.setAttribute(name, value.toFixed(1));
    this.svg.setAttribute("width", String(Math.round(drawing.w * this.#scale)));
    this.svg.setAttribute("height", String(Math.round(drawing.h * this.#scale)));
    this.svg.setAttribute("viewBox", `0 0 ${drawing.w} ${drawing.h}`);
  }

  /** @param {string} key */
  #step(key) {
    const steps = /** @type {Record<string, [number, number]>} */ (
      { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] });
    const view = this.#view;
    if (!Object.hasOwn(steps, key) || !view) return null;
    const { camera: { x, y, k }, stage } = view;
    const [dx, dy] = steps[key];
    return () => this.go({ x: (stage.w / 2 - x + dx * STEP) / k, y: (stage.h / 2 - y + dy * STEP) / k });
  }
}
