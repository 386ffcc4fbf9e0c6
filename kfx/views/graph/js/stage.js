// @ts-check
// A stage for an SVG drawing: it holds the camera, follows its own width, and is moved by gestures.
import { onFonts } from "../../../web/fit_text.js";
import { make, makeSvg } from "../../../web/ui.js";
import {
  bringIntoSight, detailAt, firstCamera, fitCamera, goesOn, grownCamera, keptInSight, stageHeight, zoomAt,
} from "./camera.js";
import { watchGestures } from "./gestures.js";
import { Overview } from "../overview.js";

/** @import {Camera} from "./camera.js" */
/** @import {Place} from "./drawing.js" */
const STAGE_MOST = 640; // px of height
const STAGE_LEFT = 10; // px from the edge for a drawing that is placed at the left
const ARROWS = /** @type {Record<string, string>} */ ({ up: "↑", left: "←", right: "→", down: "↓" });

/**
 * The page scrolls as ever: a plain wheel moves the drawing only while the focus is in it and there is more to see,
 * Ctrl or ⌘ with the wheel (a pinch on a touch pad) zooms.
 */
export class Stage {
  #more = make("div", { class: "kfx-more kfx-label", "aria-hidden": "true" });
  #view = { camera: { x: 0, y: 0, k: 1 }, drawing: { w: 1, h: 1 }, stage: { w: 0, h: 0 } };
  #first = { x: 0, y: 0 };
  #fresh = /** @type {null | Place[]} */ (null); // new boxes of a drawing that grows
  #wanted = /** @type {null | Place} */ (null); // to be in sight until the user moves
  #moved = false; // by the user: a new width then leaves the camera alone
  #frame = 0;
  /** Called once the drawing is in the page, and again when its size, its level of detail or the fonts change. */
  onLook = () => {};

  /**
   * @param {boolean} left whether a drawing smaller than the stage is placed at its top left, not in its middle
   * @param {(target: Element) => void} onPress
   */
  constructor(left, onPress) {
    this.left = left;
    this.world = makeSvg("g", { class: "kfx-world" });
    this.svg = makeSvg("svg", { class: "kfx-canvas", role: "group" }, this.world);
    this.overview = new Overview((point) => this.#centre(point));
    this.node = make("div", { class: "kfx-stage" }, this.svg, this.#more, this.overview.node);
    watchGestures(this.node, { view: this.#view, look: (next) => this.look(next), onPress });
    this.watcher = new ResizeObserver(() => {
      if (this.node.clientWidth && this.node.clientWidth !== this.#view.stage.w) this.#measure();
    });
    this.watcher.observe(this.node);
    this.stopFonts = onFonts(() => this.#view.stage.w && this.onLook());
  }

  get camera() {
    return this.#view.camera;
  }

  #measure() {
    const w = this.node.clientWidth;
    if (!w) return;
    const view = this.#view;
    view.stage = { w, h: stageHeight(view.drawing, w, STAGE_MOST) };
    this.svg.style.height = `${view.stage.h}px`;
    this.node.classList.remove("kfx-cut");
    if (!this.#moved && this.#fresh) view.camera = this.#grown({ x: 0, y: 0 }, view.camera, this.#fresh);
    else if (!this.#moved) view.camera = this.#beginning();
    this.node.dataset.detail = "";
    if (!this.#moved && this.#wanted) view.camera = bringIntoSight(view.camera, this.#wanted, view.stage);
    this.#paint();
  }

  #beginning() {
    const { k, x, y } = firstCamera(this.#view.drawing, this.#view.stage, this.#first);
    return this.left ? { k, x: Math.min(x, STAGE_LEFT), y: Math.min(y, STAGE_LEFT) } : { k, x, y };
  }

  /** @param {{x: number, y: number}} shift @param {Camera} was @param {Place[]} fresh */
  #grown(shift, was, fresh) {
    return grownCamera(shift, was, fresh, this.#view.drawing, this.#view.stage, this.#moved);
  }

  #paint() {
    cancelAnimationFrame(this.#frame);
    const view = this.#view;
    view.camera = keptInSight(view.camera, view.drawing, view.stage);
    const { x, y, k } = view.camera;
    this.world.setAttribute("transform", `translate(${x.toFixed(2)},${y.toFixed(2)}) scale(${k.toFixed(4)})`);
    const detail = detailAt(k);
    if (this.node.dataset.detail !== detail) {
      this.node.dataset.detail = detail;
      this.onLook();
    }
    const sides = goesOn(view.camera, view.drawing, view.stage);
    this.overview.update(view, sides.length > 0);
    this.#more.textContent = sides.length ? `goes on ${sides.map((side) => ARROWS[side]).join(" ")}` : "";
    if (sides.length) this.node.classList.add("kfx-cut"); // the line keeps its room: nothing jumps during a drag
  }

  /** @param {Camera} next */
  look(next, byUser = true) {
    this.#view.camera = next;
    this.#moved = this.#moved || byUser;
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#paint());
  }

  /** Look at a point of the drawing from the middle of the stage. @param {{x: number, y: number}} point */
  #centre({ x, y }) {
    const { camera: { k }, stage } = this.#view;
    this.look({ k, x: stage.w / 2 - k * x, y: stage.h / 2 - k * y });
  }

  /** Put a drawing on the stage. @param {Element[]} children @param {{w: number, h: number}} size */
  show(children, size) {
    this.world.replaceChildren(...children);
    this.#view.drawing = size;
  }

  /** Look at it, at first from where `from` is seen. @param {{x: number, y: number}} from */
  begin(from) {
    this.#first = from;
    this.#measure();
  }

  /**
   * After a drawing has grown: what was at a place stays there, and new boxes are brought into sight.
   * @param {{x: number, y: number}} shift of the drawing's own coordinates @param {Camera} was @param {Place[]} fresh
   */
  grow(shift, was, fresh) {
    this.#fresh = fresh;
    if (this.#view.stage.w) this.look(this.#grown(shift, was, fresh), false);
  }

  fit() {
    this.look(fitCamera(this.#view.drawing, this.#view.stage));
  }

  /** @param {number} factor */
  zoom(factor) {
    const { camera, stage } = this.#view;
    this.look(zoomAt(camera, { x: stage.w / 2, y: stage.h / 2 }, factor));
  }

  /** Bring a box into sight, with some px of what is around it. @param {Place} box */
  reveal(box, around = 0) {
    const wider = { x: box.x - around, y: box.y - around, w: box.w + 2 * around, h: box.h + 2 * around };
    if (this.#view.stage.w) this.look(bringIntoSight(this.#view.camera, wider, this.#view.stage));
    else this.#wanted = wider;
  }

  destroy() {
    this.watcher.disconnect();
    this.stopFonts();
    cancelAnimationFrame(this.#frame);
  }
}
