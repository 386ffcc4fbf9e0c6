// @ts-check
// The live drawing: a model's graph alone in its cell.
import { alive } from "../../web/live.js";
import { mountPlot } from "./js/graph.js";

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el }) {
  const unlive = alive(model, el);
  el.classList.add("kfx", "kfx-plot");
  const tell = (/** @type {string} */ name, /** @type {any} */ value) => {
    model.set(name, value);
    model.save_changes();
  };
  const plot = mountPlot(el, { facts: model.get("facts"), folding: model.get("folding"), drawing: model.get("drawing") }, {
    selected: model.get("selected"),
    colour: model.get("colour"),
    onSelect: (key) => tell("selected", key),
    onUnfold: (open) => tell("unfolded", open),
    onColour: (by) => tell("colour", by),
  });
  const follow = /** @type {[string, () => void][]} */ ([
    ["change:selected", () => plot.select(model.get("selected"))],
    ["change:drawing", () => plot.redraw(model.get("drawing"))],
    ["change:colour", () => plot.recolour(model.get("colour"))],
  ]);
  for (const [name, listener] of follow) model.on(name, listener);
  return () => {
    for (const [name, listener] of follow) model.off(name, listener);
    plot.destroy();
    el.classList.remove("kfx", "kfx-plot");
    unlive();
  };
}

export default { render };
