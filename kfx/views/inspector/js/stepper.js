// @ts-check
// One example after the other.
import { countText } from "../../../web/numbers.js";
import { button, make } from "../../../web/ui.js";

/** ‹ example 1 of 6 ›, by buttons or by typing. @param {number} count @param {(to: number) => void} onChange */
export function exampleStepper(count, onChange) {
  let now = 0;
  const change = () => {
    const typed = Math.round(Number(input.value));
    if (Number.isFinite(typed) && typed >= 1 && typed <= count) onChange(typed - 1);
    input.value = String(now + 1);
  };
  const on = { change, keydown: (/** @type {Event} */ event) => event.stopPropagation() };
  const label = { "aria-label": `Example, 1 to ${count}` };
  const input = make("input", { type: "text", inputmode: "numeric", class: "kfx-number", ...label, on });
  const step = (/** @type {number} */ by) => onChange(Math.max(0, Math.min(count - 1, now + by)));
  const [before, next] = ["The example before", "The next example"];
  const back = button("‹", () => step(-1), { "aria-label": before, title: `${before} (,)` });
  const forth = button("›", () => step(1), { "aria-label": next, title: `${next} (.)` });
  const word = make("span", { class: "kfx-word", text: "example" });
  const node = make("div", { class: "kfx-example kfx-label" }, back, word, input, ` of ${countText(count)}`, forth);
  return {
    node,
    /** @param {number} to */
    set(to) {
      now = to;
      input.value = String(to + 1);
      back.disabled = to <= 0;
      forth.disabled = to >= count - 1;
    },
  };
}
