// @ts-check
// A mistake around fit: the flow of the data with what clashes in red, and at its right the explanation.
import { alive } from "../../web/live.js";
import { make } from "../../web/ui.js";
import { mountMistake } from "./panel.js";

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el }) {
  const unlive = alive(model, el, "kfx", "kfx-fit-mistake");
  const panel = make("div", { class: "kfx-sketch-mistake" });
  const flow = make("div", { class: "kfx-fit-flow" });
  const drawing = model.get("svg");
  if (drawing) {
    const parsed = new DOMParser().parseFromString(drawing, "image/svg+xml").documentElement;
    parsed.classList.add("kfx-canvas");
    flow.append(document.importNode(parsed, true));
  }
  const unmount = mountMistake(panel, model.get("mistake"));
  const head = make("div", { class: "kfx-fit-head" }, ...[...panel.children].slice(0, 2));
  el.append(head, make("div", { class: "kfx-fit-columns" }, flow, panel));
  return () => {
    unmount();
    el.replaceChildren();
    unlive();
  };
}

export default { render };
