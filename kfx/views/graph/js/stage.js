// @ts-check
// A stage on which an SVG drawing is moved about: drag, two fingers, wheel and keys.
import { make, makeSvg } from "../../../web/ui.js";
import { fitCamera, firstCamera, stageHeight, zoomAt, keptInSight, bringIntoSight, detailAt, grownCamera, goesOn } from "./camera.js";

const STAGE_MOST = 640; // px of height
const STAGE_LEFT = 10; // px from the edge for a drawing that stands at the left
const ARROWS = /** @type {Record<string, string>} */ ({ up: "↑", left: "←", right: "→", down: "↓" });
const DRAG_FROM = 4; // px that a pointer moves before a press is a drag

/**
 * Make a stage. The page scrolls as ever: a plain wheel moves the drawing only while the focus is in it and there is more to see,
 * Ctrl or ⌘ with the wheel (a pinch on a touch pad) zooms.
 * @param {{most?: number, left?: boolean, onPress?: (target: Element, event: PointerEvent) => void}} [options] `most` px of height;
 *   `left`: a drawing smaller than the stage stands at its top left and not in its middle
 */
export function mountStage({ most = STAGE_MOST, left = false, onPress = () => {} } = {}) {
  const world = makeSvg("g", { class: "kfx-world" });
  const svg = makeSvg("svg", { class: "kfx-canvas" }, world);
  const more = make("div", { class: "kfx-more kfx-label", "aria-hidden": "true" });
  const node = make("div", { class: "kfx-stage" }, svg, more);
  let drawing = { w: 1, h: 1 };
  let first = { x: 0, y: 0 };
  let stage = { w: 0, h: 0 };
  let camera = { x: 0, y: 0, k: 1 };
  let told = /** @type {null | {x: number, y: number, w: number, h: number}[]} */ (null); // what is fresh in a drawing that grows
  let moved = false; // by the user: a new width then leaves the camera alone
  let frame = 0;
  /** @type {Map<number, {x: number, y: number}>} */
  const fingers = new Map();
  let drag = /** @type {null | {x: number, y: number, target: Element, far: boolean}} */ (null);

  const listeners = /** @type {[string, (event: any) => void, any?][]} */ ([
    ["wheel", wheel, { passive: false }], ["pointerdown", down], ["pointermove", move], ["pointerup", up], ["pointercancel", up],
  ]);
  for (const [name, listener, options] of listeners) node.addEventListener(name, listener, options);
  const watcher = new ResizeObserver(() => {
    if (node.clientWidth && node.clientWidth !== stage.w) measure();
  });
  watcher.observe(node);

  function measure() {
    const w = node.clientWidth;
    if (!w) return;
    stage = { w, h: stageHeight(drawing, w, most) };
    svg.style.height = `${stage.h}px`;
    node.classList.remove("kfx-cut");
    if (!moved && told) camera = grownCamera({ x: 0, y: 0 }, camera, told, drawing, stage, false);
    else if (!moved) {
      camera = firstCamera(drawing, stage, first);
      if (left) camera = { k: camera.k, x: Math.min(camera.x, STAGE_LEFT), y: Math.min(camera.y, STAGE_LEFT) };
    }
    paint();
  }

  function paint() {
    cancelAnimationFrame(frame);
    camera = keptInSight(camera, drawing, stage);
    world.setAttribute("transform", `translate(${camera.x.toFixed(2)},${camera.y.toFixed(2)}) scale(${camera.k.toFixed(4)})`);
    node.dataset.detail = detailAt(camera.k);
    const sides = goesOn(camera, drawing, stage);
    more.textContent = sides.length ? `goes on ${sides.map((side) => ARROWS[side]).join(" ")}` : "";
    if (sides.length) node.classList.add("kfx-cut"); // from then on the line has its room, so that nothing jumps while the drawing is moved
  }

  /** @param {import("./camera.js").Camera} next */
  function look(next, byUser = true) {
    camera = next;
    moved = moved || byUser;
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(paint);
  }

  /** @param {{clientX: number, clientY: number}} event */
  function pointOf(event) {
    const box = node.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  /** @param {WheelEvent} event */
  function wheel(event) {
    const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? stage.h : 1;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      look(zoomAt(camera, pointOf(event), Math.exp(-Math.max(-60, Math.min(60, event.deltaY * unit)) * 0.006)));
    } else if (node.contains(/** @type {any} */ (node.getRootNode()).activeElement)) {
      const inner = (/** @type {number} */ at, /** @type {number} */ size, /** @type {number} */ room, /** @type {number} */ by) =>
        by > 0 ? Math.max(Math.min(at, room - size * camera.k - 10), at - by) : Math.min(Math.max(at, 10), at - by);
      const next = { k: camera.k, x: inner(camera.x, drawing.w, stage.w, event.deltaX * unit), y: inner(camera.y, drawing.h, stage.h, event.deltaY * unit) };
      if (Math.abs(next.x - camera.x) + Math.abs(next.y - camera.y) < 1) return; // at the edge: the page scrolls on
      event.preventDefault();
      look(next);
    }
  }

  /** @param {PointerEvent} event */
  function down(event) {
    if (event.button) return;
    const at = pointOf(event);
    fingers.set(event.pointerId, at);
    if (fingers.size === 1) drag = { ...at, target: /** @type {Element} */ (event.target), far: false };
    else if (drag) drag.far = true;
  }

  /** @param {PointerEvent} event */
  function move(event) {
    const before = fingers.get(event.pointerId);
    if (!before || !drag) return;
    const at = pointOf(event);
    if (fingers.size === 2) {
      const other = /** @type {{x: number, y: number}} */ ([...fingers].find(([id]) => id !== event.pointerId)?.[1]);
      const apart = (/** @type {{x: number, y: number}} */ p) => Math.max(1, Math.hypot(p.x - other.x, p.y - other.y));
      look(zoomAt(camera, { x: (at.x + other.x) / 2, y: (at.y + other.y) / 2 }, apart(at) / apart(before)));
    } else if (drag.far || Math.hypot(at.x - drag.x, at.y - drag.y) > DRAG_FROM) {
      if (!drag.far) node.setPointerCapture(event.pointerId);
      drag.far = true;
      node.classList.add("kfx-dragging");
      look({ k: camera.k, x: camera.x + at.x - before.x, y: camera.y + at.y - before.y });
    }
    fingers.set(event.pointerId, at);
  }

  /** @param {PointerEvent} event */
  function up(event) {
    if (!fingers.delete(event.pointerId) || fingers.size || !drag) return;
    const pressed = !drag.far && event.type === "pointerup" ? drag.target : null;
    drag = null;
    node.classList.remove("kfx-dragging");
    if (pressed) onPress(pressed, event);
  }

  return {
    node,
    svg,
    world,
    /** Put a drawing on the stage. @param {Element[]} children @param {{w: number, h: number}} size */
    show(children, size) {
      world.replaceChildren(...children);
      drawing = size;
    },
    /** Look at it, at first from where `from` is seen. @param {{x: number, y: number}} from */
    begin(from) {
      first = from;
      measure();
    },
    camera: () => camera,
    look,
    /**
     * After a drawing has grown: what stood at a place stands there still, and what is fresh is brought into sight.
     * @param {{x: number, y: number}} shift of the drawing's own coordinates @param {import("./camera.js").Camera} was
     * @param {{x: number, y: number, w: number, h: number}[]} fresh
     */
    grow(shift, was, fresh) {
      told = fresh;
      if (stage.w) look(grownCamera(shift, was, fresh, drawing, stage, moved), false);
    },
    fit() {
      look(fitCamera(drawing, stage));
    },
    /** @param {number} factor */
    zoom(factor) {
      look(zoomAt(camera, { x: stage.w / 2, y: stage.h / 2 }, factor));
    },
    /** Bring a box into sight, with some px of what is around it. @param {{x: number, y: number, w: number, h: number}} box */
    reveal(box, around = 0) {
      const wider = { x: box.x - around, y: box.y - around, w: box.w + 2 * around, h: box.h + 2 * around };
      if (stage.w) look(bringIntoSight(camera, wider, stage));
    },
    destroy() {
      watcher.disconnect();
      cancelAnimationFrame(frame);
      for (const [name, listener] of listeners) node.removeEventListener(name, listener);
    },
  };
}
