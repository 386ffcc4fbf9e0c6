// @ts-check
// Move and zoom a drawing by hand: drag, two fingers, wheel.
import { scrolledCamera, zoomAt } from "./camera.js";

/** @import {Camera, Point, Size} from "./camera.js" */
const DRAG_FROM = 4; // px that a pointer moves before a press is a drag

/**
 * Listen to pointers and wheel on a stage.
 * @param {HTMLElement} node
 * @param {{view: {camera: Camera, drawing: Size, stage: Size}, look: (next: Camera) => void,
 *   onPress: (target: Element) => void}} stage `view` is read at each event
 */
export function watchGestures(node, { view, look, onPress }) {
  const fingers = /** @type {Map<number, Point>} */ (new Map());
  let drag = /** @type {null | {x: number, y: number, target: Element, far: boolean}} */ (null);

  /** @param {{clientX: number, clientY: number}} event @returns {Point} */
  function pointOf(event) {
    const box = node.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  /** @param {WheelEvent} event */
  function wheel(event) {
    const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? view.stage.h : 1;
    const by = { x: event.deltaX * unit, y: event.deltaY * unit };
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      look(zoomAt(view.camera, pointOf(event), Math.exp(-Math.max(-60, Math.min(60, by.y)) * 0.006)));
    } else if (node.contains(/** @type {any} */ (node.getRootNode()).activeElement)) {
      const next = scrolledCamera(view.camera, by, view.drawing, view.stage);
      const px = Math.abs(next.x - view.camera.x) + Math.abs(next.y - view.camera.y);
      if (px < 1) return; // at the edge the page scrolls on
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
    const { camera } = view;
    const at = pointOf(event);
    if (fingers.size === 2) {
      const other = /** @type {Point} */ ([...fingers].find(([id]) => id !== event.pointerId)?.[1]);
      const apart = (/** @type {Point} */ p) => Math.max(1, Math.hypot(p.x - other.x, p.y - other.y));
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
    if (pressed) onPress(pressed);
  }

  node.addEventListener("wheel", wheel, { passive: false });
  node.addEventListener("pointerdown", down);
  node.addEventListener("pointermove", move);
  for (const end of /** @type {const} */ (["pointerup", "pointercancel"])) node.addEventListener(end, up);
}
