// @ts-check
// The live evaluation view alone in its cell.
import { alive } from "../../web/live.js";
import { EvaluationPage } from "./js/evaluation.js";

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el }) {
  const unlive = alive(model, el, "kfx");
  const view = new EvaluationPage(el, model);
  return () => {
    view.destroy();
    unlive();
  };
}

export default { render };
