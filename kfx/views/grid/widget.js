// @ts-check
// The live map alone in its cell.
import { alive } from "../../web/live.js";
import { GridMapView } from "./js/grid.js";

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el }) {
  const unlive = alive(model, el, "kfx");
  const view = new GridMapView(el, model);
  return () => {
    view.destroy();
    unlive();
  };
}

export default { render };
