// @ts-check
// The parts around a drawing: its head, its tools, the facts of a layer, the status line, the legend.
import { button, make, viewHead } from "../../../web/ui.js";
import { detailFacts } from "../../../web/layer_details.js";

const HOW_TO = "Point at a layer for its facts. Drag to move, Ctrl + wheel to zoom.";
const PANEL_TERMS = ["Settings", "Output", "Shape", "Parameters", "FLOPs", "Activations", "Note"];

/**
 * @param {any} facts from `kfx.views.payload`
 * @param {{head?: boolean, panel?: boolean, bare?: boolean}} options as those of `mountPlot`
 * @param {{stage: any, colours: {node: HTMLElement, legend: HTMLElement|null}, copies: HTMLElement,
 *   finder: HTMLElement|null}} mounted
 */
export function plotParts(facts, { head = true, panel: hasPanel = true, bare }, { stage, colours, copies, finder }) {
  const zoom = make("span", { class: "kfx-zoom" },
    button("−", () => stage.zoom(0.8), { "aria-label": "Zoom out" }),
    button("+", () => stage.zoom(1.25), { "aria-label": "Zoom in" }),
    button("Fit", () => stage.fit(), { title: "Show the whole drawing (f)" }));
  const tools = make("div", { class: "kfx-plot-tools" }, colours.node, copies, bare ? null : zoom);
  const status = make("div", { class: "kfx-plot-status kfx-label", role: "status" });
  const panel = hasPanel ? factsPanel() : null;
  const main = make("div", { class: "kfx-plot-main" }, stage.node);
  const body = make("div", { class: "kfx-plot-body" }, main, panel?.node);
  const below = colours.legend ? [status, colours.legend] : [status];
  const all = bare ? [body, ...below] : [tools, body, ...below];
  if (finder && !bare) {
    all.unshift(viewHead(facts.name, facts.head, finder));
    all.push(...facts.notes.map((/** @type {string} */ note) => make("div", { class: "kfx-label", text: note })));
  }
  return { zoom, tools, status, panel, body, all };
}

/** A panel that shows the facts of one call or block at a time. */
function factsPanel() {
  const node = make("div", { class: "kfx-panel", role: "region", "aria-label": "Layer under the pointer" });
  const hint = make("p", { class: "kfx-label", text: HOW_TO });
  return {
    node,
    /**
     * @param {any} facts from `kfx.views.payload` @param {any} call the facts to show; without, how to use the drawing
     * @param {boolean} isBlock
     */
    write(facts, call, isBlock) {
      if (!call) return node.replaceChildren(hint);
      const all = isBlock ? blockFacts(call) : detailFacts(facts, call);
      const pairs = all.filter(([term]) => PANEL_TERMS.includes(term));
      const list = pairs.flatMap(([term, text]) => [make("dt", { text: term }), make("dd", { text })]);
      const name = [make("b", { text: call.label }), " ", make("span", { text: call.type })];
      return node.replaceChildren(make("div", { class: "kfx-panel-name" }, ...name), make("dl", {}, ...list));
    },
  };
}

/** @param {any} block @returns {[string, string][]} */
function blockFacts({ shape, paramsText, flopsText, memoryText }) {
  return [["Output", shape], ["Parameters", paramsText], ["FLOPs", flopsText], ["Activations", memoryText]];
}
