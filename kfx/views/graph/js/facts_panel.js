// @ts-check
// The facts of one box beside a drawing.
import { make } from "../../../web/ui.js";
import { detailFacts } from "../../../web/layer_details.js";

const PANEL_TERMS = ["Settings", "Output", "Shape", "Parameters", "FLOPs", "Activations", "Note"];

/** A panel that says the facts of one call or block at a time. */
export function factsPanel() {
  const node = make("div", { class: "kfx-panel", role: "region", "aria-label": "Layer under the pointer" });
  return {
    node,
    /** @param {any} facts from `kfx.views.payload` @param {any} call what to say the facts of; nothing: how to use the drawing @param {boolean} isBlock */
    say(facts, call, isBlock) {
      if (!call) return node.replaceChildren(make("p", { class: "kfx-label", text: "Point at a layer for its facts. Drag to move, Ctrl + wheel to zoom." }));
      const said = isBlock ? blockFacts(call) : detailFacts(facts, call).filter(([term]) => PANEL_TERMS.includes(term));
      const list = make("dl", {}, ...said.flatMap(([term, text]) => [make("dt", { text: term }), make("dd", { text })]));
      return node.replaceChildren(make("div", { class: "kfx-panel-name" }, make("b", { text: call.label }), " ", make("span", { text: call.type })), list);
    },
  };
}

/** @param {any} block @returns {[string, string][]} */
function blockFacts(block) {
  return [["Output", block.shape], ["Parameters", block.paramsText], ["FLOPs", block.flopsText], ["Activations", block.memoryText]];
}
