// @ts-check
// The live summary: a model's table alone in its cell.
import { alive } from "../../web/live.js";
import { mountSummary } from "./table.js";

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el }) {
  const unlive = alive(model, el);
  el.classList.add("kfx", "kfx-summary");
  const table = mountSummary(el, model.get("facts"), {
    selected: model.get("selected"),
    unfolded: model.get("unfolded"),
    trainable: model.get("trainable"),
    only: model.get("only"),
    onSelect: (key) => {
      model.set("selected", key);
      model.save_changes();
    },
  });
  const follow = () => table.select(model.get("selected"));
  model.on("change:selected", follow);
  return () => {
    model.off("change:selected", follow);
    table.destroy();
    el.classList.remove("kfx", "kfx-summary");
    unlive();
  };
}

export default { render };
