// @ts-check
// The live summary: a model's table alone in its cell.
import { alive, onTraits, setTrait } from "../../web/live.js";
import { SummaryTable } from "./table.js";

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el }) {
  const unlive = alive(model, el, "kfx", "kfx-summary");
  const table = new SummaryTable(el, model.get("facts"), {
    selected: model.get("selected"),
    unfolded: model.get("unfolded"),
    trainable: model.get("trainable"),
    only: model.get("only"),
    onSelect: (key) => setTrait(model, "selected", key),
  });
  const stop = onTraits(model, { selected: (key) => table.select(key) });
  return () => {
    stop();
    table.destroy();
    unlive();
  };
}

export default { render };
