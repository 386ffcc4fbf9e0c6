// @ts-check
// The live sketch: a graph that is renewed after each cell, and beside it what Keras refused.
import { alive } from "../../web/live.js";
import { button, make, viewHead } from "../../web/ui.js";
import { mountPlot } from "../graph/js/graph.js";
import { mountMistake } from "../mistake/panel.js";

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el }) {
  const unlive = alive(model, el);
  el.classList.add("kfx", "kfx-sketch");
  const tell = (/** @type {string} */ name, /** @type {any} */ value) => {
    model.set(name, value);
    model.save_changes();
  };
  const given = () => ({ facts: model.get("facts"), folding: model.get("folding"), drawing: model.get("drawing") });
  const left = make("div", { class: "kfx-sketch-graph" });
  const right = make("div", { class: "kfx-sketch-mistake" });
  const head = make("div", {});
  const columns = make("div", { class: "kfx-sketch-columns" }, left, right);
  const said = make("div", { class: "kfx-sr", role: "status" });
  el.append(head, columns, said);
  let moment = model.get("moment");
  const plot = mountPlot(left, given(), {
    bare: true,
    legend: false,
    left: model.get("head").grows,
    selected: model.get("selected"),
    onSelect: (key) => tell("selected", key),
    onUnfold: (open) => tell("unfolded", open),
  });
  const zoom = make("span", { class: "kfx-zoom" },
    button("−", () => plot.zoom(0.8), { "aria-label": "Zoom out" }), button("+", () => plot.zoom(1.25), { "aria-label": "Zoom in" }),
    button("Fit", () => plot.fit(), { title: "Show the whole drawing (f)" }));
  let unmount = () => {};
  write();

  /** The head and the mistake, as they are now. */
  function write() {
    const { title, facts, replaced } = model.get("head");
    const mistake = model.get("mistake");
    const hidden = model.get("hide");
    const toggle = replaced ? button(hidden ? `Show ${replaced} replaced` : "Hide replaced", () => tell("hide", !hidden), { "aria-pressed": String(hidden) }) : null;
    const tools = [plot.finder, toggle, zoom].filter((part) => part !== null);
    head.replaceChildren(viewHead(title, facts.map((/** @type {string} */ text) => ({ text })), ...tools));
    unmount();
    el.classList.toggle("kfx-refused", Boolean(mistake.title));
    unmount = mistake.title ? mountMistake(right, mistake) : () => {};
    said.textContent = [title, ...facts, mistake.title ?? ""].join(", ");
  }

  const follow = /** @type {[string, () => void][]} */ ([
    ["change:moment", () => {
      moment = model.get("moment");
      write();
      plot.renew(given());
    }],
    ["change:drawing", () => {
      if (moment === model.get("moment")) plot.redraw(model.get("drawing"));
    }],
    ["change:selected", () => plot.select(model.get("selected"))],
  ]);
  for (const [name, listener] of follow) model.on(name, listener);
  return () => {
    for (const [name, listener] of follow) model.off(name, listener);
    unmount();
    plot.destroy();
    for (const part of [head, columns, said]) part.remove();
    el.classList.remove("kfx", "kfx-sketch", "kfx-refused");
    unlive();
  };
}

export default { render };
