// @ts-check
// The live map of examples alone in its cell.
import { alive } from "../../web/live.js";
import { EmbeddingPage } from "./js/embedding.js";

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el }) {
  const unlive = alive(model, el, "kfx");
  const view = new EmbeddingPage(el, model);
  return () => {
    view.destroy();
    unlive();
  };
}

export default { render };
