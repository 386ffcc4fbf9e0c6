// @ts-check
// The live drawing: a model's graph alone in its cell.
import { alive, onTraits, setTrait } from "../../web/live.js";
import { mountPlot } from "./js/graph.js";

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el }) {
  const unlive = alive(model, el, "kfx", "kfx-plot");
  const plot = mountPlot(el, model, {
    colour: model.get("colour"),
    onSelect: (key) => setTrait(model, "selected", key),
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
