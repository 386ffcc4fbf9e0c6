// @ts-check
// A model's drawing, coloured by what its layers do while it trains.
import { alive, onTraits } from "../../web/live.js";
import { make, segmented } from "../../web/ui.js";
import { markStep } from "../graph/js/colouring.js";
import { mountPlot } from "../graph/js/graph.js";
import { rampSwatches } from "../graph/js/legend.js";

/**
 * One measure, as `graph_measures` in `measures.py` returns it.
 * @typedef {{title: string, low: string, high: string, boxes: Record<string, [step: number, word: string]>}} Measure
 */

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el }) {
  const unlive = alive(model, el, "kfx", "kfx-plot", "kfx-livegraph");
  const tools = make("div", { class: "kfx-plot-tools" });
  const legend = make("div", { class: "kfx-legend", role: "status" });
  const stage = make("div");
  const title = make("span", { class: "kfx-title", text: model.get("facts").name });
  const head = make("div", { class: "kfx-head" }, title, make("span", { class: "kfx-facts", text: "while it trains" }));
  el.append(head, tools, stage, legend);
  const plot = mountPlot(stage, model, { bare: true, panel: false });
  let by = "gradient", offered = "";
  /** @type {ReturnType<typeof segmented>|null} */
  let buttons = null;

  function colour() {
    const measures = /** @type {Record<string, Measure>} */ (model.get("measures"));
    const names = Object.keys(measures);
    if (!names.includes(by) && names.length) by = names[0];
    if (names.join() !== offered) {
      offered = names.join();
      buttons = segmented("Colour by", names.map((name) => [name, measures[name].title]), (name) => {
        by = name;
        colour();
      });
      tools.replaceChildren(buttons.node);
    }
    buttons?.set(by);
    const measure = measures[by];
    colourBoxes(stage, model.get("drawing").boxes || [], measure);
    legend.replaceChildren(...measureLegend(measure));
  }
  const stop = onTraits(model, {
    drawing: (drawing) => {
      plot.redraw(drawing);
      colour();
    },
    measures: colour,
  });
  colour();
  return () => {
    stop();
    plot.destroy();
    el.replaceChildren();
    unlive();
  };
}

/**
 * Give each box its step of the ramp and its value.
 * @param {HTMLElement} stage @param {string[]} keys @param {Measure} [measure]
 */
function colourBoxes(stage, keys, measure) {
  for (const box of stage.querySelectorAll("svg [data-n]")) {
    const found = measure?.boxes[keys[Number(box.getAttribute("data-n"))]];
    markStep(box, found ? found[0] : null, Boolean(measure) && !found);
    const value = box.querySelector(".rt"); // the parameters' place in the box
    if (value && measure) value.textContent = found ? found[1] : "";
  }
}

/** The ramp between its ends. @param {Measure} [measure] @returns {HTMLElement[]} */
function measureLegend(measure) {
  if (!measure) return [make("span", { class: "kfx-key", text: "waiting for the first look at the layers" })];
  return [make("span", { class: "kfx-key" }, measure.low, rampSwatches([0, 1, 2, 3, 4, 5, 6]), measure.high)];
}

export default { render };
