// @ts-check
// One example after the other.
import { button, make } from "../../../web/ui.js";

/** ‹ example 1 of 6 ›, by buttons or by typing. @param {number} count @param {(to: number) => void} onChange */
export function exampleStepper(count, onChange) {
  let now = 0;
  const input = make("input", { type: "text", inputmode: "numeric", class: "kfx-number", "aria-label": `Example, 1 to ${count}`, on: {
    change: () => {
      const typed = Math.round(Number(input.value));
      if (Number.isFinite(typed) && typed >= 1 && typed <= count) onChange(typed - 1);
      input.value = String(now + 1);
    },
    keydown: (/** @type {Event} */ event) => event.stopPropagation(),
  } });
  const back = button("‹", () => onChange(Math.max(0, now - 1)), { "aria-label": "The example before", title: "The example before (,)" });
  const forth = button("›", () => onChange(Math.min(count - 1, now + 1)), { "aria-label": "The next example", title: "The next example (.)" });
  const node = make("div", { class: "kfx-example kfx-label" }, back, make("span", { class: "kfx-word", text: "example" }), input, ` of ${count.toLocaleString("en")}`, forth);
  return {
    node,
    at: () => now,
    /** @param {number} to */
    set(to) {
      now = to;
      input.value = String(to + 1);
      back.disabled = to <= 0;
      forth.disabled = to >= count - 1;
    },
  };
}
