// @ts-check
// A live view takes the place of its static face.

const PLACED_WITHIN_MS = 10_000;

/**
 * As much of a widget's model as the scripts use.
 * @typedef {{get(name: string): any, set(name: string, value: any): void, save_changes(): void,
 *   on(name: string, listener: any): void, off(name: string, listener: any): void}} WidgetModel
 */

/** Write a trait and send it to the kernel. @param {WidgetModel} model @param {string} name @param {any} value */
export function setTrait(model, name, value) {
  model.set(name, value);
  model.save_changes();
}

export const KERNEL_GONE = "The kernel that computed this is gone: run the cell again.";

/** Whether the front end has lost the kernel of the view that a node is in. @param {Element} node */
export function isKernelGone(node) {
  return Boolean(node.closest(".kfx-gone, .jupyter-widgets-disconnected")); // the second by ipywidgets' own views
}

/**
 * Call a function with a trait's new value whenever it changes.
 * @param {WidgetModel} model @param {Record<string, (value: any) => void>} listeners by the names of the traits
 * @returns {() => void} stops listening
 */
export function onTraits(model, listeners) {
  const added = Object.entries(listeners).map(([name, listener]) => {
    const changed = () => listener(model.get(name));
    model.on(`change:${name}`, changed);
    return () => model.off(`change:${name}`, changed);
  });
  return () => added.forEach((remove) => remove());
}

/**
 * Mark `el` as live, so that the static face of the same view is hidden while it is. Call it first in `render`.
 *
 * In Jupyter front ends the style sheet of the static face hides it beside `.kfx-live` or `.kfx-w-` and its slot;
 * elsewhere (VS Code, Colab, the classic Notebook) this does, also for a face that is written later, when a run is
 * over: its slot comes shortly before it.
 * @param {Pick<WidgetModel, "get" | "on" | "off">} model the widget's model, with the trait `slot`
 * @param {HTMLElement} el the widget's own element
 * @param {...string} classes further classes of `el` while the view is live
 * @returns {() => void} takes it back; call it in the cleanup of `render`
 */
export function alive(model, el, ...classes) {
  el.classList.add("kfx-live", ...classes);
  /** @type {HTMLElement[]} */
  const hidden = [];
  let later = /** @type {any[]} */ ([]);
  let slots = /** @type {string[]} */ ([]); // the one slot, as far as there is one
  const placing = new MutationObserver(hide);
  const stop = () => {
    placing.disconnect();
    later.forEach(clearTimeout);
  };
  function hide() {
    if (el.closest(".jp-OutputArea")) return stop();
    for (const face of [...slots.flatMap((slot) => staticFaces(el, slot)), ...announcements(el)]) {
      if (face.hidden) continue;
      face.hidden = true;
      hidden.push(face);
    }
  }
  const watch = () => { // the front end may still be placing the outputs
    stop();
    el.classList.remove(...slots.map((slot) => `kfx-w-${slot}`));
    slots = [model.get("slot") || ""].filter((slot) => /^[0-9a-f]+$/.test(slot));
    el.classList.add(...slots.map((slot) => `kfx-w-${slot}`));
    placing.observe(document.body, { childList: true, subtree: true });
    later = [...[100, 1000].map((ms) => setTimeout(hide, ms)), setTimeout(stop, PLACED_WITHIN_MS)];
    hide();
  };
  let gone = false;
  /** The kernel restarted, or is back. @this {any} the front end's view, where listeners are called on it */
  function kernelChanged() {
    const live = this?.model?.comm_live;
    gone = typeof live === "boolean" ? !live : !gone;
    el.classList.toggle("kfx-gone", gone);
  }
  watch();
  model.on("change:slot", watch);
  model.on("comm_live_update", kernelChanged);
  return () => {
    model.off("change:slot", watch);
    model.off("comm_live_update", kernelChanged);
    stop();
    el.classList.remove("kfx-live", "kfx-gone", ...classes);
    for (const face of hidden) face.hidden = false;
  };
}

/**
 * The sentence that announced a run, where it comes right before the run's view.
 * @param {HTMLElement} el
 * @returns {HTMLElement[]}
 */
function announcements(el) {
  for (let at = /** @type {Element|null} */ (el); at; at = at.parentElement) {
    const before = at.previousElementSibling;
    const found = before ? [...before.querySelectorAll(".kfx-begun")] : [];
    if (found.length) return before?.querySelector(".kfx-live") ? [] : /** @type {HTMLElement[]} */ (found);
  }
  return [];
}

/**
 * The static faces of one slot that are nearest to `el`: another cell that shows the same model keeps its own.
 * @param {HTMLElement} el
 * @param {string} slot
 * @returns {HTMLElement[]}
 */
function staticFaces(el, slot) {
  /** @type {any} */
  let around = el;
  while ((around = around.parentNode || around.host)) {
    const found = around.querySelectorAll ? around.querySelectorAll(".kfx-s-" + slot) : [];
    if (found.length) return [...found];
  }
  return [];
}
