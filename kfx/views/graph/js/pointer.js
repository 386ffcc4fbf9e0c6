// @ts-check
// Watch which box of a drawing the pointer or the focus is on.

/**
 * Listen to a drawing whose boxes have their number as `data-n`.
 * @param {Element} svg
 * @param {{onBox: (n: number) => void, onLeave: () => void, onFocus: (n: number, seen: boolean) => void}} calls `onBox`
 *   for a pointer over a box, `onLeave` when the pointer or the focus leaves for no other box, `onFocus` for the focus,
 *   `seen` where the keys moved it
 * @returns {() => void} stops listening
 */
export function watchBoxes(svg, { onBox, onLeave, onFocus }) {
  let pointer = ""; // where it was last
  const placeOnScreen = (/** @type {PointerEvent} */ event) => `${event.screenX} ${event.screenY}`;
  const boxAt = (/** @type {any} */ target) => /** @type {Element} */ (target).closest("[data-n]");
  const numberOf = (/** @type {Element|null} */ box) => Number(box?.getAttribute("data-n") ?? -1);

  /**
   * A pointer that rests while the drawing moves below it is ignored: what the keys have shown stays.
   * @param {PointerEvent} event
   */
  function moved(event) {
    const here = placeOnScreen(event);
    if (here === pointer) return;
    pointer = here;
    const n = numberOf(boxAt(event.target));
    if (n >= 0) onBox(n);
  }

  /** @param {PointerEvent} event */
  function left(event) {
    if (event.pointerType !== "mouse" || placeOnScreen(event) !== pointer) out(event);
  }

  /** @param {Event} event */
  function focused(event) {
    const box = boxAt(event.target);
    if (box) onFocus(numberOf(box), box.matches(":focus-visible"));
  }

  /** @param {any} event */
  function out(event) {
    if (!event.relatedTarget || !svg.contains(event.relatedTarget) || !boxAt(event.relatedTarget)) onLeave();
  }

  const listeners = /** @type {[string, (event: any) => void][]} */ (
    [["pointermove", moved], ["pointerout", left], ["focusin", focused], ["focusout", out]]);
  for (const [name, listener] of listeners) svg.addEventListener(name, listener);
  return () => listeners.forEach(([name, listener]) => svg.removeEventListener(name, listener));
}
