// @ts-check
// A live view takes the place of its static face.

/**
 * Mark `el` as live, so that the static face of the same view is hidden while it is. Call it first in `render`.
 *
 * In Jupyter front ends the style sheet of the static face hides it beside `.kfx-live`; elsewhere (VS Code, Colab) this does.
 * @param {{get(name: string): any}} model the widget's model, with the trait `slot`
 * @param {HTMLElement} el the widget's own element
 * @returns {() => void} takes it back; call it in the cleanup of `render`
 */
export function alive(model, el) {
  el.classList.add("kfx-live");
  /** @type {HTMLElement[]} */
  const hidden = [];
  const hide = () => {
    if (el.closest(".jp-OutputArea")) return;
    for (const face of staticFaces(el, model.get("slot"))) {
      if (face.hidden) continue;
      face.hidden = true;
      hidden.push(face);
    }
  };
  hide();
  const later = [100, 1000].map((ms) => setTimeout(hide, ms)); // a front end may still be placing the outputs
  return () => {
    later.forEach(clearTimeout);
    el.classList.remove("kfx-live");
    for (const face of hidden) face.hidden = false;
  };
}

/**
 * The static faces of one slot that stand nearest to `el`: another cell that shows the same model keeps its own.
 * @param {HTMLElement} el
 * @param {string} slot
 * @returns {HTMLElement[]}
 */
export function staticFaces(el, slot) {
  if (!/^[0-9a-f]+$/.test(slot || "")) return [];
  /** @type {any} */
  let around = el;
  while ((around = around.parentNode || around.host)) {
    const found = around.querySelectorAll ? around.querySelectorAll(".kfx-s-" + slot) : [];
    if (found.length) return [...found];
  }
  return [];
}
