// @ts-check
// The line between graph and table, which can be moved by pointer and by keys.
import { keyListener, make } from "../../web/ui.js";

const LEAST_SIDE = 240; // px of either side
const NUDGE = 24;

/**
 * @param {HTMLElement} columns a grid whose first column is `--kfx-left` wide @param {HTMLElement} left what is in it
 * @returns {HTMLElement}
 */
export function splitter(columns, left) {
  const label = "Width of the graph";
  const props = { role: "separator", "aria-orientation": "vertical", "aria-label": label, tabindex: "0" };
  const node = make("div", { class: "kfx-splitter", ...props });

  /** @param {number} width px */
  function set(width) {
    const all = columns.clientWidth;
    if (!all) return;
    const held = Math.round(Math.min(all - LEAST_SIDE, Math.max(LEAST_SIDE, width)));
    columns.style.setProperty("--kfx-left", `${held}px`);
    tell();
  }

  /** Keep the value that a screen reader says. */
  function tell() {
    const share = Math.round((100 * left.clientWidth) / Math.max(1, columns.clientWidth));
    node.setAttribute("aria-valuenow", String(share));
  }

  for (const [name, value] of [["aria-valuemin", "0"], ["aria-valuemax", "100"], ["aria-valuenow", "33"]])
    node.setAttribute(name, value);
  /** @type {Record<string, () => void>} */
  const keys = {
    ArrowLeft: () => set(left.offsetWidth - NUDGE),
    ArrowRight: () => set(left.offsetWidth + NUDGE),
    Home: () => set(LEAST_SIDE),
    End: () => set(Infinity),
  };
  const pressed = keyListener(({ key }) => Object.hasOwn(keys, key) && keys[key]);
  node.addEventListener("keydown", pressed);
  node.addEventListener("focus", tell);
  node.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
    if (event.button) return;
    event.preventDefault();
    node.focus();
    node.setPointerCapture(event.pointerId);
  });
  node.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
    if (node.hasPointerCapture(event.pointerId)) set(event.clientX - columns.getBoundingClientRect().left);
  });
  node.addEventListener("dblclick", () => columns.style.removeProperty("--kfx-left"));
  return node;
}
