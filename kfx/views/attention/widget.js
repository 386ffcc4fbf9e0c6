// @ts-check
// The live attention view alone in its cell.
import { alive } from "../../web/live.js";
import { AttentionView } from "./js/attention.js";

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el }) {
  const unlive = alive(model, el, "kfx");
  const view = new AttentionView(el, model);
  return () => {
    view.destroy();
    unlive();
  };
}

export default { render };
