// @ts-check
// What stands around a drawing: its head, its tools, the facts of a layer, what is waited for, the legend.
import { button, make, viewHead } from "../../../web/ui.js";
import { factsPanel } from "./facts_panel.js";

/**
 * @param {any} facts from `kfx.views.payload`
 * @param {{head?: boolean, panel?: boolean, legend?: boolean, bare?: boolean}} options as those of `mountPlot`
 * @param {{stage: any, colours: HTMLElement, finder: HTMLElement|null}} shown
 */
export function plotParts(facts, { head, panel: hasPanel, legend: hasLegend, bare }, { stage, colours, finder }) {
  const zoom = make("span", { class: "kfx-zoom" }, button("−", () => stage.zoom(0.8), { "aria-label": "Zoom out" }), button("+", () => stage.zoom(1.25), { "aria-label": "Zoom in" }), button("Fit", () => stage.fit(), { title: "Show the whole drawing (f)" }));
  const tools = make("div", { class: "kfx-plot-tools" }, colours, zoom);
  const status = make("div", { class: "kfx-plot-status kfx-label", role: "status" });
  const panel = hasPanel === false ? null : factsPanel();
  const legend = hasLegend === false ? null : make("div", { class: "kfx-legend" });
  const body = make("div", { class: "kfx-plot-body" }, make("div", { class: "kfx-plot-main" }, stage.node), panel?.node);
  if (bare) return { tools, status, panel, legend, body, all: legend ? [body, status, legend] : [body, status] };
  const notes = head === false ? [] : (facts.notes ?? []).map((/** @type {string} */ note) => make("div", { class: "kfx-label", text: note }));
  const above = head === false ? finder : viewHead(facts.name, facts.head, ...(finder ? [finder] : []));
  const all = /** @type {HTMLElement[]} */ ([above, tools, body, status, legend, ...notes].filter((part) => part !== null));
  return { tools, status, panel, legend, body, all };
}
