// @ts-check
// The live drawing: a model's graph alone in its cell.
import { alive, onTraits, setTrait } from "../../web/live.js";
import { mountPlot } from "./js/graph.js";

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el }) {
  const unlive = alive(model, el, "kfx", "kfx-plot");
  const given = { facts: model.get("facts"), folding: model.get("folding"), drawing: model.get("drawing") };
  const plot = mountPlot(el, given, {
    selected: model.get("selected"),
    colour: model.get("colour"),
    onSelect: (key) => setTrait(model, "selected", key),
    onUnfold: (open) => setTrait(model, "unfolded", open),
    onColour: (by) => setTrait(model, "colour", by),
  });
  const stop = onTraits(model, { selected: plot.select, drawing: plot.redraw, colour: plot.recolour });
  return () => {
    stop();
    plot.destroy();
    unlive();
  };
}

export default { render };
