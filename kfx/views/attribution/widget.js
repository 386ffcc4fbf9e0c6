// @ts-check
// The live attribution view alone in its cell.
import { alive } from "../../web/live.js";
import { AttributionView } from "./js/attribution.js";

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el }) {
  const unlive = alive(model, el, "kfx");
  const view = new AttributionView(el, model);
  return () => {
    view.destroy();
    unlive();
  };
}

export default { render };
