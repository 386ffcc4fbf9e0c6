// @ts-check
// A model's drawing, coloured by what its layers do while it trains.
import { alive } from "../../web/live.js";
import { make, segmented } from "../../web/ui.js";
import { mountPlot } from "../graph/js/graph.js";

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el }) {
  const unlive = alive(model, el);
  el.classList.add("kfx", "kfx-plot", "kfx-livegraph");
  const tools = make("div", { class: "kfx-plot-tools" });
  const legend = make("div", { class: "kfx-legend", role: "status" });
  const stage = make("div");
  el.append(make("div", { class: "kfx-head" }, make("span", { class: "kfx-title", text: model.get("facts").name }), make("span", { class: "kfx-facts", text: "while it trains" })), tools, stage, legend);
  const plot = mountPlot(stage, { facts: model.get("facts"), folding: model.get("folding"), drawing: model.get("drawing") }, {
    bare: true, panel: false, legend: false,
    onUnfold: (open) => {
      model.set("unfolded", open);
      model.save_changes();
    },
  });
  let by = "gradient";
  let shown = "";
  /** @type {{node: HTMLElement, set: (value: string) => void}|null} */
  let choice = null;

  function colour() {
    const measures = model.get("measures") || {};
    const names = Object.keys(measures);
    if (!names.includes(by) && names.length) by = names[0];
    if (names.join() !== shown) {
      shown = names.join();
      choice = segmented("Colour by", names.map((name) => [name, measures[name].title]), (value) => { by = value; colour(); });
      tools.replaceChildren(choice.node);
    }
    choice?.set(by);
    const measure = measures[by];
    const keys = model.get("drawing").boxes || [];
    for (const box of stage.querySelectorAll("svg [data-n]")) {
      const found = measure?.boxes[keys[Number(box.getAttribute("data-n"))]];
      for (let s = 0; s < 7; s++) box.classList.toggle(`s${s}`, Boolean(found) && found[0] === s);
      box.classList.toggle("unknown", Boolean(measure) && !found);
      const value = box.querySelector(".rt"); // the parameters' place in the box
      if (value && measure) value.textContent = found ? found[1] : "";
    }
    const swatches = [0, 1, 2, 3, 4, 5, 6].map((step) => make("i", { class: `kfx-s${step}` }));
    legend.replaceChildren(...(measure
      ? [make("span", { class: "kfx-key" }, measure.low, make("span", { class: "kfx-ramp", "aria-hidden": "true" }, ...swatches), measure.high)]
      : [make("span", { class: "kfx-key", text: "waiting for the first look at the layers" })]));
  }

  const redraw = () => {
    plot.redraw(model.get("drawing"));
    colour();
  };
  model.on("change:drawing", redraw);
  model.on("change:measures", colour);
  colour();
  return () => {
    model.off("change:drawing", redraw);
    model.off("change:measures", colour);
    plot.destroy();
    el.replaceChildren();
    el.classList.remove("kfx", "kfx-plot", "kfx-livegraph");
    unlive();
  };
}

export default { render };
