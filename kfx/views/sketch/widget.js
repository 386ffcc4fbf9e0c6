// @ts-check
// The live sketch: a graph that is renewed after each cell, and at its right the explanation of a failed call.
import { alive, onTraits, setTrait } from "../../web/live.js";
import { button, make, viewHead } from "../../web/ui.js";
import { mountPlot } from "../graph/js/graph.js";
import { mountMistake } from "../mistake/panel.js";

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el }) {
  const unlive = alive(model, el, "kfx", "kfx-sketch");
  const left = make("div", { class: "kfx-sketch-graph" });
  const right = make("div", { class: "kfx-sketch-mistake" });
  const head = make("div", {});
  const columns = make("div", { class: "kfx-sketch-columns" }, left, right);
  const status = make("div", { class: "kfx-sr", role: "status" });
  el.append(head, columns, status);
  let moment = model.get("moment");
  const plot = mountPlot(left, model, {
    bare: true,
    left: model.get("head").grows,
    onSelect: (key) => setTrait(model, "selected", key),
  });
  let unmount = () => {};
  write();

  /** The head and the mistake, as they are now. */
  function write() {
    const { title, facts, replaced } = model.get("head");
    const mistake = model.get("mistake");
    const hidden = model.get("hide");
    const toggle = button(hidden ? `Show ${replaced} replaced` : "Hide replaced",
      () => setTrait(model, "hide", !hidden), { "aria-pressed": String(hidden) });
    const tools = [plot.finder, replaced ? toggle : null, plot.zoomButtons].filter((part) => part !== null);
    head.replaceChildren(viewHead(title, facts.map((/** @type {string} */ text) => ({ text })), ...tools));
    unmount();
    el.classList.toggle("kfx-refused", Boolean(mistake.title));
    unmount = mistake.title ? mountMistake(right, mistake) : () => {};
    status.textContent = [title, ...facts, mistake.title ?? ""].join(", ");
  }

  const stop = onTraits(model, {
    moment: (now) => {
      moment = now;
      write();
      plot.renew();
    },
    drawing: (drawing) => {
      if (moment === model.get("moment")) plot.redraw(drawing);
    },
    selected: plot.select,
  });
  return () => {
    stop();
    unmount();
    plot.destroy();
    el.replaceChildren();
    el.classList.remove("kfx-refused");
    unlive();
  };
}

export default { render };
