// @ts-check
// The live inspector alone in its cell.
import { alive } from "../../web/live.js";
import { Inspector } from "./js/inspector.js";

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el }) {
  const unlive = alive(model, el, "kfx", "kfx-inspector");
  const inspector = new Inspector(el, model);
  return () => {
    inspector.destroy();
    unlive();
  };
}

export default { render };
